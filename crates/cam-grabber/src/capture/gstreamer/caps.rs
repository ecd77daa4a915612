//! GStreamer's names of the formats that we can encode, and how pictures of certain caps lie in their buffer.

use cameracast_config::Camera as Wanted;
use gst_video::VideoColorRange;
use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::capture::{BayerOrder, Layout, PixelFormat, Plane};

const RAW: &str = "video/x-raw";
const BAYER: &str = "video/x-bayer";
const JPEG: &str = "image/jpeg";

/// Media type, format, ours. The cheapest to encode first, colour before gray.
const FORMATS: [(&str, &str, PixelFormat); 13] = [
    (RAW, "I420", PixelFormat::I420),
    (RAW, "NV12", PixelFormat::Nv12),
    (RAW, "YUY2", PixelFormat::Yuyv),
    (RAW, "UYVY", PixelFormat::Uyvy),
    (RAW, "RGB", PixelFormat::Rgb8),
    (RAW, "BGR", PixelFormat::Bgr8),
    (BAYER, "rggb", PixelFormat::Bayer8(BayerOrder::Rggb)),
    (BAYER, "grbg", PixelFormat::Bayer8(BayerOrder::Grbg)),
    (BAYER, "gbrg", PixelFormat::Bayer8(BayerOrder::Gbrg)),
    (BAYER, "bggr", PixelFormat::Bayer8(BayerOrder::Bggr)),
    (RAW, "GRAY8", PixelFormat::Mono8),
    (RAW, "GRAY16_LE", PixelFormat::Mono16 { bits: 16 }),
    (JPEG, "JPEG", PixelFormat::Jpeg),
];

/// Names that V4L2 has for some of them.
const ALIASES: [(&str, &str); 4] = [("YUYV", "YUY2"), ("MJPG", "JPEG"), ("MJPEG", "JPEG"), ("GREY", "GRAY8")];

/// The format of this name, in capitals or not.
pub(super) fn by_name(name: &str) -> Option<PixelFormat> {
    let alias = ALIASES.iter().find(|(alias, _)| name.eq_ignore_ascii_case(alias));
    let name = alias.map_or(name, |(_, name)| name);
    FORMATS.iter().find(|(_, known, _)| name.eq_ignore_ascii_case(known)).map(|(.., format)| *format)
}

/// GStreamer's name of a format, for people.
pub(in crate::capture) fn name(format: PixelFormat) -> &'static str {
    FORMATS.iter().find(|(.., known)| *known == format).map_or("", |(_, name, _)| name)
}

/// The names of all formats, for error messages.
pub(super) fn names() -> String {
    FORMATS.map(|(_, name, _)| name).join(", ")
}

/// How gladly we take it: 0 is the best.
pub(super) fn rank(format: PixelFormat) -> usize {
    FORMATS.iter().position(|(.., known)| *known == format).unwrap_or(FORMATS.len())
}

/// The formats that a structure of caps stands for; it may list several.
pub(super) fn formats(structure: &gst::StructureRef) -> Vec<PixelFormat> {
    let is = |name: &str| match structure.get::<String>("format") {
        Ok(one) => one == name,
        Err(_) => structure
            .get::<gst::List>("format")
            .is_ok_and(|list| list.iter().any(|one| one.get::<&str>().is_ok_and(|one| one == name))),
    };
    FORMATS
        .iter()
        .filter(|(media, name, _)| structure.name() == *media && (*media == JPEG || is(name)))
        .map(|(.., format)| *format)
        .collect()
}

/// Caps of a format, to be narrowed further.
pub(super) fn structure(format: PixelFormat) -> gst::Structure {
    let (media, name, _) = FORMATS.iter().find(|(.., known)| *known == format).unwrap_or(&FORMATS[0]);
    let mut structure = gst::Structure::new_empty(*media);
    if *media != JPEG {
        structure.set("format", *name);
    }
    structure
}

/// All that we take.
pub(super) fn all() -> gst::Caps {
    FORMATS.iter().map(|(.., format)| structure(*format)).collect()
}

/// What of it the configuration asks for, by size, rate and format. `None` for a format that we do not know.
pub(super) fn asked(wanted: &Wanted) -> Option<gst::Caps> {
    let only = match &wanted.pixel_format {
        Some(name) => Some(by_name(name)?),
        None => None,
    };
    let formats = FORMATS.iter().map(|(.., format)| *format).filter(|format| only.is_none_or(|only| only == *format));
    let narrowed = formats.map(|format| {
        let mut structure = structure(format);
        for (field, pixels) in [("width", wanted.width), ("height", wanted.height)] {
            if let Some(pixels) = pixels.and_then(|pixels| i32::try_from(pixels).ok()) {
                structure.set(field, pixels);
            }
        }
        if let Some(fps) = wanted.fps.and_then(gst::Fraction::approximate_f64) {
            structure.set("framerate", fps);
        }
        structure
    });
    Some(narrowed.collect())
}

