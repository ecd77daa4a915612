//! A recorder (`?delivery=every`): every bundle, in order, or an end with its reason; never a silent gap.

use super::{Body, End, Outgoing, remux};
use crate::camera_set::CameraSet;
use crate::recording::Every;
use crate::websocket::CloseCode;

/// Hands on what is queued for one recorder.
#[derive(Debug)]
pub(crate) struct Recorder {
    queue: Every,
    wanted: CameraSet,
    /// Taken from the queue, but not yet by the socket.
    chosen: Option<Body>,
}

impl Recorder {
    pub(crate) fn new(queue: Every, wanted: CameraSet) -> Self {
        Self { queue, wanted, chosen: None }
    }

    /// The next message, if there is one; the same again until [`Recorder::begun`] is called.
    ///
    /// # Errors
    /// More bundles, or more bytes, had to wait than the queue holds: the recorder would have a gap.
    pub(crate) fn next(&mut self) -> Result<Option<Outgoing>, End> {
        while self.chosen.is_none() {
            match self.queue.take() {
                Ok(Some(published)) => self.chosen = remux::wanted_of(self.wanted, &published),
                Ok(None) => break,
                Err(missed) => {
                    let reason = format!("too slow for delivery=every: {missed}");
                    return Err(End::Close { code: CloseCode::POLICY, reason });
                }
            }
        }
        Ok(self.chosen.clone().map(Outgoing::binary))
    }

    /// The message that was chosen last is on its way.
    pub(crate) fn begun(&mut self) {
        self.chosen = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::hub::Hub;
    use crate::recording::RECORDER_QUEUE;
    use crate::scene::Peer;
    use crate::test_bundles::bundle;

    #[test]
    fn every_bundle_is_handed_on_until_too_many_wait() {
        let hub = Arc::new(Hub::default());
        let grabber = hub.attach(Peer { pid: None, uid: 0 });
        let mut recorder = Recorder::new(hub.every(), [0].into_iter().collect());
        for seq in 0..20 {
            grabber.publish(&bundle(1, seq, if seq % 2 == 0 { &[0] } else { &[1] })).unwrap();
        }
        for seq in (0..20).step_by(2) {
            assert!(recorder.next().unwrap().is_some());
            assert_eq!(
                recorder.chosen,
                Some(Body::Whole(bundle(1, seq, &[0]).payload().clone())),
                "asked twice, given once"
            );
            assert!(recorder.next().unwrap().is_some());
            recorder.begun();
        }
        assert!(recorder.next().unwrap().is_none());
        (0..=RECORDER_QUEUE as u64).for_each(|seq| grabber.publish(&bundle(1, seq, &[0])).unwrap());
        assert!(matches!(recorder.next(), Err(End::Close { code: CloseCode::POLICY, .. })));
    }
}
