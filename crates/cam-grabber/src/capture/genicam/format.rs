//! GenICam's pixel formats (PFNC) that we can encode, and which of a camera's is the best.

use aravis::PixelFormat as Pfnc;
use aravis::prelude::*;

use crate::capture::{BayerOrder, PixelFormat};

/// The best first: colour in the fewest bytes on the wire, then gray. A mosaic of 8 bits is what the sensor has; RGB
/// and YUV are made from it and are two and three times as large.
const FORMATS: [(Pfnc, PixelFormat); 13] = [
    (Pfnc::BAYER_RG_8, PixelFormat::Bayer8(BayerOrder::Rggb)),
    (Pfnc::BAYER_GR_8, PixelFormat::Bayer8(BayerOrder::Grbg)),
    (Pfnc::BAYER_GB_8, PixelFormat::Bayer8(BayerOrder::Gbrg)),
    (Pfnc::BAYER_BG_8, PixelFormat::Bayer8(BayerOrder::Bggr)),
    (Pfnc::YUV_422_YUYV_PACKED, PixelFormat::Yuyv),
    (Pfnc::YUV_422_PACKED, PixelFormat::Uyvy),
    (Pfnc::RGB_8_PACKED, PixelFormat::Rgb8),
    (Pfnc::BGR_8_PACKED, PixelFormat::Bgr8),
    (Pfnc::MONO_8, PixelFormat::Mono8),
    (Pfnc::MONO_10, PixelFormat::Mono16 { bits: 10 }),
    (Pfnc::MONO_12, PixelFormat::Mono16 { bits: 12 }),
    (Pfnc::MONO_14, PixelFormat::Mono16 { bits: 14 }),
    (Pfnc::MONO_16, PixelFormat::Mono16 { bits: 16 }),
];

/// What we call a format of a camera; `None` for one that cannot be encoded.
pub(super) fn ours(pfnc: Pfnc) -> Option<PixelFormat> {
    FORMATS.iter().find(|(theirs, _)| *theirs == pfnc).map(|(_, ours)| *ours)
}

/// The camera's names of those of its formats that can be encoded.
pub(in crate::capture) fn usable(camera: &aravis::Camera) -> Vec<String> {
    let names = camera.dup_available_pixel_formats_as_strings().unwrap_or_default();
    let raws = camera.dup_available_pixel_formats().unwrap_or_default();
    let both = names.into_iter().zip(raws);
    both.filter(|(_, raw)| ours(Pfnc::from_raw(*raw as u32)).is_some()).map(|(name, _)| name.into()).collect()
}

/// The best of the formats that a camera offers; `None` if none of them can be encoded. Of several mosaics the one that
/// the camera has now (they differ by how the picture is flipped). A gray camera that can also blow its picture up to
/// RGB is still gray.
pub(super) fn best(offered: &[Pfnc], now: Option<Pfnc>, gray_sensor: bool) -> Option<Pfnc> {
    let gray = |pfnc: Pfnc| matches!(ours(pfnc), Some(PixelFormat::Mono8 | PixelFormat::Mono16 { .. }));
    let mosaic = |pfnc: Pfnc| matches!(ours(pfnc), Some(PixelFormat::Bayer8(_)));
    if let Some(now) = now.filter(|now| mosaic(*now) && !gray_sensor && offered.contains(now)) {
        return Some(now);
    }
    let mut by_rank = FORMATS.iter().map(|(pfnc, _)| *pfnc).filter(|pfnc| offered.contains(pfnc));
    let mut gray_only = by_rank.clone().filter(|pfnc| gray(*pfnc));
    if gray_sensor { gray_only.next().or_else(|| by_rank.next()) } else { by_rank.next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_camera_gives_its_mosaic() {
        let offered = [Pfnc::MONO_8, Pfnc::RGB_8_PACKED, Pfnc::BAYER_GB_8, Pfnc::BAYER_GB_12];
        assert_eq!(best(&offered, Some(Pfnc::MONO_8), false), Some(Pfnc::BAYER_GB_8));
    }

    #[test]
    fn of_several_mosaics_the_present_one_stays() {
        let offered = [Pfnc::BAYER_RG_8, Pfnc::BAYER_BG_8];
        assert_eq!(best(&offered, Some(Pfnc::BAYER_BG_8), false), Some(Pfnc::BAYER_BG_8));
    }

    #[test]
    fn a_gray_camera_stays_gray() {
        let offered = [Pfnc::RGB_8_PACKED, Pfnc::MONO_16, Pfnc::MONO_8];
        assert_eq!(best(&offered, None, true), Some(Pfnc::MONO_8));
        assert_eq!(best(&[Pfnc::MONO_12, Pfnc::MONO_12_PACKED], None, false), Some(Pfnc::MONO_12));
    }

    #[test]
    fn a_camera_with_packed_formats_only_has_none_for_us() {
        assert_eq!(best(&[Pfnc::MONO_12_PACKED, Pfnc::BAYER_RG_12P], None, false), None);
    }
}
