//! A camera that streams.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aravis::glib::object::Cast;
use aravis::prelude::*;
use aravis::{Buffer, BufferPayloadType, BufferStatus, GvStream, GvStreamOption, GvStreamSocketBuffer};
use cameracast_config::Camera as Wanted;

use super::clock::FrameClock;
use super::closing::Goodbye;
use super::frame_id::FrameIds;
use super::knobs::Knobs;
use super::limits;
use super::losses::Losses;
use super::pacing::Pacing;
use super::pool::{BUFFERS, Pool};
use super::undo::{self, Before};
use super::{bandwidth, format, own_packets, route, settings, socket_buffer};
use crate::capture::{Actual, Camera, CameraError, Cause, Change, Frame, Grabbed, Layout, Limits};

/// How long aravis waits for what is missing of a frame. Later frames wait behind it and fill the buffers meanwhile.
const RETENTION_FRAMES: f64 = BUFFERS as f64 / 4.0;
const RETENTION_MS: std::ops::RangeInclusive<f64> = 10.0..=100.0;

/// Belongs to the camera's thread. The fields are dropped in their order: the goodbye is the last to hold the camera.
pub(super) struct Streaming {
    stream: aravis::Stream,
    camera: aravis::Camera,
    device: String,
    actual: Actual,
    limits: Limits,
    pool: Pool,
    ids: FrameIds,
    clock: FrameClock,
    pacing: Option<Pacing>,
    losses: Losses,
    control_lost: Arc<AtomicBool>,
    _goodbye: Goodbye,
}

impl Streaming {
    /// Starts the acquisition of a camera that has its settings.
    pub(super) fn start(
        knobs: &Knobs<'_>,
        actual: Actual,
        limits: Limits,
        pacing: Option<Pacing>,
    ) -> Result<Self, CameraError> {
        let Knobs { camera, device } = *knobs;
        if camera.is_gv_device() {
            // Aravis' packet socket, which only root may open, takes a tenth of the CPU time, but hands frames over in
            // blocks of 5 ms: later, with coarse times, and from the wrong interface where there are two.
            camera.gv_set_stream_options(GvStreamOption::PACKET_SOCKET_DISABLED);
        }
        let stream = knobs.said("create its stream", camera.create_stream())?;
        if let Some(stream) = stream.downcast_ref::<GvStream>() {
            own_packets::only_of(camera, stream);
            socket_buffer::warn_if_limited();
            stream.set_socket_buffer(GvStreamSocketBuffer::Fixed);
            stream.set_socket_buffer_size(socket_buffer::SIZE as i32);
            let period_ms = 1000.0 / actual.fps.unwrap_or(30.0).max(0.001);
            let retention = (RETENTION_FRAMES * period_ms).clamp(*RETENTION_MS.start(), *RETENTION_MS.end());
            stream.set_frame_retention((1000.0 * retention) as u32);
            stream.set_packet_timeout((500.0 * retention).min(20_000.0) as u32);
        }
        let clock = FrameClock::of(camera);
        let payload = knobs.said("read its frames' size", camera.payload())?;
        let pool = Pool::fill(&stream, payload as usize);
        let control_lost = Arc::new(AtomicBool::new(false));
        if let Some(device) = camera.device() {
            let control_lost = control_lost.clone();
            device.connect_control_lost(move |_| control_lost.store(true, Ordering::Relaxed));
        }
        knobs.said("start its acquisition", camera.start_acquisition())?;
        let goodbye = Goodbye::to(device, &stream, camera, &control_lost);
        Ok(Self {
            stream,
            camera: camera.clone(),
            device: device.to_owned(),
            actual,
            limits,
            pool,
            ids: FrameIds::new(!camera.is_gv_device()),
            clock,
            pacing,
            losses: Losses::default(),
            control_lost,
            _goodbye: goodbye,
        })
    }

    /// What to make of a buffer that the stream gave.
    fn receive(&mut self, buffer: Buffer) -> Grabbed {
        if let Some(cause) = fault(buffer.status()) {
            self.losses.incomplete();
            self.stream.push_buffer(buffer);
            return Grabbed::Incomplete(cause);
        }
        let number = self.ids.number(buffer.frame_id());
        self.losses.whole(number, self.stream.info_uint64_by_name("n_underruns"));
        let Some(layout) = layout(&buffer) else {
            self.stream.push_buffer(buffer);
            return Grabbed::Incomplete("not a picture that we take");
        };
        let time = self.clock.time(&self.camera, &buffer);
        if let Some(pacing) = &mut self.pacing {
            pacing.follow(&self.camera, &self.device);
        }
        Grabbed::Frame(Frame { data: self.pool.lend(buffer), layout, time, number })
    }
}

impl Camera for Streaming {
    fn actual(&self) -> &Actual {
        &self.actual
    }

