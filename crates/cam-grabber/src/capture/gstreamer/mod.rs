//! V4L2 devices, and any camera that GStreamer knows, out of a pipeline that ends in an appsink.
//!
//! GStreamer's threads take every frame out of the sink at once and put it into the `inbox`, with its number and its
//! time; the camera's thread turns it into a `Frame` whose bytes are GStreamer's own buffer. The sink itself never
//! drops a frame: what is dropped is dropped, and counted, in the inbox.

pub(super) mod caps;
pub(super) mod choose;
mod controls;
mod failure;
mod inbox;
mod limits;
mod numbers;
mod origin;
mod running;
mod upstream;
pub(super) mod v4l2;

use std::path::{Path, PathBuf};

use cameracast_config::Camera as Wanted;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app::AppSink;

use self::limits::Offered;
use self::origin::Origin;
use self::running::{Pipeline, Running};
use super::{Camera, CameraError, Cause, Source};

/// The sink's name in a pipeline of the configuration.
const SINK: &str = "cameracast_sink";

/// A camera of the configuration that GStreamer reads.
#[derive(Clone, Debug)]
pub struct Gstreamer {
    input: Input,
    wanted: Wanted,
}

#[derive(Clone, Debug)]
enum Input {
    V4l2(PathBuf),
    Pipeline(String),
}

impl Gstreamer {
    /// A V4L2 device by its path, `/dev/video0` or one below `/dev/v4l/by-id`.
    ///
    /// Of what the device offers, `width`, `height`, `fps` and `pixel_format` choose; where they leave a choice, raw
    /// formats come before JPEG unless they are too slow for the size. `controls` are set by their V4L2 names. JPEGs
    /// without their end are taken for whole ones with `complete_jpeg`.
    pub fn v4l2(device: &Path, wanted: &Wanted) -> Self {
        Self { input: Input::V4l2(device.to_owned()), wanted: wanted.clone() }
    }

    /// Any pipeline, without its sink. It should end in raw video, a Bayer mosaic or JPEG; raw video in a format that
    /// cannot be encoded is converted by GStreamer's `videoconvert`, and the log says so. `width`, `height`, `fps` and
    /// `pixel_format` are asked of its last element; nothing is scaled.
    ///
    /// Live sources deliver as they come; others (files) at the rate of their own time stamps.
    pub fn pipeline(pipeline: &str, wanted: &Wanted) -> Self {
        Self { input: Input::Pipeline(pipeline.to_owned()), wanted: wanted.clone() }
    }
}

impl Source for Gstreamer {
    fn open(&mut self) -> Result<Box<dyn Camera>, CameraError> {
        gst::init().map_err(|error| CameraError::new(Cause::Failed, format!("GStreamer does not start: {error}")))?;
        let mut running = match &self.input {
            Input::V4l2(device) => open_device(device, &self.wanted)?,
            Input::Pipeline(pipeline) => open_pipeline(pipeline, &self.wanted)?,
        };
        running.complete_jpeg = self.wanted.complete_jpeg;
        Ok(Box::new(running))
    }

    fn set(&mut self, wanted: &Wanted) {
        self.wanted = wanted.clone();
    }
}

fn open_device(device: &Path, wanted: &Wanted) -> Result<Running, CameraError> {
    let named = v4l2::described(device);
    if wanted.region.is_some() {
        let why = "a region is for GenICam cameras; V4L2 devices take width and height";
        return Err(CameraError::new(Cause::BadFormat, format!("{named}: {why}")));
    }
    let source = v4l2::source(device)?;
    controls::set(device, &named, &wanted.controls)?;
    let sink = AppSink::builder().name(SINK).caps(&caps::all()).enable_last_sample(false).build();
    let pipeline = gst::Pipeline::new();
    pipeline.add_many([&source, sink.upcast_ref()]).map_err(|error| assembly(&named, &error))?;
    let mut pipeline = Pipeline::new(pipeline, sink, named, Origin::Device);
    pipeline.device = Some(device.to_owned());
    // Open, the device says what it can do.
    pipeline.ready()?;
    (pipeline.actual.model, pipeline.actual.serial) = v4l2::about(device);
    let offered = v4l2::offered(&source);
    let caps = v4l2::negotiate(&offered, &pipeline.named, wanted)?;
    let linked = source.link_filtered(&pipeline.sink, &caps);
    linked.map_err(|error| assembly(&pipeline.named, &error))?;
    let mut running = pipeline.run()?;
    running.limits = limits::limits(&offered, wanted);
    running.offered = Offered::ByDevice(offered);
    Ok(running)
}

fn open_pipeline(description: &str, wanted: &Wanted) -> Result<Running, CameraError> {
    let named = format!("pipeline `{description}`");
    let direct = parse(&named, &format!("{description} ! appsink name={SINK}"), wanted)?.run();
    let mut running = match direct {
        // Raw video in another format is worth a conversion; anything else fails here too, and then the first error
        // says more.
        Err(error) if error.cause == Cause::BadFormat => {
            let text = format!("{description} ! videoconvert ! appsink name={SINK}");
            let Ok(running) = parse(&named, &text, wanted).and_then(Pipeline::run) else { return Err(error) };
            tracing::info!("{named}: GStreamer converts its frames, as its own format cannot be encoded");
            running
        }
        other => other?,
    };
    let upstream = running.upstream();
    running.limits = limits::of_pipeline(&upstream, wanted);
    running.offered = Offered::ByPipeline(upstream);
    Ok(running)
}

fn parse(named: &str, text: &str, wanted: &Wanted) -> Result<Pipeline, CameraError> {
    let bad = |why: &str| CameraError::new(Cause::BadFormat, format!("{named}: {why}"));
    let parsed = gst::parse::launch_full(text, None, gst::ParseFlags::FATAL_ERRORS);
    let parsed = parsed.map_err(|error| bad(error.message()))?;
    let pipeline = parsed.downcast::<gst::Pipeline>().map_err(|_| bad("it is not a pipeline"))?;
    let sink = pipeline.by_name(SINK).and_then(|sink| sink.downcast::<AppSink>().ok());
    let sink = sink.ok_or_else(|| bad("it has no end"))?;
    let Some(caps) = caps::asked(wanted) else {
        let name = wanted.pixel_format.as_deref().unwrap_or_default();
        return Err(bad(&format!("pixel_format `{name}` cannot be encoded; these can: {}", caps::names())));
    };
    sink.set_caps(Some(&caps));
    // It would keep a buffer of the camera.
    sink.set_enable_last_sample(false);
    Ok(Pipeline::new(pipeline, sink, named.to_owned(), Origin::Pipeline))
}

fn assembly(named: &str, error: &gst::glib::BoolError) -> CameraError {
    CameraError::new(Cause::Failed, format!("{named}: {}", error.message))
}
