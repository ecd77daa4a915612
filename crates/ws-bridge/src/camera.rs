//! One camera as the bridge knows it: what its grabber last said about it, and its newest frame.

use std::sync::Arc;
use std::time::{Duration, Instant};

use frame_bundle::control::CameraState;
use frame_bundle::{CaptureInfo, Frame, PixelFormat};

use crate::rate::Rate;
use crate::scene::{GrabberId, Published};

/// How long a frame may have been under way before its capture time counts as that of another clock.
const UNDER_WAY: Duration = Duration::from_secs(60);

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
    /// Its newest frame that is a JPEG with data; older than `newest` where that one is none.
    pub newest_jpeg: Option<Newest>,
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
        Self {
            id,
            grabber,
            gone: false,
            reported: None,
            newest: None,
            newest_jpeg: None,
            frames: 0,
            rate: Rate::default(),
        }
    }

    /// What a person has called it; nothing where its grabber did not say.
    pub fn given_name(&self) -> Option<&str> {
        self.reported.as_ref().map(|reported| &*reported.name).filter(|name| !name.is_empty())
    }

    /// What a person calls it.
    pub fn name(&self) -> String {
        self.given_name().map_or_else(|| format!("Camera {}", self.id), Into::into)
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

    /// Both in words: `lost, no device`.
    pub(crate) fn in_words(&self) -> String {
        let cause = self.cause().map(|cause| format!(", {cause}")).unwrap_or_default();
        format!("{}{cause}", self.state())
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
        self.newest_jpeg.is_some()
    }
}

impl Newest {
    /// Whether it is a JPEG with data.
    pub fn is_jpeg(&self) -> bool {
        self.frame.pixel_format == PixelFormat::JPEG && !self.frame.data.is_empty()
    }

    /// Unix time in µs: when it was taken, as the grabber says, or when it came where the grabber told no more.
    pub fn timestamp_us(&self) -> u64 {
        self.capture_info.map_or(self.published.arrived_us, |info| info.capture_time_us)
    }

    /// When it was taken, on our own clock. A capture time that cannot be true, as it lies after the arrival or long
    /// before it, is of a clock that has nothing to do with ours: then it is when the frame came.
    pub fn taken(&self) -> Instant {
        let under_way = Duration::from_micros(self.published.arrived_us.saturating_sub(self.timestamp_us()));
        let credible = Some(under_way).filter(|under_way| *under_way <= UNDER_WAY);
        credible.and_then(|under_way| self.at.checked_sub(under_way)).unwrap_or(self.at)
    }
}

#[cfg(test)]
mod tests {
    use frame_bundle::{BundleBuilder, Clock, FrameBundle};

    use super::*;
    use crate::arrival::Arrival;
    use crate::test_bundles::{FRONT, frame, two_grabbers};

    /// A frame that came at `arrived_us` and says that it was taken at `captured_us`.
    fn newest(arrived_us: u64, captured_us: Option<u64>, at: Instant) -> Newest {
        let info = |capture_time_us| CaptureInfo { camera_id: 0, clock: Clock::PTP, capture_time_us, frame_number: 1 };
        let builder = BundleBuilder::new(0, 0).frame(frame(0, 0));
        let builder = captured_us.into_iter().map(info).fold(builder, BundleBuilder::capture_info);
        let bundle = FrameBundle::parse(builder.build().unwrap()).unwrap();
        let arrival = Arrival { arrived_us, ..Arrival::from(bundle) };
        let scene = two_grabbers().with_bundle(FRONT, arrival, at);
        scene.cameras[&0].newest.clone().unwrap()
    }

    #[test]
    fn a_frame_is_as_old_as_its_capture_time_says_or_its_arrival_where_there_is_none() {
        let at = Instant::now();
        let told = newest(5_000_000, Some(4_980_000), at);
        assert_eq!((told.timestamp_us(), told.taken()), (4_980_000, at - Duration::from_millis(20)));
        let untold = newest(5_000_000, None, at);
        assert_eq!((untold.timestamp_us(), untold.taken()), (5_000_000, at));
    }

    #[test]
    fn a_capture_time_that_cannot_be_true_does_not_make_a_frame_old() {
        let at = Instant::now();
        for captured_us in [5_000_001, 900_000_000_000, u64::MAX] {
            assert_eq!(newest(5_000_000, Some(captured_us), at).taken(), at);
        }
        for captured_us in [0, 1_700_000_000_000_000 - 60_000_001] {
            assert_eq!(newest(1_700_000_000_000_000, Some(captured_us), at).taken(), at);
        }
    }
}
