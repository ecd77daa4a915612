//! A pipeline from its making to its end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cameracast_config::Camera as Wanted;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::VideoMeta;

use super::caps::Negotiated;
use super::failure::failure;
use super::inbox::{Arrived, Inbox, Next};
use super::limits::Offered;
use super::origin::Origin;
use super::upstream::upstream;
use super::v4l2;
use crate::capture::{Actual, Camera, CameraError, Cause, Change, Frame, Grabbed, Limits, PixelFormat};

/// How long a pipeline may take to agree on a format: a network camera has to be reached first.
const START: Duration = Duration::from_secs(5);
/// How long an open waits for the first frame: a device that is busy says so only when it starts to stream.
const FIRST_FRAME: Duration = Duration::from_millis(300);

/// Buffers that may be in use here at a time: in the inbox, waiting to be selected, and being encoded.
const HELD: u32 = 8;

/// A pipeline that does not run yet. Dropping it closes it.
pub(super) struct Pipeline {
    pipeline: gst::Pipeline,
    pub(super) sink: AppSink,
    /// As errors name it.
    pub(super) named: String,
    /// Where it reads a V4L2 device.
    pub(super) device: Option<PathBuf>,
    pub(super) actual: Actual,
    inbox: Arc<Inbox>,
}

/// A pipeline that delivers frames; belongs to the camera's thread.
pub(super) struct Running {
    pipeline: Pipeline,
    negotiated: Negotiated,
    /// Its JPEGs may lack their end, and get one when they are sent.
    pub(super) complete_jpeg: bool,
    pub(super) limits: Limits,
    pub(super) offered: Offered,
}

impl Pipeline {
    pub(super) fn new(pipeline: gst::Pipeline, sink: AppSink, named: String, origin: Origin) -> Self {
        let inbox = Arc::new(Inbox::new(origin.numbers()));
        listen(&pipeline, &named, &inbox, origin);
        receive(&sink, &inbox, origin);
        Self { pipeline, sink, named, device: None, actual: Actual::default(), inbox }
    }

    /// Opens the devices.
    pub(super) fn ready(&self) -> Result<(), CameraError> {
        self.set_state(gst::State::Ready).map(drop)
    }

    /// Starts it, and waits for its format.
    pub(super) fn run(mut self) -> Result<Running, CameraError> {
        let change = self.set_state(gst::State::Paused)?;
        // A live source has no frame in this state. Others must be held to their own time stamps, or a file would be
        // read as fast as the disk can.
        self.sink.set_sync(change != gst::StateChangeSuccess::NoPreroll);
        self.set_state(gst::State::Playing)?;
        let Some(caps) = self.inbox.wait_for_caps(START)? else {
            let waited = START.as_secs();
            let why = format!("{}: nothing came within {waited} s", self.named);
            return Err(CameraError::new(Cause::NoFrames, why));
        };
        // A network source knows only now that it is live.
        if self.is_live() {
            self.sink.set_sync(false);
        }
        self.inbox.wait_for_frame(FIRST_FRAME)?;
        let negotiated = Negotiated::new(&caps)
            .ok_or_else(|| CameraError::new(Cause::BadFormat, format!("{}: {caps} cannot be encoded", self.named)))?;
        self.describe(&negotiated);
        let (limits, offered) = (Limits::default(), Offered::ByPipeline(gst::Caps::new_any()));
        Ok(Running { pipeline: self, negotiated, complete_jpeg: false, limits, offered })
    }

    /// What is before the sink says so; the sink itself calls anything live until it has its first frame.
    fn is_live(&self) -> bool {
        let mut latency = gst::query::Latency::new();
        self.sink.static_pad("sink").is_some_and(|pad| pad.peer_query(&mut latency)) && latency.result().0
    }

    fn set_state(&self, state: gst::State) -> Result<gst::StateChangeSuccess, CameraError> {
        self.pipeline.set_state(state).map_err(|_| {
            let unsaid = || CameraError::new(Cause::Failed, format!("{}: it does not start", self.named));
            self.inbox.ended().unwrap_or_else(unsaid)
        })
    }

