//! Where frames come from: the [`Camera`] trait, its backends, and the [`Frame`] that they give.
//!
//! Every call of this trait may block, and is made on the camera's own thread.

mod arrival;
pub(crate) mod bounds;
pub mod discover;
mod genicam;
mod gstreamer;
pub(crate) mod pattern;
mod pixel_format;
mod time;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
pub use frame_bundle::Clock;
pub use frame_bundle::control::{Bounds, Limits};

pub use genicam::Genicam;
pub use gstreamer::Gstreamer;
pub use pattern::Pattern;
pub use pixel_format::{BayerOrder, PixelFormat};
pub use time::unix_us;

/// A frame as the camera gave it. Dropping it gives its buffer back to the camera's SDK.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The SDK's own buffer.
    pub data: Bytes,
    /// How `data` is to be read.
    pub layout: Layout,
    /// When it was taken.
    pub time: CaptureTime,
    /// The camera's running number, un-wrapped to 64 bits; a gap counts frames that were lost.
    pub number: u64,
}

/// How a frame lies in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Pixel format.
    pub format: PixelFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Planes in order; a packed format uses the first. Unused for [`PixelFormat::Jpeg`].
    pub planes: [Plane; 3],
    /// YUV and gray samples use 16–235 (video range) instead of 0–255.
    pub limited_range: bool,
}

/// One plane of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plane {
    /// Bytes from the beginning of the buffer.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl Layout {
    /// Planes one after the other without padding, full range: what GenICam cameras and the test pattern give.
    pub fn packed(format: PixelFormat, width: u32, height: u32) -> Self {
        let mut planes = [Plane::default(); 3];
        let mut offset = 0;
        for (plane, (stride, rows)) in planes.iter_mut().zip(format.plane_sizes(width, height)) {
            *plane = Plane { offset, stride };
            offset += stride * rows;
        }
        Self { format, width, height, planes, limited_range: false }
    }

    /// Bytes that a buffer must have to hold this; 0 for [`PixelFormat::Jpeg`], whose size varies.
    pub fn size(&self) -> usize {
        let sizes = self.format.plane_sizes(self.width, self.height);
        self.planes
            .iter()
            .zip(sizes)
            // The last row need not be padded.
            .map(|(plane, (row, rows))| plane.offset + plane.stride * rows.saturating_sub(1) + row)
            .max()
            .unwrap_or(0)
    }
}

/// When a frame was taken: for us by the monotonic clock, for the wire by Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureTime {
    /// When the frame arrived here.
    pub arrived: Instant,
    /// When it was taken, µs of Unix time; never goes backwards within one life of the process.
    pub unix_us: u64,
    /// Which clock `unix_us` comes from.
    pub clock: Clock,
}

/// What a camera gave within the time asked.
#[derive(Debug)]
pub enum Grabbed {
    /// A whole frame.
    Frame(Frame),
    /// The SDK reported a frame that is not whole; the cause is a key of the counters, for example `missing packets`.
    Incomplete(&'static str),
    /// Nothing came.
    Nothing,
}

/// A camera's description in the configuration, able to open the camera, again and again.
pub trait Source: Send {
    /// Finds the camera and starts it. May block for seconds.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn open(&mut self) -> Result<Box<dyn Camera>, CameraError>;

    /// From the next opening on, the camera is to be as this says. The device stays the same.
    fn set(&mut self, wanted: &cameracast_config::Camera);
}

/// The source that a camera's configuration names.
pub fn source(camera: &cameracast_config::Camera) -> Box<dyn Source> {
    use cameracast_config::Source as Kind;
    match &camera.source {
        Kind::Genicam { device } => Box::new(Genicam::new(device, camera)),
        Kind::V4l2 { device } => Box::new(Gstreamer::v4l2(device, camera)),
        Kind::Gstreamer { pipeline } => Box::new(Gstreamer::pipeline(pipeline, camera)),
        Kind::Pattern => Box::new(Pattern::new(camera)),
    }
}

/// An open camera that delivers frames. Dropping it stops and closes the camera.
pub trait Camera: Send {
    /// What the camera is and what it really delivers.
    fn actual(&self) -> &Actual;

