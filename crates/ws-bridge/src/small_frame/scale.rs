//! Makes a smaller, or larger, JPEG of one: decodes, resizes and encodes, all in the colours that it came in. Pure, and
//! slow: milliseconds, so not for the threads that serve.

use bytes::Bytes;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::{ImageInfo, JpegDecoder, SampleRatios};

use super::error::Undecodable;
use super::{Pixels, QUALITY};

/// Of a progressive JPEG; encoders make ten. Each costs the time of a decoding.
const MAX_SCANS: usize = 32;

/// The picture in `from`'s size, which its JPEG says, in size `to`.
///
/// # Errors
/// It cannot be decoded.
pub(crate) fn scale(jpeg: &[u8], from: Pixels, to: Pixels) -> Result<Bytes, Undecodable> {
    let picture = Picture::decode(jpeg, from)?;
    let pixels = picture.resize(to)?;
    encode(&pixels, to, picture.colours)
}

/// A decoded picture.
struct Picture {
    size: Pixels,
    colours: ColorType,
    pixels: Vec<u8>,
}

impl Picture {
    fn decode(jpeg: &[u8], size: Pixels) -> Result<Self, Undecodable> {
        // The decoder refuses a picture that turns out to be larger.
        let options = DecoderOptions::new_fast().set_max_width(size.width.into()).set_max_height(size.height.into());
        let options = options.jpeg_set_max_scans(MAX_SCANS);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        decoder.decode_headers().map_err(broken)?;
        // Of these the decoder (0.5.15) makes wrong colours, without a word, or panics.
        let is_beyond_it = |ImageInfo { components, sample_ratio, .. }| match sample_ratio {
            SampleRatios::None => false,
            SampleRatios::H | SampleRatios::V | SampleRatios::HV => components > 3,
            SampleRatios::Generic(..) => true,
        };
        if decoder.info().is_some_and(is_beyond_it) {
            return Err(Undecodable::Sampling);
        }
        let (space, colours) = match decoder.input_colorspace() {
            Some(ColorSpace::Luma) => (ColorSpace::Luma, ColorType::Luma),
            Some(ColorSpace::YCbCr) => (ColorSpace::YCbCr, ColorType::Ycbcr),
            _ => (ColorSpace::RGB, ColorType::Rgb),
        };
        decoder.set_options(options.jpeg_set_out_colorspace(space));
        let pixels = decoder.decode().map_err(broken)?;
        Ok(Self { size, colours, pixels })
    }

