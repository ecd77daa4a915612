//! Every format through both encoders, decoded again and compared with the picture that went in; and what is not to be
//! trusted.

use proptest::prelude::*;
use turbojpeg::{Colorspace, Subsamp};

use super::*;
use crate::capture::pattern::canvas::{Area, Canvas, Rgb};
use crate::capture::pattern::paint::paint;
use crate::capture::{BayerOrder, CaptureTime, Layout, Plane};

const KINDS: [Kind; 2] = [Kind::Turbo, Kind::Rust];
const FORMATS: [PixelFormat; 14] = [
    PixelFormat::Mono8,
    PixelFormat::Mono16 { bits: 10 },
    PixelFormat::Mono16 { bits: 12 },
    PixelFormat::Mono16 { bits: 16 },
    PixelFormat::Bayer8(BayerOrder::Rggb),
    PixelFormat::Bayer8(BayerOrder::Grbg),
    PixelFormat::Bayer8(BayerOrder::Gbrg),
    PixelFormat::Bayer8(BayerOrder::Bggr),
    PixelFormat::Rgb8,
    PixelFormat::Bgr8,
    PixelFormat::Yuyv,
    PixelFormat::Uyvy,
    PixelFormat::I420,
    PixelFormat::Nv12,
];

/// Gradients in three colours, with a soft-edged disc and a bar.
fn picture(width: u32, height: u32) -> Canvas {
    let area = Area::at(0, 0, width as i32, height as i32);
    let mut canvas = Canvas::new(area);
    canvas.each(area, |x, y, pixel| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        *pixel = [60.0 + 160.0 * x, 200.0 - 140.0 * y, 80.0 + 90.0 * (x + y)].map(|channel| channel as u8);
    });
    canvas.disc((width as f32 * 0.6, height as f32 * 0.5), height as f32 * 0.3, [230, 60, 40], 1.0);
    canvas.fill(Area::at(width as i32 / 5, 0, width as i32 / 12, height as i32), [30, 60, 160], 1.0);
    canvas
}

fn frame(canvas: &Canvas, layout: Layout) -> Frame {
    // What lies between the rows must not show.
    let mut data = vec![0xee; layout.size()];
    paint(canvas, &layout, &mut data);
    Frame { data: data.into(), layout, time: CaptureTime::arrived_now(), number: 0 }
}

fn decode(encoded: &Encoded) -> Vec<Rgb> {
    let image = turbojpeg::decompress(&encoded.jpeg, turbojpeg::PixelFormat::RGB).unwrap();
    assert_eq!((image.width as u32, image.height as u32), (encoded.width, encoded.height));
    image.pixels.as_chunks().0.to_vec()
}

fn is_gray(format: PixelFormat) -> bool {
    matches!(format, PixelFormat::Mono8 | PixelFormat::Mono16 { .. })
}

