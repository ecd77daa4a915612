//! Reads the configuration again while everything runs: cameras whose section has changed are made as it says, new ones
//! are added, those without a section removed; nobody touches the others. A file with a mistake changes nothing.

mod changes;

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
use changes::{Changes, needs_restart};

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

#[cfg(test)]
mod tests;
