//! A picture as busy as a photograph, in every format that a camera may deliver.

use bytes::Bytes;
use cam_grabber::capture::{CaptureTime, Frame, Layout, PixelFormat};

/// The same picture in every format.
pub(crate) fn frame(format: PixelFormat, width: u32, height: u32, limited_range: bool) -> Frame {
    let layout = Layout { limited_range, ..Layout::packed(format, width, height) };
    let (w, h) = (width as usize, height as usize);
    let rgb = picture(w, h);
    let yuv: Vec<_> = rgb.iter().map(|rgb| to_yuv(*rgb, limited_range)).collect();
    let luma = || yuv.iter().map(|[y, ..]| *y);
    let quarter = |channel: usize| {
        let yuv = &yuv;
        (0..h / 2).flat_map(move |y| (0..w / 2).map(move |x| yuv[2 * y * w + 2 * x][channel]))
    };
    let data: Vec<u8> = match format {
        PixelFormat::Mono16 { bits } => luma().flat_map(|y| (u16::from(y) << (bits - 8)).to_le_bytes()).collect(),
        PixelFormat::Bayer8(_) => (0..w * h).map(|at| rgb[at][at / w % 2 + at % w % 2]).collect(),
        PixelFormat::Rgb8 => rgb.concat(),
        PixelFormat::Bgr8 => rgb.iter().flat_map(|[r, g, b]| [*b, *g, *r]).collect(),
        PixelFormat::Yuyv => yuv.chunks_exact(2).flat_map(|p| [p[0][0], p[0][1], p[1][0], p[0][2]]).collect(),
        PixelFormat::Uyvy => yuv.chunks_exact(2).flat_map(|p| [p[0][1], p[0][0], p[0][2], p[1][0]]).collect(),
        PixelFormat::I420 => luma().chain(quarter(1)).chain(quarter(2)).collect(),
        PixelFormat::Nv12 => luma().chain(quarter(1).zip(quarter(2)).flat_map(|(u, v)| [u, v])).collect(),
        _ => luma().collect(),
    };
    Frame { data: Bytes::from(data), layout, time: CaptureTime::arrived_now(), number: 0 }
}

/// As busy as a photograph: waves of all lengths, soft colours, an edge every few dozen pixels, a sensor's noise.
fn picture(width: usize, height: usize) -> Vec<[u8; 3]> {
    let mut noise = 1_u32;
    (0..width * height)
        .map(|at| {
            let (x, y) = ((at % width) as f32 / width as f32, (at / width) as f32 / height as f32);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let waves = [(5.0, 40.0), (23.0, 20.0), (71.0, 10.0), (167.0, 6.0)].map(|(often, strong)| {
                strong * (often * x + 2.0 * (often * 0.7 * y).sin()).sin() * (often * 0.8 * y + x).cos()
            });
            let edge = if ((x * 16.0) as u32 + (y * 12.0) as u32).is_multiple_of(3) { 30.0 } else { 0.0 };
            let gray = 105.0 + waves.iter().sum::<f32>() + edge + (noise >> 29) as f32;
            [gray + 30.0 * (4.0 * x).sin(), gray, gray - 30.0 * (3.0 * y).cos()].map(|channel| channel as u8)
        })
        .collect()
}

/// BT.601.
fn to_yuv(rgb: [u8; 3], limited_range: bool) -> [u8; 3] {
    let [r, g, b] = rgb.map(f32::from);
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    let (u, v) = ((b - y) * 0.564, (r - y) * 0.713);
    let yuv = match limited_range {
        true => [16.0 + y * 219.0 / 255.0, 128.0 + u * 224.0 / 255.0, 128.0 + v * 224.0 / 255.0],
        false => [y, 128.0 + u, 128.0 + v],
    };
    yuv.map(|sample| sample.round() as u8)
}
