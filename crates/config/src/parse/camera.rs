//! `[[camera]]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::keys::CAMERA;
use crate::kinds::{Control, Feature, OneOf, OrAuto, Switch, Text, number, plain, whole};
use crate::section::Section;
use crate::{Camera, Source};

/// All cameras; `stream_fps` is the rate that none of theirs may be above.
pub(super) fn all(file: &mut Section<'_>, stream_fps: f64) -> Vec<Camera> {
    let mut lines_of_ids = BTreeMap::new();
    let cameras = file.tables("camera", &CAMERA, |s| camera(s, stream_fps, &mut lines_of_ids));
    cameras.into_iter().flatten().collect()
}

fn camera(s: &mut Section<'_>, stream_fps: f64, lines_of_ids: &mut BTreeMap<u8, usize>) -> Option<Camera> {
    let id = id(s, lines_of_ids);
    let name = s.take("name", NAME);
    let source = source(s);
    let width = s.take("width", whole(1..=65535, "pixels"));
    let height = s.take("height", whole(1..=65535, "pixels"));
    let region = region(s);
    check_size(s, region.is_some());
    let fps = s.take("fps", number(0.01..=100_000.0, "frames per second"));
    let pixel_format = s.take("pixel_format", PIXEL_FORMAT);
    let exposure_us = s.take("exposure_us", OrAuto(number(0.001..=1e9, "µs")));
    let gain_db = s.take("gain_db", OrAuto(number(-100.0..=100.0, "dB")));
    let trigger = s.take("trigger", TRIGGER);
    let packet_size = s.take("packet_size", whole(576..=16_000, "bytes"));
    let packet_delay_ns = s.take("packet_delay_ns", whole(0..=1_000_000_000, "ns"));
    let features = s.map("features", Feature);
    let controls = s.map("controls", Control);
    let complete_jpeg = s.take("complete_jpeg", Switch).unwrap_or_default();
    let stream_fps = own_stream_fps(s, stream_fps);
    let jpeg_quality = s.take("jpeg_quality", whole(1..=100, ""));
    let id = id?;
    Some(Camera {
        id,
        name: name.unwrap_or_else(|| format!("Camera {id}")),
        source: source?,
        width,
        height,
        region,
        fps,
        pixel_format,
        exposure_us,
        gain_db,
        trigger,
        packet_size,
        packet_delay_ns,
        features,
        controls,
        complete_jpeg,
        stream_fps,
        jpeg_quality,
    })
}

fn id(s: &mut Section<'_>, lines_of_ids: &mut BTreeMap<u8, usize>) -> Option<u8> {
    let id = s.require("id", whole(0..=255, ""))?;
    match lines_of_ids.get(&id) {
        Some(line) => s.problem("id", format!("id {id} is taken by the camera whose id stands in line {line}")),
        None => drop(lines_of_ids.insert(id, s.line_of("id"))),
    }
    Some(id)
}

fn source(s: &mut Section<'_>) -> Option<Source> {
    match s.require("source", SOURCE) {
        Some(read) => read(s),
        None => {
            // Whose device that is stays unknown.
            s.take("device", DEVICE);
            None
        }
    }
}

fn genicam(s: &mut Section<'_>) -> Option<Source> {
    refuse_v4l2_keys(s);
    refuse_gstreamer_keys(s);
    Some(Source::Genicam { device: s.require("device", GENICAM_DEVICE)? })
}

fn v4l2(s: &mut Section<'_>) -> Option<Source> {
    refuse_genicam_keys(s);
    Some(Source::V4l2 { device: s.require("device", V4L2_DEVICE)? })
}

fn gstreamer(s: &mut Section<'_>) -> Option<Source> {
    refuse_genicam_keys(s);
    refuse_v4l2_keys(s);
    Some(Source::Gstreamer { pipeline: s.require("device", PIPELINE)? })
}

