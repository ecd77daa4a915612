//! All cameras of this process: which there are, what they offer, and what is taken of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cameracast_config as config;
use tokio::sync::{Notify, watch};
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
    stream: Arc<watch::Sender<config::Stream>>,
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
        let stream = Arc::new(watch::Sender::new(stream.clone()));
        let started = Self { by_id: Arc::default(), arrived: Arc::default(), stream };
        for camera in cameras {
            started.add(camera.clone());
        }
        started
    }

    /// Starts one more camera, in the place of one with the same id.
    pub fn add(&self, camera: config::Camera) {
        let id = camera.id;
        let mut cameras = self.lock();
        let (fps, depth) = {
            let stream = self.stream.borrow();
            (stream.fps, depth(&stream))
        };
        match Handle::start(camera, fps, depth, Arc::clone(&self.arrived)) {
            Ok(handle) => drop(cameras.insert(id, handle)),
            Err(error) => error!(camera = id, "no thread for the camera: {error}"),
        }
    }

    /// Ends a camera; its thread ends by itself, and closes it.
    pub fn remove(&self, id: u8) {
        let mut cameras = self.lock();
        if let Some(handle) = cameras.remove(&id) {
            handle.shared.remove(); // while nobody can see that it is gone
            self.arrived.notify_one();
        }
    }

    /// How they are streamed, and word of each change of that.
    pub fn stream(&self) -> watch::Receiver<config::Stream> {
        self.stream.subscribe()
    }

    /// Streams them in another way from now on. None of them is disturbed.
    pub fn set_stream(&self, stream: config::Stream) {
        let cameras = self.lock();
        for handle in cameras.values() {
            handle.shared.recent.set_depth(depth(&stream));
            handle.shared.set_stream_rate(stream.fps);
        }
        self.stream.send_replace(stream);
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

/// How many frames are kept of each camera.
fn depth(stream: &config::Stream) -> Depth {
    match stream.bundle {
        config::BundleMode::Synchronized => Depth::ToPair,
        config::BundleMode::Latest | config::BundleMode::Complete => Depth::Newest,
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
