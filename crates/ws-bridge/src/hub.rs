//! Where bundles come in and viewers look: the newest [`Scene`], and word for everyone who waits that there is a newer
//! one.
//!
//! Grabbers' connections write, one after the other, behind a lock that is held for microseconds and never while anyone
//! writes to a socket. Viewers take the scene as it is and go; none of them can delay a grabber or another viewer.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use cameracast_service::sync::{self, Mutex, MutexGuard};
use frame_bundle::FrameBundle;
use frame_bundle::control::CameraState;
use tokio::sync::{mpsc, watch};

use crate::arrival::Arrival;
use crate::control::{Asked, REQUESTS, Refused};
use crate::ledger::Ledger;
use crate::recording::{Every, Recording};
use crate::round_trip::Question;
use crate::scene::{Conflict, GrabberId, Peer, Scene};

/// How long an answer may take: a camera SDK's call on a dead camera blocks for five seconds, and opening takes another.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What there is to see, and who adds to it.
#[derive(Debug)]
pub struct Hub {
    scenes: sync::watch::Sender<Arc<Scene>>,
    attached: Mutex<Attached>,
    answer_within: Duration,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(ANSWER_WITHIN)
    }
}

#[derive(Debug, Default)]
struct Attached {
    last: u64,
    grabbers: BTreeMap<GrabberId, Lines>,
    recording: Recording,
    ledger: Ledger,
}

/// What a grabber's connection is told by.
#[derive(Debug)]
struct Lines {
    /// That it has to go.
    evict: watch::Sender<Option<Conflict>>,
    /// What its cameras are asked to do.
    ask: mpsc::Sender<Asked>,
}

impl Hub {
    /// Nothing to see yet; a grabber has so long to answer a request.
    pub fn new(answer_within: Duration) -> Self {
        Self { scenes: sync::watch::Sender::default(), attached: Mutex::default(), answer_within }
    }

    pub(crate) fn answer_within(&self) -> Duration {
        self.answer_within
    }

    /// What there is to see now.
    pub fn scene(&self) -> Arc<Scene> {
        self.scenes.borrow().clone()
    }

    /// Tells when there is something newer to see.
    pub fn scenes(&self) -> sync::watch::Receiver<Arc<Scene>> {
        self.scenes.subscribe()
    }

    /// Every bundle from now on; who is too far behind learns that it has missed some.
    pub fn every(&self) -> Every {
        self.lock().recording.subscribe()
    }

    /// What was counted of cameras and grabbers so far.
    pub(crate) fn ledger(&self) -> Ledger {
        self.lock().ledger.clone()
    }

    /// A grabber has connected. Its cameras are lost when the attachment is dropped.
    pub fn attach(self: &Arc<Self>, peer: Peer) -> Attachment {
        self.attach_grabber(peer).0
    }

    /// The same for one whose cameras can be asked to do something.
    pub(crate) fn attach_grabber(self: &Arc<Self>, peer: Peer) -> (Attachment, mpsc::Receiver<Asked>) {
        let mut attached = self.lock();
        attached.last += 1;
        let grabber = GrabberId(attached.last);
        let (evict, evicted) = watch::channel(None);
        let (ask, asked) = mpsc::channel(REQUESTS);
        attached.grabbers.insert(grabber, Lines { evict, ask });
        self.show(|scene| scene.with_grabber(grabber, peer, Instant::now()));
        (Attachment { hub: self.clone(), grabber, evicted }, asked)
    }

    /// Where the grabber that has a camera takes requests.
    pub(crate) fn way_to(&self, camera: u8) -> Result<mpsc::Sender<Asked>, Refused> {
        let scene = self.scene();
        let known = scene.cameras.get(&camera).ok_or(Refused::NoCamera(camera))?;
        let grabber = scene.grabbers.get(&known.grabber).ok_or(Refused::Gone(camera))?;
        if !grabber.control {
            return Err(Refused::NoControl(camera));
        }
        let attached = self.lock();
        attached.grabbers.get(&grabber.id).map(|lines| lines.ask.clone()).ok_or(Refused::Gone(camera))
    }

    /// Where each grabber that takes requests takes them.
    pub(crate) fn ways(&self) -> Vec<(GrabberId, mpsc::Sender<Asked>)> {
        let scene = self.scene();
        let takes_requests = |id: &GrabberId| scene.grabbers.get(id).is_some_and(|grabber| grabber.control);
        let attached = self.lock();
        let ways = attached.grabbers.iter().filter(|(id, _)| takes_requests(id));
        ways.map(|(id, lines)| (*id, lines.ask.clone())).collect()
    }

    /// Makes sure that no other live grabber has one of these cameras: a newer one is told to go.
    fn claim(&self, attached: &mut Attached, grabber: GrabberId, cameras: &[u8]) -> Result<(), Conflict> {
        while let Some(conflict) = self.scene().conflict(grabber, cameras.iter().copied()) {
            if conflict.newer == grabber {
                return Err(conflict);
            }
            if let Some(lines) = attached.grabbers.remove(&conflict.newer) {
                lines.evict.send_replace(Some(conflict));
            }
            self.show(|scene| scene.without_grabber(conflict.newer));
        }
        Ok(())
    }

    /// Says that a bundle would get through: does what publishing one takes, and wakes nobody.
    pub(crate) fn answer(&self, question: Question) {
        let _attached = self.lock();
        self.scenes.send_if_modified(|_| false);
        question.answer();
    }

    fn show(&self, next: impl FnOnce(&Scene) -> Scene) {
        let next = next(&self.scene());
        self.scenes.send_replace(Arc::new(next));
    }

