//! What is streamed: bundles of one size at one rate.

use std::time::Duration;

use bytes::Bytes;
use frame_bundle::{BundleBuilder, Frame, PixelFormat};

/// A stream of bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    cameras: u8,
    /// Bytes of one frame.
    frame: usize,
    /// Bundles a second.
    pub(crate) fps: u32,
}

/// Three cameras at VGA.
pub(crate) const LARGE: Load = Load { name: "135 KB at 30/s", cameras: 3, frame: 45_000, fps: 30 };
/// One camera, fast and small.
pub(crate) const SMALL: Load = Load { name: "20 KB at 60/s", cameras: 1, frame: 20_000, fps: 60 };

/// One camera at VGA.
pub(crate) const ONE: Load = Load { name: "45 KB at 30/s", cameras: 1, frame: 45_000, fps: 30 };

impl Load {
    /// Time between two bundles.
    pub(crate) fn period(self) -> Duration {
        Duration::from_secs(1) / self.fps
    }

    /// A bundle with number 0 and time 0, filled with bytes that do not repeat early.
    pub(crate) fn bundle(self) -> anyhow::Result<Bytes> {
        let mut builder = BundleBuilder::new(0, 0);
        for camera_id in 0..self.cameras {
            let data = (0..self.frame as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ camera_id);
            let data = data.collect::<Vec<u8>>().into();
            builder =
                builder.frame(Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data });
        }
        Ok(builder.build()?)
    }
}

/// Where a bundle's number and time stand in its payload.
pub(crate) const SEQ: std::ops::Range<usize> = 8..16;
pub(crate) const TIMESTAMP_US: std::ops::Range<usize> = 16..24;
/// Where the same time stands in the first frame's data, for viewers that see nothing of the bundle.
pub(crate) const MARK: std::ops::Range<usize> = 0..8;
/// Where the first frame's data begins.
pub(crate) const FIRST_DATA: usize = frame_bundle::BUNDLE_HEADER_SIZE + frame_bundle::FRAME_HEADER_SIZE;

/// The 64-bit number in `payload` at `place`; 0 where it has no such bytes.
pub(crate) fn number(payload: &[u8], place: std::ops::Range<usize>) -> u64 {
    payload.get(place).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}
