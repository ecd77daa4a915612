//! Makes a bundle for one viewer out of frames that came: headers are new, each frame's bytes are shared.
//!
//! Number, time and sender stay those of the newest bundle that gave a frame, capture info stays with its frame, blocks
//! that we do not know are dropped.

use bytes::Bytes;
use frame_bundle::{BundleBuilder, FrameBundle};

use super::{Body, Gives, Outgoing};
use crate::camera::Newest;
use crate::camera_set::CameraSet;
use crate::scene::Published;
use crate::websocket::{Header, Opcode};

/// A message of those pictures of the cameras that are `wanted`; `None` where there are none.
pub(crate) fn message(wanted: CameraSet, gives: &Gives) -> Option<Outgoing> {
    match gives {
        Gives::One(published) if published.is_small() && published.cameras.is_within(wanted) => {
            Some(Outgoing::ready_made(published.in_one_piece()))
        }
        Gives::One(published) => wanted_of(wanted, published).map(Outgoing::binary),
        Gives::Together(frames) => together(frames).map(Outgoing::binary),
    }
}

/// Up to this size a bundle is copied once, behind the header that viewers get it with: for each of them one piece costs
/// the kernel a little less than two, which shows where pieces are small.
const SMALL: usize = 0xFFFF;

impl Published {
    fn is_small(&self) -> bool {
        self.bundle.payload().len() <= SMALL
    }

    /// The whole message, made for the first who is sent it.
    fn in_one_piece(&self) -> Bytes {
        let make = || {
            let payload = self.bundle.payload();
            let header = Header::new(Opcode::Binary, payload.len());
            Bytes::from([header.as_bytes(), payload].concat())
        };
        self.message.get_or_init(make).clone()
    }
}

/// One bundle of the newest frames of several cameras; `None` without any.
fn together(frames: &[Newest]) -> Option<Body> {
    let last = frames.iter().max_by_key(|newest| newest.published.number)?;
    let mut builder = begin(&last.published.bundle);
    for newest in frames {
        builder = builder.frame(newest.frame.clone());
        if let Some(info) = newest.capture_info {
            builder = builder.capture_info(info);
        }
    }
    pieces(&builder)
}

/// A bundle unchanged where all its cameras are wanted, else without the others; `None` where nothing stays.
pub(crate) fn wanted_of(wanted: CameraSet, published: &Published) -> Option<Body> {
    if published.cameras.is_within(wanted) {
        return Some(Body::Whole(published.bundle.payload().clone()));
    }
    only(wanted, &published.bundle)
}

fn only(wanted: CameraSet, bundle: &FrameBundle) -> Option<Body> {
    let mut builder = begin(bundle);
    for frame in bundle.frames().filter(|frame| wanted.contains(frame.camera_id)) {
        builder = builder.frame(frame);
    }
    for info in bundle.capture_infos().filter(|info| wanted.contains(info.camera_id)) {
        builder = builder.capture_info(info);
    }
    pieces(&builder)
}

fn begin(bundle: &FrameBundle) -> BundleBuilder {
    let builder = BundleBuilder::new(bundle.seq(), bundle.timestamp_us());
    match bundle.session() {
        Some(session) => builder.session(session),
        None => builder,
    }
}

fn pieces(builder: &BundleBuilder) -> Option<Body> {
    // Frames out of sound bundles, each camera once: only a bundle without any cannot be built.
    builder.pieces().ok().map(Body::Pieces)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::test_bundles::{BACK, FRONT, bundle, frame, two_grabbers};

    fn parse(body: &Body) -> FrameBundle {
        FrameBundle::parse(Bytes::from(body.pieces().concat())).unwrap()
    }

    #[test]
    fn a_remuxed_bundle_has_the_number_time_and_sender_of_the_newest_that_gave_a_frame() {
        let scene = two_grabbers().after(FRONT, 70, &[0, 1]).after(BACK, 5, &[9]).after(FRONT, 71, &[0]);
        let newest = |id: u8| scene.cameras[&id].newest.clone().unwrap();

        let all = parse(&together(&[newest(0), newest(1), newest(9)]).unwrap());
        assert_eq!((all.seq(), all.timestamp_us(), all.session()), (71, 1071, Some(FRONT.0)));
        assert_eq!(all.frames().collect::<Vec<_>>(), [frame(0, 71), frame(1, 70), frame(9, 5)]);
        let infos: Vec<_> = all.capture_infos().map(|info| (info.camera_id, info.frame_number)).collect();
        assert_eq!(infos, [(0, 71), (1, 70), (9, 5)]);

        let two = parse(&together(&[newest(1), newest(9)]).unwrap());
        assert_eq!((two.seq(), two.session()), (5, Some(BACK.0)));
    }

    #[test]
    fn frames_that_are_not_wanted_are_left_out_with_their_capture_info() {
        let wanted = [1, 3].into_iter().collect();
        let few = parse(&only(wanted, &bundle(8, 4, &[0, 1, 2, 3])).unwrap());
        assert_eq!((few.seq(), few.timestamp_us(), few.session()), (4, 1004, Some(8)));
        assert_eq!(few.frames().collect::<Vec<_>>(), [frame(1, 4), frame(3, 4)]);
        assert_eq!(few.capture_infos().map(|info| info.camera_id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(only(wanted, &bundle(8, 4, &[0, 2])), None);
    }

    #[test]
    fn the_bytes_of_a_frame_are_shared() {
        let bundle = bundle(8, 4, &[0, 1]);
        let body = only([1].into_iter().collect(), &bundle).unwrap();
        let original = bundle.frame(1).unwrap().data;
        assert!(body.pieces().iter().any(|piece| piece.as_ptr() == original.as_ptr()));
    }

    #[test]
    fn blocks_that_are_not_known_are_dropped_and_missing_ones_are_not_invented() {
        let mut payload =
            frame_bundle::BundleBuilder::new(1, 2).frame(frame(0, 1)).frame(frame(1, 1)).build().unwrap().to_vec();
        payload.extend([0x77, 0, 0, 0, 1, 0, 0, 0, 0xFF]);
        let with_unknown = FrameBundle::parse(payload.into()).unwrap();
        let expected = frame_bundle::BundleBuilder::new(1, 2).frame(frame(1, 1)).build().unwrap();
        assert_eq!(only([1].into_iter().collect(), &with_unknown).unwrap().pieces().concat(), expected);
    }
}
