//! One camera as the bridge knows it: what its grabber last said about it, and its newest frame.

use std::sync::Arc;
use std::time::Instant;

use frame_bundle::control::CameraState;
use frame_bundle::{CaptureInfo, Frame, PixelFormat};

use crate::rate::Rate;
use crate::scene::{GrabberId, Published};

/// A camera that some grabber announced or sent.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Its id, 0 to 255.
    pub id: u8,
    /// Who sends it, or sent it last.
    pub grabber: GrabberId,
    /// Its grabber has gone.
    pub gone: bool,
    /// What the grabber last said about it; nothing from a grabber that sends only bundles.
    pub reported: Option<Arc<CameraState>>,
    /// Its newest frame.
    pub newest: Option<Newest>,
    /// Frames that came since the bridge started.
    pub frames: u64,
    pub(crate) rate: Rate,
}

/// The newest frame of a camera; it shares the memory of the bundle that it came in.
#[derive(Clone, Debug)]
pub struct Newest {
    /// The bundle that it came in.
    pub published: Arc<Published>,
    /// The frame.
    pub frame: Frame,
    /// When it was taken, where the grabber said so.
    pub capture_info: Option<CaptureInfo>,
    /// When it came.
    pub at: Instant,
}

impl Camera {
    pub(crate) fn new(id: u8, grabber: GrabberId) -> Self {
        Self { id, grabber, gone: false, reported: None, newest: None, frames: 0, rate: Rate::default() }
    }

    /// What a person calls it.
    pub fn name(&self) -> String {
        match &self.reported {
            Some(reported) if !reported.name.is_empty() => reported.name.clone(),
            _ => format!("Camera {}", self.id),
        }
    }

    /// `streaming`, `opening`, `stalled`, `lost`, `stopped` or `waiting`.
    pub fn state(&self) -> &str {
        match &self.reported {
            _ if self.gone => "lost",
            Some(reported) => &reported.state,
            None => "streaming",
        }
    }

    /// Why it is not streaming.
    pub fn cause(&self) -> Option<&str> {
        if self.gone { Some("grabber gone") } else { self.reported.as_ref()?.cause.as_deref() }
    }

    /// Whether its newest frame may stand for what it sees now.
    pub fn is_streaming(&self) -> bool {
        self.state() == "streaming"
    }

    /// Pixels, as they come; as announced before the first frame.
    pub fn size(&self) -> (Option<u32>, Option<u32>) {
        match (&self.newest, &self.reported) {
            (Some(newest), _) => (Some(newest.frame.width), Some(newest.frame.height)),
            (None, Some(reported)) => (reported.actual.width, reported.actual.height),
            (None, None) => (None, None),
        }
    }

    /// Frames per second that are streamed, as its grabber says.
    pub fn stream_fps(&self) -> Option<f64> {
        self.reported.as_ref().map(|reported| reported.stream_fps).filter(|fps| *fps > 0.0)
    }

    /// Frames per second that really came; `None` before a second was measured.
    pub fn received_fps(&self, now: Instant) -> Option<f64> {
        self.rate.per_second(now)
    }

    /// Whether there is a picture of it.
    pub fn has_jpeg(&self) -> bool {
        let is_jpeg = |frame: &Frame| frame.pixel_format == PixelFormat::JPEG && !frame.data.is_empty();
        self.newest.as_ref().is_some_and(|newest| is_jpeg(&newest.frame))
    }
}