/// dB between the picture, as a camera of that format sees it, and what was decoded.
fn psnr(canvas: &Canvas, format: PixelFormat, decoded: &[Rgb]) -> f64 {
    let seen = canvas.rows().flatten().map(|rgb| match is_gray(format) {
        true => [(0.299 * f32::from(rgb[0]) + 0.587 * f32::from(rgb[1]) + 0.114 * f32::from(rgb[2])) as u8; 3],
        false => *rgb,
    });
    let squares = seen.zip(decoded).flat_map(|(a, b)| std::array::from_fn::<_, 3, _>(|i| a[i].abs_diff(b[i])));
    let mean = squares.map(|difference| f64::from(difference).powi(2)).sum::<f64>() / (3 * decoded.len()) as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

#[test]
fn every_format_comes_out_as_the_picture_that_went_in() {
    for kind in KINDS {
        let mut encoder = Encoder::new(kind).unwrap();
        for (width, height) in [(320, 240), (321, 239), (322, 241)] {
            let canvas = picture(width, height);
            for format in FORMATS {
                let encoded = encoder.encode(&frame(&canvas, Layout::packed(format, width, height)), 90).unwrap();
                let psnr = psnr(&canvas, format, &decode(&encoded));
                assert!(psnr > 32.0, "{format:?} {width}x{height} by {kind:?}: {psnr:.1} dB");
            }
        }
    }
}

#[test]
fn padded_rows_and_planes_apart_make_the_same_jpeg_as_packed_ones() {
    let (width, height) = (162, 121);
    let canvas = picture(width, height);
    for kind in KINDS {
        let mut encoder = Encoder::new(kind).unwrap();
        for format in FORMATS {
            let packed = Layout::packed(format, width, height);
            let mut padded = packed;
            let mut offset = 5;
            for (plane, (row, rows)) in padded.planes.iter_mut().zip(format.plane_sizes(width, height)) {
                *plane = Plane { offset, stride: row + 13 };
                offset += (row + 13) * rows + 7;
            }
            let [packed, padded] = [packed, padded].map(|layout| encoder.encode(&frame(&canvas, layout), 80).unwrap());
            assert_eq!(packed.jpeg, padded.jpeg, "{format:?} by {kind:?}");
        }
    }
}

#[test]
fn a_picture_in_bands_looks_like_the_same_picture_in_one() {
    for (width, height) in [(1280, 720), (641, 4001), (12_001, 67)] {
        let canvas = picture(width, height);
        for format in FORMATS {
            let layout = Layout { limited_range: true, ..Layout::packed(format, width, height) };
            let frame = frame(&canvas, layout);
            let divided = matches!(format, PixelFormat::Yuyv | PixelFormat::Uyvy | PixelFormat::Bayer8(_));
            assert_eq!(Band::of(&frame).len() > 2, divided, "{format:?} {width}x{height}");
            if !divided {
                continue;
            }
            for kind in KINDS {
                let mut encoder = Encoder::new(kind).unwrap();
                let in_bands = encoder.encode(&frame, 80).unwrap();
                let whole = encoder.scratch.picture(&Band::whole(&frame)).unwrap();
                let jpeg = Bytes::copy_from_slice(encoder.jpeg.compress(whole, 80).unwrap());
                let in_one = Encoded { jpeg, ..in_bands.clone() };
                assert!(decode(&in_bands) == decode(&in_one), "{format:?} {width}x{height} by {kind:?}");
                let larger = in_bands.jpeg.len() as f64 / in_one.jpeg.len() as f64;
                assert!(larger < 1.01, "{format:?} {width}x{height} by {kind:?}: {larger:.3} of the bytes");
            }
        }
    }
}

#[test]
fn gray_makes_gray_jpegs_and_colour_is_subsampled() {
    let canvas = picture(64, 48);
    for kind in KINDS {
        let mut encoder = Encoder::new(kind).unwrap();
        for format in FORMATS {
            let encoded = encoder.encode(&frame(&canvas, Layout::packed(format, 64, 48)), 80).unwrap();
            let header = turbojpeg::read_header(&encoded.jpeg).unwrap();
            let expected = match is_gray(format) {
                true => (Colorspace::Gray, Subsamp::Gray),
                false => (Colorspace::YCbCr, Subsamp::Sub2x2),
            };
            assert_eq!((header.colorspace, header.subsamp), expected, "{format:?} by {kind:?}");
        }
    }
}

#[test]
fn limited_range_comes_out_at_full_range() {
    let canvas = picture(320, 240);
    for format in [PixelFormat::Mono8, PixelFormat::I420, PixelFormat::Nv12, PixelFormat::Yuyv, PixelFormat::Uyvy] {
        let full = frame(&canvas, Layout::packed(format, 320, 240));
        let squeeze = |at: usize, sample: u8| {
            let is_luma = match format {
                PixelFormat::Yuyv => at.is_multiple_of(2),
                PixelFormat::Uyvy => !at.is_multiple_of(2),
                _ => at < 320 * 240,
            };
            let range = if is_luma { 219.0 } else { 224.0 };
            (16.0 + f32::from(sample) * range / 255.0).round() as u8
        };
        let data: Vec<u8> = full.data.iter().enumerate().map(|(at, sample)| squeeze(at, *sample)).collect();
        let layout = Layout { limited_range: true, ..full.layout };
        let limited = Frame { data: data.into(), layout, ..full };
        for kind in KINDS {
            let encoded = Encoder::new(kind).unwrap().encode(&limited, 90).unwrap();
            let psnr = psnr(&canvas, format, &decode(&encoded));
            assert!(psnr > 32.0, "{format:?} by {kind:?}: {psnr:.1} dB");
        }
    }
}

#[test]
fn a_used_encoder_makes_the_same_jpegs_as_a_new_one() {
    let sizes = [(200, 100), (16, 16), (100, 200), (640, 480), (15, 1)];
    for kind in KINDS {
        let mut used = Encoder::new(kind).unwrap();
        for (width, height) in sizes {
            for format in FORMATS {
                let frame = frame(&picture(width, height), Layout::packed(format, width, height));
                let new = Encoder::new(kind).unwrap().encode(&frame, 70).unwrap();
                assert_eq!(used.encode(&frame, 70).unwrap().jpeg, new.jpeg, "{format:?} {width}x{height}");
            }
        }
    }
}

#[test]
fn quality_costs_bytes() {
    let frame = frame(&picture(320, 240), Layout::packed(PixelFormat::I420, 320, 240));
    for kind in KINDS {
        let mut encoder = Encoder::new(kind).unwrap();
        let [low, high] = [20, 95].map(|quality| encoder.encode(&frame, quality).unwrap().jpeg.len());
        assert!(2 * low < high, "{low} and {high} bytes by {kind:?}");
    }
}

#[test]
fn a_cameras_jpeg_is_passed_on_with_its_own_size() {
    let mut encoder = Encoder::new(Kind::Turbo).unwrap();
    let original = encoder.encode(&frame(&picture(48, 32), Layout::packed(PixelFormat::I420, 48, 32)), 80).unwrap();
    // The caps may say anything; the frame header on the wire has to be right.
    let layout = Layout::packed(PixelFormat::Jpeg, 0, 7);
    let frame = Frame { data: original.jpeg, layout, time: CaptureTime::arrived_now(), number: 0 };
    let passed = encoder.encode(&frame, 1).unwrap();
    assert_eq!((passed.width, passed.height), (48, 32));
    assert_eq!(passed.jpeg.as_ptr(), frame.data.as_ptr());
}

#[test]
fn a_short_buffer_is_named_with_what_it_needs_and_has() {
    let mut frame = frame(&picture(64, 48), Layout::packed(PixelFormat::Nv12, 64, 48));
    frame.data.truncate(4000);
    let error = Encoder::new(Kind::Turbo).unwrap().encode(&frame, 80).unwrap_err();
    assert_eq!(error.to_string(), "the buffer is too short for Nv12 64x48: needs 4608 bytes, has 4000");
}

#[test]
fn sizes_that_no_jpeg_can_have_are_refused() {
    for (width, height) in [(0, 480), (640, 0), (65_501, 1), (1, u32::MAX)] {
        let layout = Layout { width, height, ..Layout::packed(PixelFormat::Mono8, 1, 1) };
        let frame = Frame { data: Bytes::from_static(&[0]), layout, time: CaptureTime::arrived_now(), number: 0 };
        let error = Encoder::new(Kind::Turbo).unwrap().encode(&frame, 80).unwrap_err();
        assert_eq!(error, EncodeError::Size { width, height });
    }
}

fn any_format() -> impl Strategy<Value = PixelFormat> {
    let bits = any::<u8>().prop_map(|bits| PixelFormat::Mono16 { bits });
    let jpeg = prop::sample::select(&[PixelFormat::Jpeg, PixelFormat::JpegToComplete]);
    prop_oneof![8 => prop::sample::select(&FORMATS), 1 => bits, 1 => jpeg]
}

fn any_plane() -> impl Strategy<Value = Plane> {
    let small_or_not = || prop_oneof![4 => 0..300_usize, 1 => any::<usize>()];
    (small_or_not(), small_or_not()).prop_map(|(offset, stride)| Plane { offset, stride })
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let side = || prop_oneof![8 => 0..48_u32, 1 => any::<u32>()];
    let planes = prop_oneof![Just(None), prop::array::uniform3(any_plane()).prop_map(Some)];
    let data = prop::collection::vec(any::<u8>(), 0..6000);
    (any_format(), side(), side(), planes, any::<bool>(), data).prop_map(
        |(format, width, height, planes, limited_range, data)| {
            let planes = planes.unwrap_or_else(|| Layout::packed(format, width % 48, height % 48).planes);
            let layout = Layout { format, width, height, planes, limited_range };
            Frame { data: data.into(), layout, time: CaptureTime::arrived_now(), number: 0 }
        },
    )
}

proptest! {
    #[test]
    fn no_layout_and_no_buffer_panics(frame in any_frame(), quality: u8) {
        for kind in KINDS {
            if let Ok(encoded) = Encoder::new(kind).unwrap().encode(&frame, quality) {
                prop_assert_eq!((encoded.width, encoded.height), (frame.layout.width, frame.layout.height));
                prop_assert_eq!(decode(&encoded).len() as u32, frame.layout.width * frame.layout.height);
            }
        }
    }
}
