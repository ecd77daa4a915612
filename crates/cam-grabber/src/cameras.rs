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
    there: Arc<Mutex<There>>,
    /// A frame arrived, or a camera's state changed.
    arrived: Arc<Notify>,
    stream: Arc<watch::Sender<config::Stream>>,
}

/// Those that there are now.
#[derive(Debug, Default)]
struct There {
    by_id: BTreeMap<u8, Handle>,
    /// All were ended: nobody is added any more.
    stopped: bool,
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
        let started = Self { there: Arc::default(), arrived: Arc::default(), stream };
        for camera in cameras {
            started.add(camera.clone());
        }
        started
    }

    /// One camera whose frames are said by `arrived`.
    #[cfg(all(test, loom))]
    pub(crate) fn of(handle: Handle, stream: config::Stream, arrived: Arc<Notify>) -> Self {
        let there = There { by_id: BTreeMap::from([(handle.shared.id, handle)]), stopped: false };
        Self { there: Arc::new(Mutex::new(there)), arrived, stream: Arc::new(watch::Sender::new(stream)) }
    }

    /// Starts one more camera, in the place of one with the same id.
    pub fn add(&self, camera: config::Camera) {
        self.add_to(&mut self.lock(), camera);
    }

    /// Starts one more camera, with the lowest id that is free. `camera` is asked for it while nobody else adds or
    /// removes any, and may find that none is wanted now. Gives the id, where one is free.
    pub fn add_found(&self, camera: impl FnOnce(u8) -> Option<config::Camera>) -> Option<u8> {
        let mut there = self.lock();
        let id = (0..=u8::MAX).find(|id| !there.by_id.contains_key(id))?;
        if let Some(camera) = camera(id) {
            self.add_to(&mut there, camera);
        }
        Some(id)
    }

    fn add_to(&self, there: &mut There, camera: config::Camera) {
        if there.stopped {
            return;
        }
        let id = camera.id;
        let (fps, depth) = {
            let stream = self.stream.borrow();
            (stream.fps, depth(&stream))
        };
        match Handle::start(camera, fps, depth, Arc::clone(&self.arrived)) {
            Ok(handle) => drop(there.by_id.insert(id, handle)),
            Err(error) => error!(camera = id, "no thread for the camera: {error}"),
        }
    }

    /// Ends a camera; its thread ends by itself, and closes it.
    pub fn remove(&self, id: u8) {
        let mut there = self.lock();
        if let Some(handle) = there.by_id.remove(&id) {
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
        let there = self.lock();
        for handle in there.by_id.values() {
            handle.shared.recent.set_depth(depth(&stream));
            handle.shared.set_stream_rate(stream.fps);
        }
        self.stream.send_replace(stream);
    }

    /// What everybody may see of each camera, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Shared>> {
        self.lock().by_id.values().map(|handle| Arc::clone(&handle.shared)).collect()
    }

    /// Does something with one camera, if there is such a one.
    pub fn with<T>(&self, id: u8, action: impl FnOnce(&Handle) -> T) -> Option<T> {
        self.lock().by_id.get(&id).map(action)
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

    /// Ends all camera threads, and starts no more. One that is stuck in a call of its SDK is named and left behind.
    /// Blocks, at most for `patience`.
    pub fn stop(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let There { by_id: handles, .. } =
            std::mem::replace(&mut *self.lock(), There { stopped: true, ..There::default() });
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

    fn lock(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use config::{Camera, Source, Stream};

    use super::*;

    fn ids(cameras: &Cameras) -> Vec<u8> {
        cameras.all().iter().map(|camera| camera.id).collect()
    }

    #[test]
    fn a_camera_that_was_found_takes_the_place_of_none_and_is_left_out_where_it_is_wanted_no_more() {
        let pattern = |id| Camera::new(id, Source::Pattern);
        let cameras = Cameras::start(&[pattern(0), pattern(2)], &Stream::default());
        assert_eq!(cameras.add_found(|id| Some(pattern(id))), Some(1));
        assert_eq!(ids(&cameras), [0, 1, 2]);
        assert_eq!(cameras.add_found(|_| None), Some(3));
        assert_eq!(ids(&cameras), [0, 1, 2]);
    }

    #[test]
    fn once_all_are_stopped_none_is_added() {
        let cameras = Cameras::start(&[Camera::new(0, Source::Pattern)], &Stream::default());
        cameras.stop(Duration::from_secs(10));
        cameras.add(Camera::new(1, Source::Pattern));
        assert!(ids(&cameras).is_empty());
    }
}
