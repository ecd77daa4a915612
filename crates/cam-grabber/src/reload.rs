//! Reads the configuration again while everything runs: cameras whose section has changed are made as it says, new ones
//! are added, those without a section removed; nobody touches the others. A file with a mistake changes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cameracast_config::{Camera, Config};
use frame_bundle::control::Settings;
use tokio::sync::{Mutex, MutexGuard, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use crate::camera::Command;
use crate::cameras::Cameras;
use crate::encode::Encoder;

/// How long cameras may take in all: less than a bridge waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What has to be added, if anything; or why not everything holds that the file says. Sentences.
pub type Reloaded = Result<Option<String>, String>;

/// Reads the configuration as it was read at the start.
pub type Read = dyn Fn() -> Result<Config, String> + Send + Sync;

/// Reloads; clones reload the same configuration.
#[derive(Clone)]
pub struct Reload {
    cameras: Cameras,
    read: Arc<Read>,
    /// What was read last, without cameras of which it is not known what they do. One reload at a time.
    in_force: Arc<Mutex<Config>>,
    /// Whether cameras are configured: where none is, those that are found are streamed.
    named: Arc<watch::Sender<bool>>,
}

impl Reload {
    /// Of a configuration that holds now.
    pub fn new(
        cameras: Cameras,
        config: Config,
        read: impl Fn() -> Result<Config, String> + Send + Sync + 'static,
    ) -> Self {
        let named = Arc::new(watch::Sender::new(!config.cameras.is_empty()));
        Self { cameras, read: Arc::new(read), in_force: Arc::new(Mutex::new(config)), named }
    }

    /// Whether cameras are configured, and word of each change of that.
    pub fn named(&self) -> watch::Receiver<bool> {
        self.named.subscribe()
    }

    /// Reloads, after the reload that is under way, and says in the log what became of it.
    ///
    /// # Errors
    /// The file cannot be used, or a camera does not take what its section says.
    pub async fn now(&self) -> Reloaded {
        self.reload(self.in_force.lock().await).await
    }

    /// The same, but not while a reload is under way: who is told so can come again, and nobody waits in a queue.
    ///
    /// # Errors
    /// A reload is under way, or those of [`Self::now`].
    pub async fn now_or_never(&self) -> Reloaded {
        match self.in_force.try_lock() {
            Ok(in_force) => self.reload(in_force).await,
            Err(_) => Err("a reload is under way: try again when it is done".to_owned()),
        }
    }

    async fn reload(&self, mut in_force: MutexGuard<'_, Config>) -> Reloaded {
        let read = Arc::clone(&self.read);
        let next = tokio::task::spawn_blocking(move || read()).await.unwrap_or_else(|error| Err(error.to_string()));
        let next = next.and_then(|next| match Encoder::new(next.stream.encoder) {
            Err(error) if next.stream.encoder != in_force.stream.encoder => Err(error.to_string()),
            _ => Ok(next),
        });
        let next = next.map_err(|mistakes| {
            let sentence = format!("nothing has changed: {}", mistakes.replace('\n', "; "));
            warn!("configuration not reloaded: {sentence}");
            sentence
        })?;
        let done = self.follow(&mut in_force, next).await;
        match &done {
            Ok(None) => {}
            Ok(Some(note)) => warn!("of the configuration not all holds yet: {note}"),
            Err(sentence) => warn!("of the configuration not all holds: {sentence}"),
        }
        done
    }

    async fn follow(&self, in_force: &mut Config, next: Config) -> Reloaded {
        next.warnings().iter().for_each(|warning| warn!("{warning}"));
        let restart = needs_restart(in_force, &next);
        if next.stream != in_force.stream {
            self.cameras.set_stream(next.stream.clone());
        }
        // Before it is looked which cameras there are: from then on none that is found is added.
        let found_before = !self.named.send_replace(!next.cameras.is_empty());
        let present = self.cameras.all().iter().map(|camera| camera.id).collect::<Vec<_>>();
        let found_stay = found_before && next.cameras.is_empty();
        let changes = Changes::between(&in_force.cameras, &next.cameras, &present, found_stay);
        info!(stream_changed = next.stream != in_force.stream, "configuration reloaded: {changes}");

        for id in &changes.removed {
            self.cameras.remove(*id);
            info!(camera = id, "removed: it has no section any more");
        }
        // One that is stuck keeps nobody waiting but who asked.
        let until = Instant::now() + PATIENCE;
        let told: Vec<_> = changes.changed.iter().map(|camera| (camera.id, self.tell(camera))).collect();
        for camera in &changes.added {
            self.cameras.add(camera.clone());
            info!(camera = camera.id, name = camera.name, "added");
        }
        let mut not_so = BTreeMap::new();
        for (id, told) in told {
            match answer(id, told, until).await {
                Ok(()) => info!(camera = id, "changed as its section says"),
                Err(why) => {
                    warn!(camera = id, "not changed: {}", why.sentence());
                    not_so.insert(id, why);
                }
            }
        }

        let before = std::mem::replace(in_force, next);
        // Of what is not in force the next reload may find that it is another one.
        in_force.socket = before.socket;
        (in_force.allowed_uids, in_force.bridge.max_bundle_mib) = (before.allowed_uids, before.bridge.max_bundle_mib);
        in_force.cameras.retain_mut(|camera| match not_so.get(&camera.id) {
            None => true,
            Some(NotChanged::Unknown(_)) => false,
            Some(NotChanged::AsBefore(_)) => match before.cameras.iter().find(|before| before.id == camera.id) {
                Some(before) => {
                    camera.clone_from(before);
                    true
                }
                None => false,
            },
        });
        if not_so.is_empty() {
            return Ok(restart);
        }
        let sentences = not_so.into_values().map(|why| why.sentence().to_owned()).chain(restart);
        Err(sentences.collect::<Vec<_>>().join("; "))
    }

    /// Tells a camera to be as its section says.
    fn tell(&self, camera: &Camera) -> Told {
        let (reply, done) = oneshot::channel();
        let follow = Command::Follow(camera.clone().into(), reply);
        let told = self.cameras.with(camera.id, |handle| handle.tell(follow));
        told.unwrap_or_else(|| Err(format!("camera {} is gone", camera.id))).map(|()| done)
    }
}

/// What a camera's answer comes by; or why it could not be told.
type Told = Result<oneshot::Receiver<Result<Settings, String>>, String>;

/// Why a camera is not as its section says.
enum NotChanged {
    /// It goes on as it was.
    AsBefore(String),
    /// It has not answered: the next reload tells it again, whatever its section says then.
    Unknown(String),
}

impl NotChanged {
    fn sentence(&self) -> &str {
        match self {
            Self::AsBefore(sentence) | Self::Unknown(sentence) => sentence,
        }
    }
}

/// A camera's answer. Where it comes too late the camera leaves out what it was told, unless it is at it already.
async fn answer(id: u8, told: Told, until: Instant) -> Result<(), NotChanged> {
    match timeout_at(until, told.map_err(NotChanged::AsBefore)?).await {
        Ok(Ok(done)) => done.map(drop).map_err(NotChanged::AsBefore),
        Ok(Err(_)) => Err(NotChanged::Unknown(format!("camera {id} was removed"))),
        Err(_) => {
            let sentence = format!("camera {id} is in a call of its SDK: reload again when it has come back");
            Err(NotChanged::Unknown(sentence))
        }
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reload").field("in_force", &self.in_force).finish_non_exhaustive()
    }
}

/// One sentence about what holds only after a restart.
fn needs_restart(before: &Config, next: &Config) -> Option<String> {
    let keys = [
        ("socket", before.socket != next.socket),
        ("allowed_uids", before.allowed_uids != next.allowed_uids),
        ("max_bundle_mib", before.bridge.max_bundle_mib != next.bridge.max_bundle_mib),
    ];
    let keys: Vec<&str> = keys.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect();
    (!keys.is_empty()).then(|| format!("{} changed, which needs a restart of cam-grabber", keys.join(" and ")))
}

/// What differs between two configurations, camera by camera. Pure.
#[derive(Debug, Default, PartialEq)]
struct Changes {
    removed: Vec<u8>,
    changed: Vec<Camera>,
    added: Vec<Camera>,
}

impl Changes {
    /// `present` are the cameras that there are; with `found_stay` they were found, and none is configured now either.
    fn between(before: &[Camera], next: &[Camera], present: &[u8], found_stay: bool) -> Self {
        let section = |cameras: &[Camera], id| cameras.iter().find(|camera| camera.id == id).cloned();
        let is_gone = |id: &u8| !found_stay && section(next, *id).is_none();
        let (there, added): (Vec<_>, Vec<_>) = next.iter().cloned().partition(|camera| present.contains(&camera.id));
        Self {
            removed: present.iter().copied().filter(is_gone).collect(),
            changed: there.into_iter().filter(|camera| section(before, camera.id).as_ref() != Some(camera)).collect(),
            added,
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |cameras: &[Camera]| cameras.iter().map(|camera| camera.id).collect::<Vec<_>>();
        let all = [("changed", ids(&self.changed)), ("added", ids(&self.added)), ("removed", self.removed.clone())];
        let each = all.iter().flat_map(|(what, ids)| ids.iter().map(move |id| format!("camera {id} {what}")));
        let each: Vec<String> = each.collect();
        f.write_str(if each.is_empty() { "no camera has changed" } else { "" })?;
        f.write_str(&each.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use cameracast_config::{Source, Stream};

    use super::*;
    use crate::capture::Cause;
    use crate::supervisor::State;

    fn pattern(id: u8, fps: f64) -> Camera {
        Camera { fps: Some(fps), ..Camera::new(id, Source::Pattern) }
    }

    #[test]
    fn what_has_changed_is_changed_and_the_rest_is_left_alone() {
        let before = [pattern(0, 30.0), pattern(1, 30.0), pattern(2, 30.0)];
        let next = [pattern(3, 30.0), pattern(1, 15.0), pattern(0, 30.0)];
        let changes = Changes::between(&before, &next, &[0, 1, 2], false);
        let expected = Changes { removed: vec![2], changed: vec![pattern(1, 15.0)], added: vec![pattern(3, 30.0)] };
        assert_eq!(changes, expected);
        assert_eq!(changes.to_string(), "camera 1 changed, camera 3 added, camera 2 removed");
        assert_eq!(Changes::between(&next, &next, &[0, 1, 3], false).to_string(), "no camera has changed");
    }

    #[test]
    fn cameras_that_were_found_stay_until_some_are_configured() {
        assert_eq!(Changes::between(&[], &[], &[0, 1], true), Changes::default());
        let named = Changes::between(&[], &[pattern(1, 30.0)], &[0, 1], false);
        assert_eq!(named, Changes { removed: vec![0], changed: vec![pattern(1, 30.0)], added: vec![] });
        let no_more = Changes::between(&[pattern(1, 30.0)], &[], &[1], false);
        assert_eq!(no_more, Changes { removed: vec![1], ..Changes::default() });
    }

    #[test]
    fn a_camera_of_which_it_is_not_known_what_it_does_is_told_again_or_removed() {
        let section = [pattern(1, 30.0)];
        let again = Changes::between(&[], &section, &[1], false);
        assert_eq!(again, Changes { changed: section.to_vec(), ..Changes::default() });
        let no_more = Changes::between(&[], &[], &[1], false);
        assert_eq!(no_more, Changes { removed: vec![1], ..Changes::default() });
    }

    /// Reads what the test sends.
    fn of_what_comes(cameras: &[Camera]) -> (Reload, mpsc::SyncSender<Vec<Camera>>) {
        let config = |cameras| Config { cameras, ..Config::default() };
        let (next, files) = mpsc::sync_channel(1);
        let files = std::sync::Mutex::new(files);
        let read = move || Ok(config(files.lock().unwrap().recv().unwrap()));
        let running = Cameras::start(cameras, &Stream::default());
        (Reload::new(running, config(cameras.to_vec()), read), next)
    }

    #[tokio::test]
    async fn while_a_reload_is_under_way_who_can_come_again_is_sent_away_and_a_signal_waits() {
        let (reload, next) = of_what_comes(&[pattern(0, 30.0)]);
        let begin = |reload: Reload| tokio::spawn(async move { reload.now().await });
        let first = begin(reload.clone());
        while reload.in_force.try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        let second = begin(reload.clone());
        assert!(reload.now_or_never().await.unwrap_err().contains("a reload is under way"));
        next.send(vec![pattern(0, 15.0)]).unwrap();
        assert_eq!(first.await.unwrap(), Ok(None));
        next.send(vec![pattern(0, 10.0)]).unwrap();
        assert_eq!(second.await.unwrap(), Ok(None));
        assert_eq!(reload.cameras.all()[0].settings().fps, Some(10.0));
        next.send(vec![pattern(0, 5.0)]).unwrap();
        assert_eq!(reload.now_or_never().await, Ok(None));
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_is_refused_and_the_camera_goes_on_even_as_a_stopped_one() {
        let (reload, next) = of_what_comes(&[pattern(0, 30.0)]);
        let camera = reload.cameras.all().remove(0);
        let until = async |state: State| {
            let deadline = Instant::now() + Duration::from_secs(20);
            while camera.health().state != state {
                assert!(Instant::now() < deadline, "{state:?} was awaited, {:?} is", camera.health());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        until(State::Streaming).await;
        let odd = Camera { width: Some(9000), height: Some(9000), ..pattern(0, 30.0) };
        let gray = "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120";
        let other = Camera { source: Source::Gstreamer { pipeline: gray.into() }, ..pattern(0, 30.0) };

        let (reply, done) = oneshot::channel();
        reload.cameras.with(0, |handle| handle.tell(Command::Stop(reply))).unwrap().unwrap();
        done.await.unwrap().unwrap();
        until(State::Stopped).await;
        next.send(vec![odd.clone()]).unwrap();
        assert!(reload.now().await.unwrap_err().contains("camera 0 goes on as it was"));
        assert_eq!(camera.health().state, State::Stopped);

        next.send(vec![other.clone()]).unwrap();
        assert_eq!(reload.now().await, Ok(None));
        until(State::Streaming).await;
        next.send(vec![odd]).unwrap();
        assert!(reload.now().await.unwrap_err().contains("8192"));
        assert_eq!(camera.health().state, State::Streaming);
        assert_eq!(camera.settings(), other);

        // One that is not there may come.
        let absent = Camera { source: Source::V4l2 { device: "/dev/no-such-camera".into() }, ..pattern(0, 30.0) };
        next.send(vec![absent.clone()]).unwrap();
        assert_eq!(reload.now().await, Ok(None));
        until(State::Lost).await;
        assert_eq!((camera.settings(), camera.health().cause), (absent, Some(Cause::NoDevice)));
        next.send(vec![pattern(0, 30.0)]).unwrap();
        assert_eq!(reload.now().await, Ok(None));
        until(State::Streaming).await;
    }

    #[test]
    fn what_needs_a_restart_is_named() {
        let before = Config::default();
        assert_eq!(needs_restart(&before, &before), None);
        let next = Config { socket: "/elsewhere".into(), allowed_uids: vec![7], ..Config::default() };
        let sentence = needs_restart(&before, &next).unwrap();
        assert_eq!(sentence, "socket and allowed_uids changed, which needs a restart of cam-grabber");
    }
}
