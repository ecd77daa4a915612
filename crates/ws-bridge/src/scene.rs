//! All that the bridge shows at one moment. A scene never changes: each event makes the next one out of it, which
//! shares what stayed the same. Everything here is pure; `hub` holds the newest scene and tells who waits for it.
//!
//! Bounds: for each grabber that sends, 8 of the last bundles are kept, fewer where they take more than 16 MiB, and beyond
//! these the one that holds the newest frame or the newest JPEG of a camera; of cameras there are at most 256.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use frame_bundle::FrameBundle;
use frame_bundle::control::CameraState;

use crate::arrival::Arrival;
use crate::camera::{Camera, Newest};
use crate::camera_set::CameraSet;
use crate::meta::Meta;
use crate::tally::Tally;

/// How many bundles of each grabber a viewer may be behind, because of us, and still get each of them.
const RECENT: usize = 8;
/// Of large bundles fewer are kept, but always the newest.
const RECENT_BYTES: usize = 16 << 20;

/// A connection to a grabber; later ones have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrabberId(pub u64);

/// Who is at the other end of the Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Process id, where the system tells it.
    pub pid: Option<i32>,
    /// User id.
    pub uid: u32,
}

/// A connected grabber.
#[derive(Clone, Debug)]
pub struct Grabber {
    /// Its connection.
    pub id: GrabberId,
    /// Its process.
    pub peer: Peer,
    /// When it connected.
    pub since: Instant,
    /// Bundles that came from it.
    pub bundles: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Its life, as it says itself.
    pub session: Option<u64>,
    /// It takes control messages.
    pub control: bool,
    /// It shows test patterns because it has no camera.
    pub demo: bool,
}

/// A bundle, with its place among all that were published.
#[derive(Debug)]
pub struct Published {
    /// Running number over all grabbers, from 1.
    pub number: u64,
    /// Where it came from.
    pub grabber: GrabberId,
    /// As it came.
    pub bundle: FrameBundle,
    /// The cameras that it holds.
    pub cameras: CameraSet,
    /// As a message, once somebody was sent it and if it is small.
    pub(crate) message: OnceLock<Bytes>,
    /// When it came: Unix time in µs.
    pub arrived_us: u64,
}

/// Two live grabbers have the same camera: the older keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("camera {camera} belongs to the older grabber with pid {} (connection {}), not to connection {}", Pid(*older_pid), older.0, newer.0)]
pub struct Conflict {
    /// The camera.
    pub camera: u8,
    /// Who keeps it.
    pub older: GrabberId,
    /// Its process, where the system tells it.
    pub older_pid: Option<i32>,
    /// Who has to go.
    pub newer: GrabberId,
}

struct Pid(Option<i32>);

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => pid.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// What there is to see.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Number of the newest bundle; 0 before the first.
    pub head: u64,
    /// The last bundles, oldest first, without gaps.
    pub recent: VecDeque<Arc<Published>>,
    /// All cameras, those whose grabber has gone as well.
    pub cameras: BTreeMap<u8, Arc<Camera>>,
    /// The connected grabbers.
    pub grabbers: BTreeMap<GrabberId, Arc<Grabber>>,
    /// What viewers are told about the cameras.
    pub meta: Meta,
    /// How many bundles held which cameras.
    pub(crate) tally: Tally,
}

impl Scene {
    /// The first of `cameras` that another live grabber has.
    pub(crate) fn conflict(&self, grabber: GrabberId, cameras: impl IntoIterator<Item = u8>) -> Option<Conflict> {
        cameras.into_iter().find_map(|camera| {
            let other = self.cameras.get(&camera).filter(|known| !known.gone && known.grabber != grabber)?.grabber;
            let (older, newer) = (grabber.min(other), grabber.max(other));
            let older_pid = self.grabbers.get(&older).and_then(|grabber| grabber.peer.pid);
            Some(Conflict { camera, older, older_pid, newer })
        })
    }

    pub(crate) fn with_grabber(&self, id: GrabberId, peer: Peer, now: Instant) -> Self {
        let mut next = self.clone();
        let grabber =
            Grabber { id, peer, since: now, bundles: 0, bytes: 0, session: None, control: false, demo: false };
        next.grabbers.insert(id, Arc::new(grabber));
        next
    }

    /// The next scene after a bundle whose cameras nobody else has.
    pub(crate) fn with_bundle(&self, grabber: GrabberId, arrival: impl Into<Arrival>, now: Instant) -> Self {
        let Arrival { bundle, cameras, frames, arrived_us } = arrival.into();
        let mut next = self.clone();
        next.head += 1;
        next.tally.count(cameras);
        let (number, message) = (next.head, OnceLock::new());
        let published = Arc::new(Published { number, grabber, bundle, cameras, message, arrived_us });

        let first = next.count(&published);
        let mut looks_different = first;
        for (frame, capture_info) in frames {
            let newest = Newest { published: published.clone(), frame, capture_info, at: now };
            looks_different |= next.show(grabber, newest);
        }
        if first {
            next.forget_the_gone();
        }
        if looks_different {
            next.tell();
        }
        next.keep(published);
        next
    }

