//! What a bundle carries: one camera's picture, and when it was taken.

use bytes::Bytes;

/// One camera's picture. Read from a bundle, `data` shares the bundle's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Unique in a bundle and over all live grabbers of a bridge.
    pub camera_id: u8,
    /// How `data` is to be read.
    pub pixel_format: PixelFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// A complete JPEG, SOI to EOI, where `pixel_format` is [`PixelFormat::JPEG`]; may be empty.
    pub data: Bytes,
}

/// The pixel format byte. The contract knows one value; others pass through unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat(pub u8);

impl PixelFormat {
    /// Each frame is a complete JPEG.
    pub const JPEG: Self = Self(1);
}

/// When one frame of the bundle was taken (an entry of extension block 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureInfo {
    /// The camera of the bundle that this is about.
    pub camera_id: u8,
    /// Which clock gave the time.
    pub clock: Clock,
    /// Unix time in µs; never goes backwards within one life of the grabber.
    pub capture_time_us: u64,
    /// The camera's own running number, un-wrapped to 64 bits; a gap counts frames dropped or not streamed.
    pub frame_number: u64,
}

/// The clock behind a capture time. Values above 2 are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(pub u8);

impl Clock {
    /// When the frame arrived at the host.
    pub const ARRIVAL: Self = Self(0);
    /// The camera's own clock, mapped to the host's.
    pub const CAMERA: Self = Self(1);
    /// PTP (IEEE 1588).
    pub const PTP: Self = Self(2);
}
