//! The mosaic of a colour sensor as pixels of four bytes (red, green, blue, unused), bilinear: a colour that a pixel
//! lacks is the rounded mean of its nearest neighbours that have it.
//!
//! At the borders the mosaic is mirrored without repeating its edge, so that a mirrored neighbour has the right colour.

mod plain;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg(not(target_arch = "x86_64"))]
use plain as kernel;
#[cfg(target_arch = "x86_64")]
use sse2 as kernel;

use std::ops::Range;

use super::rows::Rows;
use crate::capture::BayerOrder;

/// Bytes of a pixel.
pub(super) const PIXEL: usize = 4;

/// What a row of the mosaic holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowColours {
    /// The colour beside green is red; otherwise blue.
    red: bool,
    /// Green comes first.
    green_first: bool,
}

impl RowColours {
    fn of(order: BayerOrder, y: usize) -> Self {
        let (first_row_red, first_row_green_first) = match order {
            BayerOrder::Rggb => (true, false),
            BayerOrder::Grbg => (true, true),
            BayerOrder::Gbrg => (false, true),
            BayerOrder::Bggr => (false, false),
        };
        let odd = y % 2 == 1;
        Self { red: first_row_red ^ odd, green_first: first_row_green_first ^ odd }
    }

    fn green_at(self, x: usize) -> bool {
        self.green_first ^ (x % 2 == 1)
    }
}

/// Three rows of the mosaic, the middle one of which is to be coloured.
#[derive(Clone, Copy)]
struct Neighbourhood<'a> {
    above: &'a [u8],
    row: &'a [u8],
    below: &'a [u8],
}

/// Rows `band` of the picture in colour; `scratch` holds them, without padding.
pub(super) fn demosaic<'a>(
    mosaic: Rows<'_>,
    order: BayerOrder,
    band: Range<usize>,
    scratch: &'a mut Vec<u8>,
) -> Rows<'a> {
    let width = mosaic.width();
    scratch.resize(PIXEL * width * band.len(), 0);
    for (y, pixels) in band.zip(scratch.chunks_exact_mut(PIXEL * width)) {
        let (above, below) = mirrored(y, mosaic.len());
        let rows = Neighbourhood { above: mosaic.row(above), row: mosaic.row(y), below: mosaic.row(below) };
        kernel::colour_row(rows, RowColours::of(order, y), pixels);
    }
    Rows::packed(scratch, PIXEL * width)
}

/// The places before and after `at`, mirrored at the ends of `len` places.
fn mirrored(at: usize, len: usize) -> (usize, usize) {
    let last = len - 1;
    let before = if at == 0 { 1.min(last) } else { at - 1 };
    let after = if at == last { last.saturating_sub(1) } else { at + 1 };
    (before, after)
}

#[cfg(test)]
mod tests;