    fn grab(&mut self, timeout: Duration) -> Result<Grabbed, CameraError> {
        let deadline = Instant::now() + timeout;
        loop {
            self.pool.take_back(&self.stream);
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = left.min(self.pool.patience());
            match self.stream.timeout_pop_buffer(wait.as_micros() as u64) {
                Some(buffer) => return Ok(self.receive(buffer)),
                None if self.control_lost.load(Ordering::Relaxed) => {
                    return Err(CameraError::new(
                        Cause::ControlLost,
                        format!(
                            "camera {}: it has no power or no cable, was reset, or another program took it",
                            self.device
                        ),
                    ));
                }
                None if left.is_zero() => return Ok(Grabbed::Nothing),
                None => {}
            }
        }
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Exposure and gain. Cameras have their size locked while they stream, and to set the rate may turn a trigger off.
    fn change(&mut self, before: &Wanted, wanted: &Wanted) -> Result<Change, CameraError> {
        if self.control_lost.load(Ordering::Relaxed) {
            return Ok(Change::NeedsOpening);
        }
        let knobs = Knobs { camera: &self.camera, device: &self.device };
        if !settings::is_about_light(before, wanted) {
            return settings::check_size(&knobs, before, wanted).map(|()| Change::NeedsOpening);
        }
        let Ok(was) = Before::of(&knobs, undo::LIGHT) else { return Ok(Change::NeedsOpening) };
        if let Err(error) = settings::light(&knobs, wanted) {
            if error.cause != Cause::Lost {
                was.restore();
            }
            // Perhaps it locks them while it streams: that shows when it is opened.
            return if error.cause == Cause::BadFormat { Err(error) } else { Ok(Change::NeedsOpening) };
        }
        self.actual.fps = settings::rate_in_effect(&self.camera);
        if let Some(pacing) = &self.pacing {
            pacing.rate_is(self.actual.fps, &self.device);
        }
        self.actual.exposure_us = self.camera.exposure_time().ok();
        self.actual.gain_db = self.camera.gain().ok();
        self.limits.camera_fps = limits::rate(&self.camera);
        Ok(Change::Made)
    }

    fn trigger(&self) -> Result<(), String> {
        let source = self.camera.string("TriggerSource").unwrap_or_default();
        if !self.actual.triggered {
            return Err("it runs by itself; set its trigger to \"Software\" first".to_owned());
        }
        if source != "Software" {
            return Err(format!("it waits for a trigger at {source}; set its trigger to \"Software\" first"));
        }
        self.camera.software_trigger().map_err(|said| format!("its SDK said: {said}"))
    }

    fn advice_on_losses(&self) -> String {
        let Ok(packet) = self.camera.gv_get_packet_size() else {
            return "look at its cable, and at what else is on its bus".to_owned(); // USB
        };
        bandwidth::advice_on_losses(packet, route::link_of(&self.camera).as_ref())
    }

    fn lost(&self) -> BTreeMap<&'static str, u64> {
        self.losses.lost().clone()
    }

    /// As aravis counts: missing are all packets behind the first one that did not come.
    fn statistics(&self) -> BTreeMap<&'static str, u64> {
        let counter = |id| match self.stream.info_name(id)?.as_str() {
            "n_received_packets" => Some(("received packets", self.stream.info_uint64(id))),
            "n_failures" => Some(("incomplete frames", self.stream.info_uint64(id))),
            "n_missing_packets" => Some(("missing packets", self.stream.info_uint64(id))),
            "n_resend_requests" => Some(("resend requests", self.stream.info_uint64(id))),
            "n_resent_packets" => Some(("resent packets", self.stream.info_uint64(id))),
            "n_underruns" => Some(("underrun packets", self.stream.info_uint64(id))),
            _ => None,
        };
        (0..self.stream.n_infos()).filter_map(counter).collect()
    }
}

/// Why a buffer holds no whole frame.
fn fault(status: BufferStatus) -> Option<&'static str> {
    Some(match status {
        BufferStatus::Success => return None,
        BufferStatus::MissingPackets => "missing packets",
        BufferStatus::Timeout => "timeout",
        BufferStatus::WrongPacketId => "wrong packets",
        BufferStatus::SizeMismatch => "wrong size",
        BufferStatus::Aborted => "aborted",
        BufferStatus::PayloadNotSupported => "not a picture that we take",
        _ => "incomplete",
    })
}

/// How a whole frame lies in its buffer; `None` if it is nothing that can be encoded.
fn layout(buffer: &Buffer) -> Option<Layout> {
    use BufferPayloadType::{ExtendedChunkData, Image};
    if !matches!(buffer.payload_type(), Image | ExtendedChunkData) {
        return None;
    }
    let format = format::ours(buffer.image_pixel_format())?;
    let (width, height) = (buffer.image_width().try_into().ok()?, buffer.image_height().try_into().ok()?);
    let mut layout = Layout::packed(format, width, height);
    layout.planes[0].stride += usize::try_from(buffer.image_padding().0).ok()?;
    (layout.size() <= buffer.data().1).then_some(layout)
}