    fn describe(&mut self, negotiated: &Negotiated) {
        self.actual.width = Some(negotiated.width);
        self.actual.height = Some(negotiated.height);
        self.actual.fps = negotiated.fps;
        self.actual.pixel_format = Some(negotiated.pixel_format().to_owned());
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.pipeline.set_state(gst::State::Null).ok();
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// Errors and the end come from the bus alone: the sink knows of an end before the bus has said why.
fn listen(pipeline: &gst::Pipeline, named: &str, inbox: &Arc<Inbox>, origin: Origin) {
    let Some(bus) = pipeline.bus() else { return };
    let (named, inbox) = (named.to_owned(), inbox.clone());
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => inbox.end(failure(&named, error, origin)),
            gst::MessageView::Eos(_) => {
                inbox.end(CameraError::new(Cause::Lost, format!("{named}: the pipeline came to its end")));
            }
            gst::MessageView::Warning(warning) => tracing::debug!("{named}: {}", warning.error()),
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

fn receive(sink: &AppSink, inbox: &Arc<Inbox>, origin: Origin) {
    let of_sample = inbox.clone();
    let on_sample = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let age = age(sink, &sample, origin);
        of_sample.push(sample, age);
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(on_sample).build());

    let Some(pad) = sink.static_pad("sink") else { return };
    let of_caps = inbox.clone();
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view()) {
            of_caps.set_caps(event.caps_owned());
        }
        gst::PadProbeReturn::Ok
    });
    // An appsink says neither that padded rows may stay where they are, nor that it keeps buffers for a while: without
    // the one pictures would be copied, without the other a V4L2 device gets 4 buffers, and drops and copies frames.
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, move |_, info| {
        let query = info.query_mut().map(|query| query.view_mut());
        let Some(gst::QueryViewMut::Allocation(query)) = query else { return gst::PadProbeReturn::Ok };
        query.add_allocation_meta::<VideoMeta>(None);
        if origin == Origin::Device {
            // Of whatever size the driver says.
            query.add_allocation_pool(None::<&gst::BufferPool>, 0, HELD, 0);
        }
        gst::PadProbeReturn::Handled
    });
}

/// How long ago the frame came, by its time stamp on the pipeline's clock (for V4L2 it is the kernel's).
fn age(sink: &AppSink, sample: &gst::Sample, origin: Origin) -> Option<Duration> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let buffer = sample.buffer()?;
    let came = Duration::from(segment.to_running_time(buffer.pts()?)?) + origin.stamped_early(buffer);
    Duration::from(sink.current_running_time()?).checked_sub(came)
}

impl Running {
    /// What it could give.
    pub(super) fn upstream(&self) -> gst::Caps {
        let pad = self.pipeline.sink.static_pad("sink");
        pad.map(|pad| upstream(&pad)).unwrap_or_else(gst::Caps::new_empty)
    }

    fn frame(&mut self, arrived: Arrived) -> Grabbed {
        let Arrived { sample, time, number } = arrived;
        if let Some(caps) = sample.caps_owned().filter(|caps| !caps.is_strictly_equal(&self.negotiated.caps)) {
            let Some(negotiated) = Negotiated::new(&caps) else {
                return Grabbed::Incomplete("not a picture that we take");
            };
            self.pipeline.describe(&negotiated);
            self.negotiated = negotiated;
        }
        let Some(buffer) = sample.buffer_owned() else { return Grabbed::Incomplete("no data") };
        if buffer.flags().contains(gst::BufferFlags::CORRUPTED) {
            return Grabbed::Incomplete("corrupted");
        }
        let Some(mut layout) = self.negotiated.layout(&buffer, buffer.size()) else {
            return Grabbed::Incomplete("wrong size");
        };
        if self.complete_jpeg && layout.format == PixelFormat::Jpeg {
            layout.format = PixelFormat::JpegToComplete;
        }
        match buffer.into_mapped_buffer_readable() {
            Ok(mapped) => Grabbed::Frame(Frame { data: Bytes::from_owner(mapped), layout, time, number }),
            Err(_) => Grabbed::Incomplete("not readable"),
        }
    }
}

impl Camera for Running {
    fn actual(&self) -> &Actual {
        &self.pipeline.actual
    }

    fn grab(&mut self, timeout: Duration) -> Result<Grabbed, CameraError> {
        match self.pipeline.inbox.next(timeout) {
            Next::Frame(arrived) => Ok(self.frame(arrived)),
            Next::Ended(why) => Err(match &self.pipeline.device {
                Some(device) => v4l2::gone_or_failed(device, why),
                None => why,
            }),
            Next::Nothing => Ok(Grabbed::Nothing),
        }
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn change(&mut self, _: &Wanted, wanted: &Wanted) -> Result<Change, CameraError> {
        match self.offered.refusal(wanted) {
            Some(why) => Err(CameraError::new(Cause::BadFormat, format!("{}: {why}", self.pipeline.named))),
            None => Ok(Change::NeedsOpening),
        }
    }

    fn lost(&self) -> BTreeMap<&'static str, u64> {
        let (overflowed, dropped) = self.pipeline.inbox.lost();
        let counters = [("queue full", overflowed), ("dropped by the driver", dropped)];
        counters.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}
