//! All cameras of this process: which there are, what they offer, and what is taken of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cameracast_config as config;
use tokio::sync::Notify;
use tracing::{error, warn};

use crate::camera::{Handle, Shared};
use crate::capture::Frame;
use crate::recent::Depth;
use crate::select::{Decision, Group, Select, View};

/// The cameras; clones are the same cameras.
#[derive(Clone, Debug)]
pub struct Cameras {
    by_id: Arc<Mutex<BTreeMap<u8, Handle>>>,
    /// A frame arrived, or a camera's state changed.
    arrived: Arc<Notify>,
    depth: Depth,
    stream_fps: f64,
}

/// A frame that is to be streamed.
#[derive(Debug)]
pub struct Selected {
    /// Whose it is.
    pub camera: Arc<Shared>,
    /// The raw frame.
    pub frame: Frame,
    /// When it was selected.
    pub at: Instant,
}

impl Cameras {
    /// Starts a thread for each camera.
    pub fn start(cameras: &[config::Camera], stream: &config::Stream) -> Self {
        let depth = match stream.bundle {
            config::BundleMode::Synchronized => Depth::ToPair,
            config::BundleMode::Latest | config::BundleMode::Complete => Depth::Newest,
        };
        let started = Self { by_id: Arc::default(), arrived: Arc::default(), depth, stream_fps: stream.fps };
        for camera in cameras {
            started.add(camera.clone());
        }
        started
    }

    /// Starts one more camera, in the place of one with the same id.
    pub fn add(&self, camera: config::Camera) {
        let id = camera.id;
        match Handle::start(camera, self.stream_fps, self.depth, Arc::clone(&self.arrived)) {
            Ok(handle) => drop(self.lock().insert(id, handle)),
            Err(error) => error!(camera = id, "no thread for the camera: {error}"),
        }
    }

    /// What everybody may see of each camera, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Shared>> {
        self.lock().values().map(|handle| Arc::clone(&handle.shared)).collect()
    }

    /// Does something with one camera, if there is such a one.
    pub fn with<T>(&self, id: u8, action: impl FnOnce(&Handle) -> T) -> Option<T> {
        self.lock().get(&id).map(action)
    }

    /// Waits until frames are due, and takes them.
    pub async fn next_selection(&self, select: &mut Select) -> Vec<Selected> {
        loop {
            let arrived = self.arrived.notified();
            let cameras = self.all();
            let views: Vec<View> = cameras.iter().map(|camera| view(camera)).collect();
            let now = Instant::now();
            match select.decide(now, &views) {
                Decision::Take(group) => return take(&cameras, &group, now),
                Decision::Sleep(until) => tokio::time::sleep_until(until.into()).await,
                Decision::Await(None) => arrived.await,
                Decision::Await(Some(until)) => {
                    let _ = tokio::time::timeout_at(until.into(), arrived).await;
                }
            }
        }
    }

    /// Ends all camera threads. One that is stuck in a call of its SDK is named and left behind. Blocks, at most for
    /// `patience`.
    pub fn stop(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let handles = std::mem::take(&mut *self.lock());
        let ending: Vec<_> = handles.into_values().map(|handle| (Arc::clone(&handle.shared), handle.end())).collect();
        while Instant::now() < until && ending.iter().any(|(_, thread)| !thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        for (camera, thread) in ending {
            if !thread.is_finished() {
                let name = camera.settings().name;
                warn!(
                    camera = camera.id,
                    name, "its SDK has not come back from a call in {patience:?}; it is left behind"
                );
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u8, Handle>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn view(camera: &Shared) -> View {
    View { camera: camera.id, live: camera.is_live(), stream_fps: camera.stream_fps(), offer: camera.recent.offer() }
}

/// A frame that its camera took back in between is left out.
fn take(cameras: &[Arc<Shared>], group: &Group, at: Instant) -> Vec<Selected> {
    let chosen = cameras.iter().filter_map(|camera| Some((camera, *group.get(&camera.id)?)));
    chosen
        .filter_map(|(camera, unix_us)| {
            let frame = camera.recent.take(unix_us)?;
            Some(Selected { camera: Arc::clone(camera), frame, at })
        })
        .collect()
}
