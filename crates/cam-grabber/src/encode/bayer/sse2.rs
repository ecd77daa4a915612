//! A row for x86_64, sixteen pixels at a time. The plain twin does its two ends.

use super::{Neighbourhood, PIXEL, RowColours, plain};
use crate::encode::simd::{Register, blocks_mut};

/// Colours a whole row.
pub(super) fn colour_row(rows: Neighbourhood<'_>, colours: RowColours, pixels: &mut [u8]) {
    // The first and the last pixel lack a neighbour, and what is less than a block is left over.
    let blocks = rows.row.len().saturating_sub(2) / 16;
    if blocks == 0 {
        return plain::colour_row(rows, colours, pixels);
    }
    let body = 1..1 + 16 * blocks;
    plain::colour_pixels(rows, colours, 0..body.start, pixels);
    plain::colour_pixels(rows, colours, body.end..rows.row.len(), pixels);

    let (pixels, _) = blocks_mut(&mut pixels[PIXEL * body.start..PIXEL * body.end]);
    let green_first = colours.green_at(body.start);
    let [above, row, below] = [rows.above, rows.row, rows.below].map(shifted);
    for (((above, row), below), pixels) in above.zip(row).zip(below).zip(pixels) {
        let (own, green, other) = colour_block(above, row, below, green_first);
        let rgb = if colours.red { [own, green, other] } else { [other, green, own] };
        Register::zip(rgb, 255, pixels);
    }
}

/// Samples x - 1, x and x + 1 of a row, for sixteen x from 1 on, from 17 on and so forth.
#[inline(always)]
fn shifted(row: &[u8]) -> impl Iterator<Item = [Register; 3]> {
    let [west, here, east] = [0, 1, 2].map(|by| row.get(by..).unwrap_or_default().as_chunks().0);
    west.iter().zip(here).zip(east).map(|((west, here), east)| [west, here, east].map(Register::load))
}

/// The colour that the row has beside green, green, and the colour that the neighbouring rows have.
#[inline(always)]
fn colour_block(
    [north_west, north, north_east]: [Register; 3],
    [west, here, east]: [Register; 3],
    [south_west, south, south_east]: [Register; 3],
    green_first: bool,
) -> (Register, Register, Register) {
    let by_turns = |at_green: Register, at_own: Register| {
        if green_first { at_green.alternate(at_own) } else { at_own.alternate(at_green) }
    };
    let cross = Register::mean_of_four([west, east, north, south]);
    let diagonal = Register::mean_of_four([north_west, north_east, south_west, south_east]);
    (by_turns(west.mean(east), here), by_turns(here, cross), by_turns(north.mean(south), diagonal))
}
