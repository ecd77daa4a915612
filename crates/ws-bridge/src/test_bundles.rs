//! Bundles and scenes for the tests of pure logic.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use frame_bundle::{BundleBuilder, CaptureInfo, Clock, Frame, FrameBundle, PixelFormat};

use crate::scene::{GrabberId, Peer, Published, Scene};

pub(crate) const FRONT: GrabberId = GrabberId(1);
pub(crate) const BACK: GrabberId = GrabberId(2);

/// A frame whose content tells camera and bundle: `c2#7`.
pub(crate) fn frame(camera_id: u8, seq: u64) -> Frame {
    let data = Bytes::from(format!("c{camera_id}#{seq}"));
    Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data }
}

/// A bundle of session `session` with a frame and capture info of each of `cameras`; its time is `1000 + seq`.
pub(crate) fn bundle(session: u64, seq: u64, cameras: &[u8]) -> FrameBundle {
    let mut builder = BundleBuilder::new(seq, 1000 + seq).session(session);
    for camera_id in cameras.iter().copied() {
        let info = CaptureInfo { camera_id, clock: Clock::CAMERA, capture_time_us: seq, frame_number: seq };
        builder = builder.frame(frame(camera_id, seq)).capture_info(info);
    }
    FrameBundle::parse(builder.build().unwrap()).unwrap()
}

/// A bundle as one that `FRONT` has published.
pub(crate) fn published(number: u64, bundle: FrameBundle) -> Arc<Published> {
    let cameras = bundle.frames().map(|frame| frame.camera_id).collect();
    let message = OnceLock::new();
    Arc::new(Published { number, grabber: FRONT, bundle, cameras, message, arrived_us: 0 })
}

/// A scene with two connected grabbers that have not sent anything yet.
pub(crate) fn two_grabbers() -> Scene {
    let peer = Peer { pid: Some(1), uid: 0 };
    Scene::default().with_grabber(FRONT, peer, Instant::now()).with_grabber(BACK, peer, Instant::now())
}

impl Scene {
    /// The next scene after a bundle; the grabber's number is its session too.
    pub(crate) fn after(&self, grabber: GrabberId, seq: u64, cameras: &[u8]) -> Self {
        self.with_bundle(grabber, bundle(grabber.0, seq, cameras), Instant::now())
    }
}