    /// The next scene after a grabber said how its cameras are, which nobody else has.
    pub(crate) fn with_state(&self, grabber: GrabberId, demo: bool, states: Vec<CameraState>) -> Self {
        let mut next = self.clone();
        let Some(sender) = next.grabbers.get_mut(&grabber).map(Arc::make_mut) else { return next };
        let first = !std::mem::replace(&mut sender.control, true);
        sender.demo = demo;
        for state in states {
            if state.is_removed() {
                let ours = next.cameras.get(&state.camera).is_some_and(|camera| camera.grabber == grabber);
                if ours {
                    next.cameras.remove(&state.camera);
                }
                continue;
            }
            let camera = next.camera_of(grabber, state.camera);
            camera.reported = Some(Arc::new(state));
        }
        if first {
            next.forget_the_gone();
        }
        next.tell();
        next
    }

    /// The next scene without a grabber: its cameras stay, lost.
    pub(crate) fn without_grabber(&self, id: GrabberId) -> Self {
        let mut next = self.clone();
        next.grabbers.remove(&id);
        for camera in next.cameras.values_mut().filter(|camera| camera.grabber == id) {
            Arc::make_mut(camera).gone = true;
        }
        next.tell();
        next
    }

    /// The last bundles, of those that came after number `had`.
    pub(crate) fn recent_after(&self, had: u64) -> impl Iterator<Item = &Arc<Published>> + Clone {
        let oldest = self.recent.front().map_or(0, |oldest| oldest.number);
        let older = usize::try_from((had + 1).saturating_sub(oldest)).unwrap_or(usize::MAX); // there are no gaps
        self.recent.range(older.min(self.recent.len())..)
    }

    /// Counts a bundle for its grabber; says whether it was the first one.
    fn count(&mut self, published: &Published) -> bool {
        let Some(sender) = self.grabbers.get_mut(&published.grabber).map(Arc::make_mut) else { return false };
        sender.bundles += 1;
        sender.bytes += published.bundle.payload().len() as u64;
        sender.session = published.bundle.session();
        sender.bundles == 1
    }

    /// Keeps the last bundles of all grabbers together, as many as would be kept of each alone: a viewer that has not had
    /// [`RECENT`] of each at most finds them all, and with one grabber nothing more is kept.
    fn keep(&mut self, published: Arc<Published>) {
        self.recent.push_back(published);
        let senders = self.grabbers.values().filter(|grabber| grabber.bundles > 0).count().max(1);
        let (most, most_bytes) = (senders * RECENT, senders * RECENT_BYTES);
        let mut bytes: usize = self.recent.iter().map(|recent| recent.bundle.payload().len()).sum();
        while self.recent.len() > most || (bytes > most_bytes && self.recent.len() > 1) {
            bytes -= self.recent.pop_front().map_or(0, |oldest| oldest.bundle.payload().len());
        }
    }

    /// Takes a camera's newest frame; says whether viewers have to be told more than the frame.
    fn show(&mut self, grabber: GrabberId, newest: Newest) -> bool {
        let id = newest.frame.camera_id;
        let ours_already = self.cameras.get(&id).is_some_and(|camera| camera.grabber == grabber);
        let camera = self.camera_of(grabber, id);
        let before = camera.size();
        camera.rate.count(newest.at);
        camera.frames += 1;
        if newest.is_jpeg() {
            camera.newest_jpeg = Some(newest.clone());
        }
        camera.newest = Some(newest);
        !ours_already || camera.size() != before
    }

    /// The camera with this id, which is `grabber`'s from now on.
    fn camera_of(&mut self, grabber: GrabberId, id: u8) -> &mut Camera {
        let camera = self.cameras.entry(id).or_insert_with(|| Arc::new(Camera::new(id, grabber)));
        let camera = Arc::make_mut(camera);
        if camera.grabber != grabber {
            // Another grabber, maybe another device: of the last one only the picture and the count stay.
            let (newest, newest_jpeg) = (camera.newest.take(), camera.newest_jpeg.take());
            *camera = Camera { newest, newest_jpeg, frames: camera.frames, ..Camera::new(id, grabber) };
        }
        camera
    }

    /// A grabber has announced its cameras: those that are still without one are forgotten.
    fn forget_the_gone(&mut self) {
        self.cameras.retain(|_, camera| !camera.gone);
    }

    fn tell(&mut self) {
        let demo = self.grabbers.values().any(|grabber| grabber.demo);
        self.meta = self.meta.next(demo, self.cameras.values().map(|camera| &**camera));
    }
}

#[cfg(test)]
#[path = "scene_tests.rs"]
mod tests;
