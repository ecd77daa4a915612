//! A bundle that has come, with what the scene wants to know of it. It is taken apart before anyone else has to wait:
//! `scene` is made behind a lock.

use frame_bundle::{CaptureInfo, Frame, FrameBundle};

use crate::camera_set::CameraSet;
use crate::unix_time;

/// A bundle, its cameras, and its frames with their capture info.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) bundle: FrameBundle,
    pub(crate) cameras: CameraSet,
    pub(crate) frames: Vec<(Frame, Option<CaptureInfo>)>,
    /// Unix time in µs.
    pub(crate) arrived_us: u64,
}

impl From<FrameBundle> for Arrival {
    /// Reads the capture info once, however many entries a grabber sends; of several of one camera the first counts.
    fn from(bundle: FrameBundle) -> Self {
        let mut infos = [None; 256];
        for info in bundle.capture_infos() {
            infos[usize::from(info.camera_id)].get_or_insert(info);
        }
        let cameras = bundle.frames().map(|frame| frame.camera_id).collect();
        let with_info = |frame: Frame| {
            let info = infos[usize::from(frame.camera_id)];
            (frame, info)
        };
        let frames = bundle.frames().map(with_info).collect();
        Self { bundle, cameras, frames, arrived_us: unix_time::now_us() }
    }
}

#[cfg(test)]
mod tests {
    use frame_bundle::{BundleBuilder, Clock};

    use super::*;
    use crate::test_bundles::frame;

    #[test]
    fn each_frame_gets_the_first_capture_info_of_its_camera() {
        let info =
            |camera_id, frame_number| CaptureInfo { camera_id, clock: Clock::PTP, capture_time_us: 0, frame_number };
        let builder =
            [frame(0, 0), frame(9, 0), frame(3, 0)].into_iter().fold(BundleBuilder::new(0, 0), BundleBuilder::frame);
        let builder =
            [info(3, 33), info(0, 1), info(0, 2), info(5, 5)].into_iter().fold(builder, BundleBuilder::capture_info);
        let arrival = Arrival::from(FrameBundle::parse(builder.build().unwrap()).unwrap());
        let numbers = arrival.frames.iter().map(|(frame, info)| (frame.camera_id, info.map(|info| info.frame_number)));
        assert_eq!(numbers.collect::<Vec<_>>(), [(0, Some(1)), (9, None), (3, Some(33))]);
        assert_eq!(arrival.cameras.ids().collect::<Vec<_>>(), [0, 3, 9]);
    }
}
