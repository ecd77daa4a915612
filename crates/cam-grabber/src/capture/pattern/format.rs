//! The pattern's pixel formats by the names that people write, GenICam's and GStreamer's.

use crate::capture::{BayerOrder, PixelFormat};

/// The first name of each is the one that is shown.
const FORMATS: [(&[&str], PixelFormat); 14] = [
    (&["I420"], PixelFormat::I420),
    (&["NV12"], PixelFormat::Nv12),
    (&["YUY2", "YUYV", "YUV422_8"], PixelFormat::Yuyv),
    (&["UYVY", "YUV422_8_UYVY"], PixelFormat::Uyvy),
    (&["RGB8", "RGB"], PixelFormat::Rgb8),
    (&["BGR8", "BGR"], PixelFormat::Bgr8),
    (&["Mono8", "GRAY8"], PixelFormat::Mono8),
    (&["Mono10"], PixelFormat::Mono16 { bits: 10 }),
    (&["Mono12"], PixelFormat::Mono16 { bits: 12 }),
    (&["Mono16", "GRAY16_LE"], PixelFormat::Mono16 { bits: 16 }),
    (&["BayerRG8"], PixelFormat::Bayer8(BayerOrder::Rggb)),
    (&["BayerGR8"], PixelFormat::Bayer8(BayerOrder::Grbg)),
    (&["BayerGB8"], PixelFormat::Bayer8(BayerOrder::Gbrg)),
    (&["BayerBG8"], PixelFormat::Bayer8(BayerOrder::Bggr)),
];

/// The format of a name, and the name that is shown for it. Case does not matter.
pub(super) fn by_name(name: &str) -> Option<(&'static str, PixelFormat)> {
    let (names, format) =
        FORMATS.iter().find(|(names, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))?;
    Some((names.first()?, *format))
}

/// The cheapest: what the encoder takes as it is, in half as many bytes as RGB.
pub(super) const DEFAULT: (&str, PixelFormat) = ("I420", PixelFormat::I420);

/// The names that are shown, for a message.
pub(super) fn names() -> String {
    FORMATS.iter().filter_map(|(names, _)| names.first().copied()).collect::<Vec<_>>().join(", ")
}