    /// Waits for the next frame, at most `timeout`.
    ///
    /// # Errors
    /// The camera is gone or broken and has to be opened again.
    fn grab(&mut self, timeout: Duration) -> Result<Grabbed, CameraError>;

    /// What can be set of it, as it is set now; without what is set in the stream (`stream_fps`, `jpeg_quality`). The
    /// camera is not asked: it was when it was opened.
    fn limits(&self) -> &Limits;

    /// Changes settings while it streams, where it can. Where it cannot, it only looks whether it offers them at all, so
    /// that it need not be closed for what cannot be.
    ///
    /// # Errors
    /// It does not take them, with what it does take; it goes on as it was.
    fn change(
        &mut self,
        _before: &cameracast_config::Camera,
        _wanted: &cameracast_config::Camera,
    ) -> Result<Change, CameraError> {
        Ok(Change::NeedsOpening)
    }

    /// Lets it take one picture, where it waits for a software trigger.
    ///
    /// # Errors
    /// Why it took none, in words that follow "camera N was not triggered:".
    fn trigger(&self) -> Result<(), String> {
        Err("only GenICam cameras (source = \"genicam\") take a software trigger".to_owned())
    }

    /// What a person can do whose camera sends nothing whole. The camera may be asked: it lives.
    fn advice_on_losses(&self) -> String {
        "look at its cable, its power, and what else is on its bus or network".to_owned()
    }

    /// Frames lost before they reached us, by cause, since the camera was opened: what the SDK counts itself.
    fn lost(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }

    /// What the SDK counts beside frames since the camera was opened, for example `resent packets`.
    fn statistics(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }
}

/// What became of changed settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They hold; the camera streams on.
    Made,
    /// The camera has to be closed and opened with them.
    NeedsOpening,
}

/// What a camera is and delivers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actual {
    /// As the device says.
    pub model: Option<String>,
    /// As the device says.
    pub serial: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// The rate that the camera says it delivers, frames per second.
    pub fps: Option<f64>,
    /// The SDK's name of the format.
    pub pixel_format: Option<String>,
    /// Microseconds, where the camera tells.
    pub exposure_us: Option<f64>,
    /// Decibels, where the camera tells.
    pub gain_db: Option<f64>,
    /// Frames come only when triggered: silence is no stall.
    pub triggered: bool,
}

impl fmt::Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if let (Some(width), Some(height)) = (self.width, self.height) {
            words.push(format!("{width}x{height}"));
        }
        words.extend(self.pixel_format.clone());
        words.extend(self.fps.map(|fps| format!("at {fps:.1} FPS")));
        words.extend(self.model.as_ref().map(|model| format!("from {model}")));
        f.write_str(&words.join(" "))
    }
}

/// Why a camera cannot be used, as the state report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It is not there.
    NoDevice,
    /// Somebody else uses or controls it.
    Busy,
    /// We may not open it.
    NoPermission,
    /// It does not offer the size, rate or format asked for.
    BadFormat,
    /// It is open and sends nothing.
    NoFrames,
    /// It sends, and nothing of it is a whole frame.
    IncompleteFrames,
    /// It stopped sending.
    Stalled,
    /// It went away while it was used.
    Lost,
    /// It no longer listens to us: it has no power or no cable, was reset, or somebody else took it.
    ControlLost,
    /// The SDK reported something else.
    Failed,
}

impl Cause {
    /// The words of the wire contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoDevice => "no device",
            Self::Busy => "busy",
            Self::NoPermission => "no permission",
            Self::BadFormat => "bad format",
            Self::NoFrames => "no frames",
            Self::IncompleteFrames => "incomplete frames",
            Self::Stalled => "stalled",
            Self::Lost => "lost",
            Self::ControlLost => "control lost",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of a camera, for the state report (cause) and for a person (message).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}: {message}")]
pub struct CameraError {
    /// The kind of trouble.
    pub cause: Cause,
    /// One sentence: which device, what happened, what is allowed or what to do.
    pub message: String,
}

impl CameraError {
    /// An error with its sentence.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into() }
    }
}
