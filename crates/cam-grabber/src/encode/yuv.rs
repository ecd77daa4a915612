//! Camera YUV as planar 4:2:0, full range: what both encoders take without touching a colour again.
//!
//! The matrix is taken as BT.601, which JPEG prescribes; a BT.709 source comes out slightly off in its greens and reds.

mod plain;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg(not(target_arch = "x86_64"))]
use plain as kernel;
#[cfg(target_arch = "x86_64")]
use sse2 as kernel;

use super::EncodeError;
use super::bands::Band;
use super::range::{stretch_chroma, stretch_luma};
use super::rows::Rows;
use crate::capture::Layout;

/// A planar picture or band. Each plane covers whole 2x2 blocks: an odd picture's luma has a column or a row more than the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I420<'a> {
    /// Pixels.
    pub(crate) width: usize,
    /// Pixels.
    pub(crate) height: usize,
    /// Luma.
    pub(crate) y: Rows<'a>,
    /// Blue chroma.
    pub(crate) u: Rows<'a>,
    /// Red chroma.
    pub(crate) v: Rows<'a>,
}

/// Planes that are reused from frame to frame.
#[derive(Debug, Default)]
pub(crate) struct Planes {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

/// Where luma and chroma lie in packed 4:2:2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Y U Y V
    LumaFirst,
    /// U Y V Y
    ChromaFirst,
}

/// I420: the frame's own planes where they are as they have to be.
///
/// # Errors
/// The frame does not hold what its layout says.
pub(super) fn from_i420<'a>(band: &Band<'a>, scratch: &'a mut Planes) -> Result<I420<'a>, EncodeError> {
    let Layout { width, height, limited_range: limited, .. } = band.layout();
    let y = luma(band.plane(0)?, limited, &mut scratch.y);
    let u = chroma(band.plane(1)?, limited, &mut scratch.u);
    let v = chroma(band.plane(2)?, limited, &mut scratch.v);
    Ok(I420 { width: width as usize, height: height as usize, y, u, v })
}

/// NV12: chroma's rows of U V U V … become a row of each.
///
/// # Errors
/// The frame does not hold what its layout says.
pub(super) fn from_nv12<'a>(band: &Band<'a>, scratch: &'a mut Planes) -> Result<I420<'a>, EncodeError> {
    let Layout { width, height, limited_range: limited, .. } = band.layout();
    let y = luma(band.plane(0)?, limited, &mut scratch.y);
    let pairs = band.plane(1)?;

    let half_width = pairs.width() / 2;
    let Planes { u, v, .. } = scratch;
    u.resize(half_width * pairs.len(), 0);
    v.resize(half_width * pairs.len(), 0);
    for ((u, v), pairs) in u.chunks_exact_mut(half_width).zip(v.chunks_exact_mut(half_width)).zip(pairs.iter()) {
        kernel::split_chroma(limited, pairs, [u, v]);
    }
    let (u, v) = (Rows::packed(u, half_width), Rows::packed(v, half_width));
    Ok(I420 { width: width as usize, height: height as usize, y, u, v })
}

/// YUYV and UYVY: two rows share the mean of their chroma.
///
/// # Errors
/// The frame does not hold what its layout says.
pub(super) fn from_422<'a>(band: &Band<'a>, order: Order, scratch: &'a mut Planes) -> Result<I420<'a>, EncodeError> {
    let Layout { width, height, limited_range: limited, .. } = band.layout();
    let (width, height) = (width as usize, height as usize);
    let packed = band.plane(0)?;

    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let Planes { y, u, v } = scratch;
    y.resize(4 * half_width * half_height, 0);
    u.resize(half_width * half_height, 0);
    v.resize(half_width * half_height, 0);
    let chroma = u.chunks_exact_mut(half_width).zip(v.chunks_exact_mut(half_width));
    for (pair, (y, (u, v))) in y.chunks_exact_mut(4 * half_width).zip(chroma).enumerate() {
        let (above, below) = y.split_at_mut(2 * half_width);
        let rows = [packed.row(2 * pair), packed.row(2 * pair + 1)];
        kernel::split_422(order, limited, rows, [&mut *above, &mut *below], [u, v]);
        repeat_last(above, width);
        repeat_last(below, width);
    }
    let (y, u, v) = (Rows::packed(y, 2 * half_width), Rows::packed(u, half_width), Rows::packed(v, half_width));
    Ok(I420 { width, height, y, u, v })
}

/// Luma with an even number of columns and rows.
fn luma<'a>(rows: Rows<'a>, limited: bool, scratch: &'a mut Vec<u8>) -> Rows<'a> {
    let even_width = rows.width().next_multiple_of(2);
    let even_len = rows.len().next_multiple_of(2);
    if !limited && even_width == rows.width() && even_len == rows.len() {
        return rows;
    }
    scratch.resize(even_width * even_len, 0);
    for (y, to) in scratch.chunks_exact_mut(even_width).enumerate() {
        to[..rows.width()].copy_from_slice(rows.row(y));
        repeat_last(to, rows.width());
        if limited {
            stretch_luma(to);
        }
    }
    Rows::packed(scratch, even_width)
}

fn chroma<'a>(rows: Rows<'a>, limited: bool, scratch: &'a mut Vec<u8>) -> Rows<'a> {
    if !limited {
        return rows;
    }
    scratch.resize(rows.width() * rows.len(), 0);
    for (to, from) in scratch.chunks_exact_mut(rows.width()).zip(rows.iter()) {
        to.copy_from_slice(from);
        stretch_chroma(to);
    }
    Rows::packed(scratch, rows.width())
}

/// Repeats the last sample of the picture where the row is one longer.
fn repeat_last(row: &mut [u8], width: usize) {
    row.copy_within(width - 1..width, row.len() - 1);
}

#[cfg(test)]
mod tests;