    /// Only who holds this lock may call [`Hub::show`].
    fn lock(&self) -> MutexGuard<'_, Attached> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A grabber's connection to the hub.
#[derive(Debug)]
pub struct Attachment {
    hub: Arc<Hub>,
    grabber: GrabberId,
    evicted: watch::Receiver<Option<Conflict>>,
}

impl Attachment {
    /// The number of this connection.
    pub fn grabber(&self) -> GrabberId {
        self.grabber
    }

    /// Shows a bundle to everyone.
    ///
    /// # Errors
    /// An older grabber has one of its cameras.
    pub fn publish(&self, bundle: &FrameBundle) -> Result<(), Conflict> {
        let arrival = Arrival::from(bundle.clone());
        let cameras: Vec<u8> = arrival.cameras.ids().collect();
        let mut attached = self.hub.lock();
        self.hub.claim(&mut attached, self.grabber, &cameras)?;
        if !attached.grabbers.contains_key(&self.grabber) {
            return Ok(()); // told to go already
        }
        attached.ledger.bundle(&cameras, bundle.payload().len());
        let next = self.hub.scene().with_bundle(self.grabber, arrival, Instant::now());
        if let Some(newest) = next.recent.back() {
            attached.recording.push(newest);
        }
        self.hub.scenes.send_replace(Arc::new(next));
        Ok(())
    }

    /// Shows how cameras are, which count from zero in each life of their grabber.
    ///
    /// # Errors
    /// An older grabber has one of them.
    pub fn report(&self, life: &str, demo: bool, states: &[CameraState]) -> Result<(), Conflict> {
        // Where another grabber has a camera that was removed from this one, it may.
        let kept = states.iter().filter(|state| !state.is_removed());
        let cameras: Vec<u8> = kept.map(|state| state.camera).collect();
        let mut attached = self.hub.lock();
        self.hub.claim(&mut attached, self.grabber, &cameras)?;
        if attached.grabbers.contains_key(&self.grabber) {
            states.iter().for_each(|state| attached.ledger.state(life, state));
            self.hub.show(|scene| scene.with_state(self.grabber, demo, states.to_vec()));
        }
        Ok(())
    }

    /// The older grabber that turned out to have one of our cameras: nothing of ours is shown any more.
    pub(crate) fn has_to_go(&self) -> Option<Conflict> {
        *self.evicted.borrow()
    }

    /// Waits until an older grabber turns out to have one of our cameras.
    pub async fn evicted(&self) -> Conflict {
        let mut evicted = self.evicted.clone();
        let conflict = evicted.wait_for(Option::is_some).await.ok().and_then(|conflict| *conflict);
        match conflict {
            Some(conflict) => conflict,
            None => std::future::pending().await,
        }
    }

    /// Waits until another grabber has gone.
    pub async fn until_gone(&self, other: GrabberId) {
        let mut scenes = self.hub.scenes();
        let _ = scenes.wait_for(|scene| !scene.grabbers.contains_key(&other)).await; // the hub outlives us
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut attached = self.hub.lock();
        if attached.grabbers.remove(&self.grabber).is_some() {
            self.hub.show(|scene| scene.without_grabber(self.grabber));
        }
    }
}

#[cfg(all(test, loom))]
mod races;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_bundles::bundle;

    const PEER: Peer = Peer { pid: Some(1), uid: 0 };

    fn owner(hub: &Hub, camera: u8) -> Option<GrabberId> {
        hub.scene().cameras.get(&camera).filter(|camera| !camera.gone).map(|camera| camera.grabber)
    }

    #[tokio::test]
    async fn who_waits_is_told_of_each_bundle() {
        let hub = Arc::new(Hub::default());
        let grabber = hub.attach(PEER);
        let mut scenes = hub.scenes();
        for seq in 0..3 {
            grabber.publish(&bundle(1, seq, &[0])).unwrap();
            scenes.changed().await.unwrap();
            assert_eq!(scenes.borrow_and_update().recent.back().unwrap().bundle.seq(), seq);
        }
    }

    #[test]
    fn an_older_grabber_keeps_its_camera() {
        let hub = Arc::new(Hub::default());
        let (older, newer) = (hub.attach(PEER), hub.attach(PEER));
        older.publish(&bundle(1, 0, &[0, 1])).unwrap();
        let conflict = newer.publish(&bundle(2, 0, &[1, 2])).unwrap_err();
        assert_eq!((conflict.camera, conflict.older, conflict.newer), (1, older.grabber(), newer.grabber()));
        assert_eq!((owner(&hub, 1), owner(&hub, 2)), (Some(older.grabber()), None));
        assert_eq!(hub.scene().head, 1);
    }

    #[tokio::test]
    async fn a_newer_grabber_that_spoke_first_has_to_go() {
        let hub = Arc::new(Hub::default());
        let (older, newer) = (hub.attach(PEER), hub.attach(PEER));
        newer.publish(&bundle(2, 0, &[1])).unwrap();
        older.publish(&bundle(1, 0, &[1])).unwrap();
        assert_eq!(newer.evicted().await.older, older.grabber());
        assert_eq!(owner(&hub, 1), Some(older.grabber()));

        newer.publish(&bundle(2, 1, &[5])).unwrap();
        assert_eq!(owner(&hub, 5), None, "what it still sends is not shown");
    }

    #[tokio::test]
    async fn a_camera_is_free_once_its_grabber_has_gone() {
        let hub = Arc::new(Hub::default());
        let (older, newer) = (hub.attach(PEER), hub.attach(PEER));
        older.publish(&bundle(1, 0, &[1])).unwrap();
        let id = older.grabber();
        drop(older);
        newer.until_gone(id).await;
        newer.publish(&bundle(2, 0, &[1])).unwrap();
        assert_eq!(owner(&hub, 1), Some(newer.grabber()));
    }
}
