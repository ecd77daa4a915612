//! The cameracast wire contract, version 1, as `proto/frame-bundle.md` describes it: no I/O and no runtime here.
//!
//! - [`FrameBundle`] reads a bundle without copying it; a [`Frame`] is a slice of it.
//! - [`BundleBuilder`] makes one.
//! - `codec` (feature `codec`) cuts a byte stream into [`Packet`]s for tokio-util.
//! - `control` (feature `control`) holds the JSON messages that go both ways beside the bundles.
//!
//! All integers on the wire are little-endian and packed. The vectors in `proto/vectors` hold this crate, and the
//! readers of other languages, to the same bytes.
//!
//! ```
//! use bytes::Bytes;
//! use frame_bundle::{BundleBuilder, CaptureInfo, Clock, Frame, FrameBundle, PixelFormat};
//!
//! let jpeg = Bytes::from_static(b"\xFF\xD8 a picture \xFF\xD9");
//! let payload = BundleBuilder::new(0, 1_767_225_600_250_000)
//!     .frame(Frame { camera_id: 2, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data: jpeg.clone() })
//!     .capture_info(CaptureInfo {
//!         camera_id: 2,
//!         clock: Clock::CAMERA,
//!         capture_time_us: 1_767_225_600_240_000,
//!         frame_number: 1000,
//!     })
//!     .session(81)
//!     .build()?;
//!
//! let bundle = FrameBundle::parse(payload)?;
//! assert_eq!((bundle.seq(), bundle.session()), (0, Some(81)));
//! for frame in bundle.frames() {
//!     assert_eq!(frame.data, jpeg); // a slice of the payload, not a copy
//!     let taken = bundle.capture_info(frame.camera_id).map(|info| info.capture_time_us);
//!     assert_eq!(taken, Some(1_767_225_600_240_000));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
#[cfg(feature = "codec")]
pub mod codec;
#[cfg(feature = "control")]
pub mod control;
mod frame;
mod headers;
mod malformed;
mod packet;
mod reader;

pub use builder::{BundleBuilder, Unbuildable};
pub use frame::{CaptureInfo, Clock, Frame, PixelFormat};
pub use headers::{
    BLOCK_HEADER_SIZE, BUNDLE_HEADER_SIZE, BUNDLE_MAGIC, FRAME_HEADER_SIZE, TAG_CAPTURE_INFO, TAG_SENDER, VERSION,
};
pub use malformed::Malformed;
pub use packet::{
    BUNDLE_PACKET_MAGIC, CONTROL_PACKET_MAGIC, MAX_BUNDLE_SIZE, MAX_CONTROL_SIZE, PACKET_HEADER_SIZE, Packet,
};
pub use reader::{CaptureInfos, FrameBundle, Frames};
