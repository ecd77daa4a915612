//! RGB pixels to any pixel format: what a camera's sensor and its electronics do. Full range, BT.601.

use super::canvas::{Canvas, Rgb};
use crate::capture::{BayerOrder, Layout, PixelFormat};

/// Writes the canvas to its place in a frame of `layout`. It has to begin at even places, and end there or at the
/// picture's edge.
pub(crate) fn paint(canvas: &Canvas, layout: &Layout, frame: &mut [u8]) {
    let area = canvas.area();
    let (left, top) = (area.left as usize, area.top as usize);
    let mut target = Target { layout, frame };
    match layout.format {
        PixelFormat::Rgb8 => target.samples(canvas, |_, _, rgb| rgb),
        PixelFormat::Bgr8 => target.samples(canvas, |_, _, [r, g, b]| [b, g, r]),
        PixelFormat::Bayer8(order) => target.samples(canvas, |x, y, rgb| [rgb[sensor_colour(order, x, y)]]),
        PixelFormat::Mono8 => target.samples(canvas, |_, _, rgb| [luma(rgb)]),
        PixelFormat::Mono16 { bits } => target.samples(canvas, |_, _, rgb| deepen(luma(rgb), bits).to_le_bytes()),
        PixelFormat::Yuyv | PixelFormat::Uyvy => {
            for (y, row) in (top..).zip(canvas.rows()) {
                let to = target.row(0, y, 2 * left).as_chunks_mut().0;
                for (to, pair) in to.iter_mut().zip(row.chunks(2)) {
                    let (y0, y1) = (luma(pair[0]), luma(pair[pair.len() - 1]));
                    let [u, v] = chroma(pair.iter());
                    *to = if layout.format == PixelFormat::Yuyv { [y0, u, y1, v] } else { [u, y0, v, y1] };
                }
            }
        }
        PixelFormat::I420 | PixelFormat::Nv12 => {
            target.samples(canvas, |_, _, rgb| [luma(rgb)]);
            let rows: Vec<_> = canvas.rows().collect();
            for (y, rows) in (top / 2..).zip(rows.chunks(2)) {
                let blocks = rows[0].chunks(2).zip(rows[rows.len() - 1].chunks(2));
                for (x, (above, below)) in (left / 2..).zip(blocks) {
                    let [u, v] = chroma(above.iter().chain(below));
                    if layout.format == PixelFormat::I420 {
                        target.row(1, y, x)[0] = u;
                        target.row(2, y, x)[0] = v;
                    } else {
                        target.row(1, y, 2 * x)[..2].copy_from_slice(&[u, v]);
                    }
                }
            }
        }
        // A camera's JPEG encoder is not simulated.
        PixelFormat::Jpeg | PixelFormat::JpegToComplete => {}
    }
}

/// The frame that is painted.
struct Target<'a> {
    layout: &'a Layout,
    frame: &'a mut [u8],
}

impl Target<'_> {
    /// A row of a plane, from one of its bytes on.
    fn row(&mut self, plane: usize, y: usize, from: usize) -> &mut [u8] {
        let plane = self.layout.planes[plane];
        &mut self.frame[plane.offset + plane.stride * y + from..]
    }

    /// A pixel's own `N` bytes in the first plane, for each pixel.
    fn samples<const N: usize>(&mut self, canvas: &Canvas, sample: impl Fn(usize, usize, Rgb) -> [u8; N]) {
        let (left, top) = (canvas.area().left as usize, canvas.area().top as usize);
        for (y, row) in (top..).zip(canvas.rows()) {
            let to = self.row(0, y, N * left).as_chunks_mut().0;
            for (x, (to, rgb)) in (left..).zip(to.iter_mut().zip(row)) {
                *to = sample(x, y, *rgb);
            }
        }
    }
}

/// Which of red, green and blue a sensor's pixel sees.
fn sensor_colour(order: BayerOrder, x: usize, y: usize) -> usize {
    let colours = match order {
        BayerOrder::Rggb => [0, 1, 1, 2],
        BayerOrder::Grbg => [1, 0, 2, 1],
        BayerOrder::Gbrg => [1, 2, 0, 1],
        BayerOrder::Bggr => [2, 1, 1, 0],
    };
    colours[2 * (y % 2) + x % 2]
}

/// The factors of ITU-R BT.601, in 65536ths.
fn luma([r, g, b]: Rgb) -> u8 {
    ((19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + 32_768) >> 16) as u8
}

/// U and V of the mean of some pixels.
fn chroma<'a>(pixels: impl Iterator<Item = &'a Rgb>) -> [u8; 2] {
    let mut count = 0;
    let mut sum = [0; 3];
    for pixel in pixels {
        count += 1;
        for (sum, channel) in sum.iter_mut().zip(pixel) {
            *sum += i32::from(*channel);
        }
    }
    let [r, g, b] = sum;
    let scale = count << 16;
    [-11_059 * r - 21_709 * g + 32_768 * b, 32_768 * r - 27_439 * g - 5_329 * b]
        .map(|weighted| ((weighted + scale / 2).div_euclid(scale) + 128).clamp(0, 255) as u8)
}

/// Eight bits to more, so that white stays the largest value.
fn deepen(sample: u8, bits: u8) -> u16 {
    (u16::from(sample) * 257) >> (16 - bits)
}