fn pattern(s: &mut Section<'_>) -> Option<Source> {
    refuse_genicam_keys(s);
    refuse_v4l2_keys(s);
    refuse_gstreamer_keys(s);
    s.refuse("device", "device does not go with source = \"pattern\", which draws its own picture".into());
    Some(Source::Pattern)
}

fn refuse_genicam_keys(s: &mut Section<'_>) {
    for key in ["region", "exposure_us", "gain_db", "trigger", "packet_size", "packet_delay_ns", "features"] {
        s.refuse(key, format!("{key} goes only with source = \"genicam\""));
    }
}

fn refuse_v4l2_keys(s: &mut Section<'_>) {
    s.refuse("controls", "controls goes only with source = \"v4l2\"".into());
}

/// Those of cameras that GStreamer reads, of which V4L2 devices are some.
fn refuse_gstreamer_keys(s: &mut Section<'_>) {
    let why = "complete_jpeg goes only with source = \"v4l2\" or \"gstreamer\"";
    s.refuse("complete_jpeg", why.into());
}

fn region(s: &mut Section<'_>) -> Option<[u32; 4]> {
    let region = s.list("region", whole(0..=65535, "pixels"), "x, y, width and height in pixels")?;
    match <[u32; 4]>::try_from(region) {
        Ok([_, _, width, height]) if width == 0 || height == 0 => {
            s.problem("region", format!("region is {width} x {height} pixels, at least 1 x 1 is expected"));
            None
        }
        Ok(region) => Some(region),
        Err(region) => {
            let values = region.len();
            s.problem(
                "region",
                format!("region has {values} values, 4 are expected: x, y, width and height in pixels"),
            );
            None
        }
    }
}

fn check_size(s: &mut Section<'_>, has_region: bool) {
    match (s.has("width"), s.has("height")) {
        (true, _) | (_, true) if has_region => {
            s.problem("region", "region stands instead of width and height, not beside them");
        }
        (true, false) => s.problem("width", "width needs height beside it"),
        (false, true) => s.problem("height", "height needs width beside it"),
        (true, true) | (false, false) => {}
    }
}

fn own_stream_fps(s: &mut Section<'_>, most: f64) -> Option<f64> {
    let fps = s.take("stream_fps", number(0.1..=1000.0, "frames per second"))?;
    if fps > most {
        s.problem(
            "stream_fps",
            format!("stream_fps is {fps}, at most the fps of [stream] is expected, which is {most}"),
        );
    }
    Some(fps)
}

const SOURCE: OneOf<fn(&mut Section<'_>) -> Option<Source>> =
    OneOf(&[("genicam", genicam), ("v4l2", v4l2), ("gstreamer", gstreamer), ("pattern", pattern)]);

const NAME: Text<String> = Text {
    expected: "text of 1 to 100 characters without control characters",
    read: |text| plain(text).filter(|name| name.chars().count() <= 100),
};

const DEVICE: Text<String> = Text { expected: "text that says which camera", read: plain };

const GENICAM_DEVICE: Text<String> =
    Text { expected: "a camera's IP address, id, serial number or user name", read: plain };

const V4L2_DEVICE: Text<PathBuf> = Text {
    expected: "an absolute path, such as \"/dev/video0\",",
    read: |text| plain(text).filter(|path| path.starts_with('/')).map(PathBuf::from),
};

/// It may stand on several lines.
const PIPELINE: Text<String> = Text {
    expected: "a GStreamer pipeline without its sink",
    read: |text| {
        let is_text = |c: char| !c.is_control() || c == '\n' || c == '\t';
        (!text.trim().is_empty() && text.chars().all(is_text)).then(|| text.to_owned())
    },
};

const PIXEL_FORMAT: Text<String> = Text { expected: "the name of a pixel format, such as \"Mono8\",", read: plain };

const TRIGGER: Text<String> =
    Text { expected: "the name of a trigger source, such as \"Line0\" or \"Software\",", read: plain };