/// What was negotiated.
#[derive(Clone, Debug)]
pub(super) struct Negotiated {
    pub(super) caps: gst::Caps,
    /// Frames per second; `None` when the rate varies or is not known.
    pub(super) fps: Option<f64>,
    pub(super) width: u32,
    pub(super) height: u32,
    format: PixelFormat,
    /// Without padding or meta data of the buffer.
    layout: Layout,
}

impl Negotiated {
    /// `None` for caps that we do not take.
    pub(super) fn new(caps: &gst::Caps) -> Option<Self> {
        let structure = caps.structure(0)?;
        let format = *formats(structure).first()?;
        let pixels = |field| structure.get::<i32>(field).ok().and_then(|pixels| u32::try_from(pixels).ok());
        let (width, height) = (pixels("width")?, pixels("height")?);
        let fps = structure.get::<gst::Fraction>("framerate").ok().filter(|rate| rate.numer() > 0);
        let mut layout = Layout::packed(format, width, height);
        if structure.name() == RAW {
            let info = gst_video::VideoInfo::from_caps(caps).ok()?;
            layout.planes = planes(info.offset(), info.stride())?;
            // RGB that is marked as limited does not exist outside of television studios.
            let has_luma = !matches!(format, PixelFormat::Rgb8 | PixelFormat::Bgr8);
            layout.limited_range = has_luma && info.colorimetry().range() == VideoColorRange::Range16_235;
        }
        let fps = fps.map(|rate| f64::from(rate.numer()) / f64::from(rate.denom()));
        Some(Self { caps: caps.clone(), fps, width, height, format, layout })
    }

    pub(super) fn pixel_format(&self) -> &'static str {
        name(self.format)
    }

    /// How the picture lies in this buffer of `size` bytes; `None` if it does not fit in.
    pub(super) fn layout(&self, buffer: &gst::BufferRef, size: usize) -> Option<Layout> {
        let mut layout = self.layout;
        if let PixelFormat::Bayer8(_) = self.format {
            // GStreamer rounds its rows up to 4 bytes, cameras to what they like: the caps do not say. `v4l2src` adds
            // meta data with rows of 0 bytes.
            layout.planes[0].stride = (size / self.height.max(1) as usize).max(layout.planes[0].stride);
        } else if let Some(meta) = buffer.meta::<gst_video::VideoMeta>() {
            layout.planes = planes(meta.offset(), meta.stride())?;
        }
        (size > 0 && layout.size() <= size).then_some(layout)
    }
}

fn planes(offsets: &[usize], strides: &[i32]) -> Option<[Plane; 3]> {
    let mut planes = [Plane::default(); 3];
    for (plane, (offset, stride)) in planes.iter_mut().zip(offsets.iter().zip(strides)) {
        *plane = Plane { offset: *offset, stride: usize::try_from(*stride).ok()? };
    }
    Some(planes)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn negotiated(caps: &str) -> Negotiated {
        gst::init().unwrap();
        Negotiated::new(&gst::Caps::from_str(caps).unwrap()).unwrap()
    }

    fn buffer(size: usize) -> gst::Buffer {
        gst::Buffer::with_size(size).unwrap()
    }

    #[test]
    fn rows_are_where_gstreamer_puts_them() {
        let odd = negotiated("video/x-raw, format=I420, width=98, height=50, framerate=30/1");
        let layout = odd.layout(&buffer(8000), 8000).unwrap();
        // Rounded up to 4 bytes: not what a packed layout would be.
        let at = |offset, stride| Plane { offset, stride };
        assert_eq!(layout.planes, [at(0, 100), at(5000, 52), at(6300, 52)]);
        assert_eq!(odd.fps, Some(30.0));
    }

    #[test]
    fn rows_of_a_mosaic_are_as_long_as_the_buffer_says() {
        let mosaic = negotiated("video/x-bayer, format=rggb, width=98, height=50, framerate=30/1");
        assert_eq!(mosaic.layout(&buffer(5000), 5000).unwrap().planes[0].stride, 100);
        assert_eq!(mosaic.layout(&buffer(4900), 4900).unwrap().planes[0].stride, 98);
        assert_eq!(mosaic.layout(&buffer(4800), 4800), None);
    }

    #[test]
    fn the_range_is_what_the_caps_say() {
        let range = |colorimetry| {
            let caps = format!("video/x-raw, format=YUY2, width=64, height=48, colorimetry={colorimetry}");
            negotiated(&caps).layout(&buffer(6144), 6144).unwrap().limited_range
        };
        assert!(range("bt601"));
        assert!(!range("1:4:0:0"));
    }

    #[test]
    fn names_are_gstreamers_and_v4l2s_in_capitals_or_not() {
        assert_eq!(by_name("yuyv"), Some(PixelFormat::Yuyv));
        assert_eq!(by_name("MJPG"), Some(PixelFormat::Jpeg));
        assert_eq!(by_name("GRAY8"), Some(PixelFormat::Mono8));
        assert_eq!(by_name("H264"), None);
    }
}
