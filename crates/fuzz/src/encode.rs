//! The grabber's checks of cameras' JPEGs. These are its own files: the crate around them needs GStreamer and Aravis,
//! which no fuzzer should have to wait for, while the checks need nothing but each other and what stands here.
#![allow(dead_code, reason = "the files are whole here, and only the checks are used")]

#[path = "../../cam-grabber/src/encode/error.rs"]
mod error;
#[path = "../../cam-grabber/src/encode/markers.rs"]
mod markers;
#[path = "../../cam-grabber/src/encode/passthrough.rs"]
mod passthrough;

use std::time::Duration;

use bytes::Bytes;
pub use error::EncodeError;

/// As in the grabber: an error tells it.
const MAX_SIDE: u32 = 65_500;

/// As in the grabber, where a camera's JPEG becomes one.
struct Encoded {
    jpeg: Bytes,
    width: u32,
    height: u32,
    took: Duration,
}

/// What the grabber lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraJpeg {
    /// From SOI to EOI.
    pub jpeg: Bytes,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
}

impl From<passthrough::CameraJpeg> for CameraJpeg {
    fn from(passthrough::CameraJpeg { jpeg, width, height }: passthrough::CameraJpeg) -> Self {
        Self { jpeg, width, height }
    }
}

/// The JPEG in a camera's buffer.
///
/// # Errors
/// There is none, or not the whole of one.
pub fn whole(buffer: &Bytes) -> Result<CameraJpeg, EncodeError> {
    passthrough::whole(buffer).map(Into::into)
}

/// The same with the end that a camera has left out.
///
/// # Errors
/// There is none, or it ends in its header.
pub fn completed(buffer: &Bytes) -> Result<CameraJpeg, EncodeError> {
    passthrough::completed(buffer).map(Into::into)
}
