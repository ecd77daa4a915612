//! Reads the configuration again while everything runs: cameras whose section has changed are made as it says, new ones
//! are added, those without a section removed; nobody touches the others. A file with a mistake changes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cameracast_config::{Camera, Config};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use crate::camera::Command;
use crate::cameras::Cameras;

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
    /// What was read last. One reload at a time.
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

    /// Reloads, and says in the log what became of it.
    ///
    /// # Errors
    /// The file cannot be used, or a camera does not take what its section says.
    pub async fn now(&self) -> Reloaded {
        let mut in_force = self.in_force.lock().await;
        let read = Arc::clone(&self.read);
        let next = tokio::task::spawn_blocking(move || read()).await.unwrap_or_else(|error| Err(error.to_string()));
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
        self.named.send_replace(!next.cameras.is_empty());
        let present = self.cameras.all().iter().map(|camera| camera.id).collect::<Vec<_>>();
        let changes = Changes::between(&in_force.cameras, &next.cameras, &present);
        info!(stream_changed = next.stream != in_force.stream, "configuration reloaded: {changes}");

        changes.removed.iter().for_each(|id| self.cameras.remove(*id));
        let refused = self.change(&changes.changed).await;
        changes.added.iter().for_each(|camera| self.cameras.add(camera.clone()));

        let before = std::mem::replace(in_force, next);
        // Of what is not in force the next reload may find that it is another one.
        in_force.socket = before.socket;
        (in_force.allowed_uids, in_force.bridge.max_bundle_mib) = (before.allowed_uids, before.bridge.max_bundle_mib);
        for camera in &mut in_force.cameras {
            if refused.contains_key(&camera.id)
                && let Some(before) = before.cameras.iter().find(|before| before.id == camera.id)
            {
                camera.clone_from(before);
            }
        }
        let sentences: Vec<String> = refused.into_values().chain(restart.clone()).collect();
        if sentences.len() > usize::from(restart.is_some()) { Err(sentences.join("; ")) } else { Ok(restart) }
    }

    /// Makes cameras as their sections say; gives why one does not take it.
    async fn change(&self, cameras: &[Camera]) -> BTreeMap<u8, String> {
        let until = Instant::now() + PATIENCE;
        let tell = |camera: &Camera| {
            let (reply, done) = oneshot::channel();
            let told =
                self.cameras.with(camera.id, |handle| handle.tell(Command::Follow(camera.clone().into(), reply)));
            (camera.id, told.unwrap_or_else(|| Err(format!("camera {} is gone", camera.id))).map(|()| done))
        };
        let told: Vec<_> = cameras.iter().map(tell).collect();
        let mut refused = BTreeMap::new();
        for (id, told) in told {
            let done = match told {
                Ok(done) => timeout_at(until, done).await,
                Err(sentence) => Ok(Ok(Err(sentence))),
            };
            let sentence = match done {
                Ok(Ok(Ok(_))) => continue,
                Ok(Ok(Err(sentence))) => sentence,
                Ok(Err(_)) => format!("camera {id} was removed"),
                Err(_) => format!("camera {id} is in a call of its SDK; it changes when that comes back"),
            };
            refused.insert(id, sentence);
        }
        refused
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
    /// `present` are the cameras that there are, which may have been found: then none is configured.
    fn between(before: &[Camera], next: &[Camera], present: &[u8]) -> Self {
        let section = |cameras: &[Camera], id| cameras.iter().find(|camera| camera.id == id).cloned();
        let found_stay = before.is_empty() && next.is_empty();
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
    use cameracast_config::Source;

    use super::*;

    fn pattern(id: u8, fps: f64) -> Camera {
        Camera { fps: Some(fps), ..Camera::new(id, Source::Pattern) }
    }

    #[test]
    fn what_has_changed_is_changed_and_the_rest_is_left_alone() {
        let before = [pattern(0, 30.0), pattern(1, 30.0), pattern(2, 30.0)];
        let next = [pattern(3, 30.0), pattern(1, 15.0), pattern(0, 30.0)];
        let changes = Changes::between(&before, &next, &[0, 1, 2]);
        let expected = Changes { removed: vec![2], changed: vec![pattern(1, 15.0)], added: vec![pattern(3, 30.0)] };
        assert_eq!(changes, expected);
        assert_eq!(changes.to_string(), "camera 1 changed, camera 3 added, camera 2 removed");
        assert_eq!(Changes::between(&next, &next, &[0, 1, 3]).to_string(), "no camera has changed");
    }

    #[test]
    fn cameras_that_were_found_stay_until_some_are_configured() {
        assert_eq!(Changes::between(&[], &[], &[0, 1]), Changes::default());
        let named = Changes::between(&[], &[pattern(1, 30.0)], &[0, 1]);
        assert_eq!(named, Changes { removed: vec![0], changed: vec![pattern(1, 30.0)], added: vec![] });
        let no_more = Changes::between(&[pattern(1, 30.0)], &[], &[1]);
        assert_eq!(no_more, Changes { removed: vec![1], ..Changes::default() });
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
