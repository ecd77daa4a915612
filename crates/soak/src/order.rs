//! The order in which a connection's bundles come: pure.

use std::collections::BTreeMap;

use frame_bundle::FrameBundle;

/// What one connection has had.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The last number of each grabber's life.
    seqs: BTreeMap<Option<u64>, u64>,
    /// The last capture time of each camera.
    captured: BTreeMap<u8, u64>,
    /// Every bundle is due, so none may be missing.
    every: bool,
}

impl Order {
    /// Of a recorder, which gets every bundle.
    pub(crate) fn of_every_bundle() -> Self {
        Self { every: true, ..Self::default() }
    }

    /// Takes the next bundle.
    ///
    /// # Errors
    /// What cannot follow what came before.
    pub(crate) fn take(&mut self, bundle: &FrameBundle) -> Result<(), String> {
        let (session, seq) = (bundle.session(), bundle.seq());
        if let Some(last) = self.seqs.insert(session, seq) {
            if seq <= last {
                return Err(format!("bundle {seq} came after {last} of the same life"));
            }
            if self.every && seq != last + 1 {
                return Err(format!("bundle {seq} came after {last}, and a recorder gets every one"));
            }
        }
        for info in bundle.capture_infos() {
            let before = self.captured.insert(info.camera_id, info.capture_time_us);
            if let Some(before) = before.filter(|before| info.capture_time_us <= *before) {
                let now = info.capture_time_us;
                return Err(format!("camera {}: a frame of {now} came after one of {before}", info.camera_id));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use frame_bundle::{BundleBuilder, CaptureInfo, Clock, Frame, PixelFormat};

    use super::*;

    fn bundle(session: u64, seq: u64, captured: &[(u8, u64)]) -> FrameBundle {
        let mut builder = BundleBuilder::new(seq, 0).session(session);
        for (camera_id, capture_time_us) in captured.iter().copied() {
            let (camera_id, frame_number) = (camera_id, 0);
            let data = Bytes::new();
            builder = builder
                .frame(Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 1, height: 1, data })
                .capture_info(CaptureInfo { camera_id, clock: Clock::CAMERA, capture_time_us, frame_number });
        }
        FrameBundle::parse(builder.build().unwrap()).unwrap()
    }

    #[test]
    fn two_grabbers_count_for_themselves() {
        let mut order = Order::of_every_bundle();
        for (session, seq, camera) in [(1, 7, 0), (2, 0, 9), (1, 8, 0), (2, 1, 9)] {
            order.take(&bundle(session, seq, &[(camera, 100 + seq)])).unwrap();
        }
    }

    #[test]
    fn a_number_or_a_picture_that_comes_twice_or_too_late_is_found() {
        let begun = |mut order: Order| {
            order.take(&bundle(1, 7, &[(0, 100), (1, 200)])).unwrap();
            order
        };
        assert!(begun(Order::default()).take(&bundle(1, 7, &[(0, 101)])).is_err());
        assert!(begun(Order::default()).take(&bundle(1, 6, &[(0, 101)])).is_err());
        assert!(begun(Order::default()).take(&bundle(1, 8, &[(0, 101), (1, 200)])).is_err());
        assert!(begun(Order::default()).take(&bundle(2, 0, &[(0, 99)])).is_err());
    }

    #[test]
    fn only_a_recorder_may_not_miss_a_bundle() {
        for (mut order, is_fine) in [(Order::default(), true), (Order::of_every_bundle(), false)] {
            order.take(&bundle(1, 7, &[(0, 100)])).unwrap();
            assert_eq!(order.take(&bundle(1, 9, &[(0, 101)])).is_ok(), is_fine);
        }
    }
}