    fn resize(&self, to: Pixels) -> Result<Vec<u8>, Undecodable> {
        let kind = if self.colours == ColorType::Luma { PixelType::U8 } else { PixelType::U8x3 };
        let (width, height) = (self.size.width.into(), self.size.height.into());
        let from = ImageRef::new(width, height, &self.pixels, kind).map_err(broken)?;
        let mut into = Image::new(to.width.into(), to.height.into(), kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(false);
        Resizer::new().resize(&from, &mut into, &options).map_err(broken)?;
        Ok(into.into_vec())
    }
}

fn encode(pixels: &[u8], size: Pixels, colours: ColorType) -> Result<Bytes, Undecodable> {
    let mut jpeg = Vec::with_capacity(pixels.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(pixels, size.width, size.height, colours).map_err(broken)?;
    Ok(jpeg.into())
}

fn broken(reason: impl std::fmt::Debug) -> Undecodable {
    Undecodable::Broken { reason: format!("{reason:?}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::small_frame::header;

    const RED: [u8; 3] = [200, 30, 30];
    const BLUE: [u8; 3] = [30, 30, 200];

    /// Left half red, right half blue.
    fn two_colours(width: u16, height: u16, progressive: bool) -> Vec<u8> {
        let row = (0..width).flat_map(|x| if x < width / 2 { RED } else { BLUE });
        let pixels: Vec<u8> = std::iter::repeat_n(row.collect::<Vec<u8>>(), height.into()).flatten().collect();
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 90);
        encoder.set_progressive(progressive);
        encoder.encode(&pixels, width, height, ColorType::Rgb).unwrap();
        jpeg
    }

    fn gray(width: u16, height: u16) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let pixels = vec![77; usize::from(width) * usize::from(height)];
        Encoder::new(&mut jpeg, 90).encode(&pixels, width, height, ColorType::Luma).unwrap();
        jpeg
    }

    fn scaled(jpeg: &[u8], width: u16, height: u16) -> Bytes {
        scale(jpeg, header::size(jpeg).unwrap(), Pixels { width, height }).unwrap()
    }

    /// Size, components, and pixels as red, green, blue.
    fn decoded(jpeg: &[u8]) -> ((usize, usize), u8, Vec<u8>) {
        let mut decoder = JpegDecoder::new(ZCursor::new(jpeg));
        let pixels = decoder.decode().unwrap();
        (decoder.dimensions().unwrap(), decoder.info().unwrap().components, pixels)
    }

    fn is_like(pixel: &[u8], expected: [u8; 3]) -> bool {
        pixel.iter().zip(expected).all(|(is, should)| is.abs_diff(should) <= 6)
    }

    #[test]
    fn a_scaled_picture_shows_the_same_in_the_same_colours() {
        for progressive in [false, true] {
            for (from, to) in
                [((640, 480), (320, 240)), ((100, 75), (333, 250)), ((641, 33), (31, 17)), ((8, 8), (16, 1))]
            {
                let small = scaled(&two_colours(from.0, from.1, progressive), to.0, to.1);
                assert!(small.starts_with(b"\xFF\xD8") && small.ends_with(b"\xFF\xD9"));
                let (size, components, pixels) = decoded(&small);
                assert_eq!((size, components), ((to.0.into(), to.1.into()), 3));
                let middle = &pixels[3 * size.0 * (size.1 / 2)..][..3 * size.0];
                assert!(is_like(&middle[..3], RED) && is_like(&middle[3 * size.0 - 3..], BLUE), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn colours_stay_however_they_were_sampled_and_mixed() {
        let pixels = RED.repeat(33 * 17);
        use SamplingFactor::{F_1_2, F_2_1};
        for sampling in [SamplingFactor::F_1_1, F_1_2, F_2_1, SamplingFactor::F_2_2] {
            let mut jpeg = Vec::new();
            let mut encoder = Encoder::new(&mut jpeg, 90);
            encoder.set_sampling_factor(sampling);
            encoder.encode(&pixels, 33, 17, ColorType::Rgb).unwrap();
            assert!(decoded(&scaled(&jpeg, 20, 20)).2.chunks(3).all(|pixel| is_like(pixel, RED)), "{sampling:?}");
        }
        for colours in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let mut jpeg = Vec::new();
            let magenta = [0, 255, 0, 0].repeat(33 * 17);
            Encoder::new(&mut jpeg, 90).encode(&magenta, 33, 17, colours).unwrap();
            let (_, components, pixels) = decoded(&scaled(&jpeg, 20, 20));
            assert!(components == 3 && pixels.chunks(3).all(|pixel| is_like(pixel, [255, 0, 255])), "{colours:?}");
        }
    }

    #[test]
    fn colours_that_would_be_wrong_are_refused() {
        for sampling in [SamplingFactor::F_4_1, SamplingFactor::F_4_2, SamplingFactor::F_1_4, SamplingFactor::F_2_4] {
            let mut jpeg = Vec::new();
            let mut encoder = Encoder::new(&mut jpeg, 90);
            encoder.set_sampling_factor(sampling);
            encoder.encode(&RED.repeat(64 * 64), 64, 64, ColorType::Rgb).unwrap();
            let size = header::size(&jpeg).unwrap();
            assert_eq!(
                scale(&jpeg, size, Pixels { width: 20, height: 20 }),
                Err(Undecodable::Sampling),
                "{sampling:?}"
            );
        }
    }

    #[test]
    fn four_colours_of_which_one_is_finer_are_refused() {
        for sampling in [SamplingFactor::F_2_2, SamplingFactor::F_2_1, SamplingFactor::F_1_2] {
            for (side, progressive) in [(8, false), (33, false), (33, true)] {
                let mut jpeg = Vec::new();
                let mut encoder = Encoder::new(&mut jpeg, 90);
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
                let pixels = [0, 255, 0, 0].repeat(usize::from(side) * usize::from(side));
                encoder.encode(&pixels, side, side, ColorType::Cmyk).unwrap();
                let size = header::size(&jpeg).unwrap();
                let small = scale(&jpeg, size, Pixels { width: 20, height: 20 });
                assert_eq!(small, Err(Undecodable::Sampling), "{sampling:?} {side}");
            }
        }
    }

    #[test]
    fn a_gray_picture_stays_gray() {
        let mut jpeg = gray(319, 200);
        let sampling = jpeg.windows(2).position(|two| two == b"\xFF\xC0").unwrap() + 11;
        for factors in [0x11, 0x21, 0x12, 0x22] {
            jpeg[sampling] = factors; // of a single component they mean nothing
            let (size, components, pixels) = decoded(&scaled(&jpeg, 64, 40));
            assert_eq!((size, components), ((64, 40), 1));
            assert!(pixels.iter().all(|value| value.abs_diff(77) <= 2), "{factors:x}");
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        let good = two_colours(64, 64, false);
        let to = Pixels { width: 16, height: 16 };
        let size = header::size(&good).unwrap();
        let at = |marker: &[u8]| good.windows(2).position(|two| two == marker).unwrap();
        let (header, scan) = (at(b"\xFF\xC0"), at(b"\xFF\xDA"));
        let without_tables = [b"\xFF\xD8", &good[header..header + 19], &good[scan..]].concat();
        for bad in [&b""[..], b"\xFF\xD8", &good[..scan], &without_tables] {
            assert!(matches!(scale(bad, size, to), Err(Undecodable::Broken { .. })), "{bad:x?}");
        }
        let smaller = Pixels { width: 63, ..size };
        assert!(scale(&good, smaller, to).is_err(), "it is larger than was said");
    }

    proptest! {
        #[test]
        fn whatever_happened_to_the_bytes_it_ends_with_a_picture_or_a_reason(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
            length in any::<prop::sample::Index>(), progressive: bool
        ) {
            let mut jpeg = two_colours(48, 32, progressive);
            for (at, byte) in changes {
                let at = at.index(jpeg.len());
                jpeg[at] = byte;
            }
            jpeg.truncate(jpeg.len() - length.index(jpeg.len()) / 8);
            let Ok(size) = header::size(&jpeg) else { return Ok(()) };
            prop_assume!(u32::from(size.width) * u32::from(size.height) <= 1 << 20);
            let to = Pixels { width: 40, height: 16 };
            if let Ok(small) = scale(&jpeg, size, to) {
                prop_assert_eq!(header::size(&small), Ok(to));
            }
        }
    }
}
