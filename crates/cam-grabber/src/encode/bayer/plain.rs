//! A row in plain Rust: what other machines run, and what the SIMD is held equal to. The inner loop has no branch and no
//! neighbour to check for, so that compilers turn it into vector instructions.

use std::ops::Range;

use super::{Neighbourhood, PIXEL, RowColours, mirrored};

/// Colours a whole row.
pub(super) fn colour_row(rows: Neighbourhood<'_>, colours: RowColours, pixels: &mut [u8]) {
    let width = rows.row.len();
    let inner = width.saturating_sub(2);
    colour_pixels(rows, colours, 0..1, pixels);
    colour_pixels(rows, colours, 1 + inner..width, pixels);
    if inner == 0 {
        return;
    }

    let [above, row, below] = [rows.above, rows.row, rows.below].map(|row| [0, 1, 2].map(|by| &row[by..][..inner]));
    let even_are_green = colours.green_at(1);
    for (i, pixel) in pixels[PIXEL..].as_chunks_mut().0[..inner].iter_mut().enumerate() {
        let near = Near {
            here: row[1][i],
            beside: [row[0][i], row[2][i]],
            upright: [above[1][i], below[1][i]],
            diagonal: [above[0][i], above[2][i], below[0][i], below[2][i]],
        };
        *pixel = near.colour((i % 2 == 0) == even_are_green, colours.red);
    }
}

/// Colours the pixels of a row at `xs`, wherever they are.
pub(super) fn colour_pixels(rows: Neighbourhood<'_>, colours: RowColours, xs: Range<usize>, pixels: &mut [u8]) {
    let Neighbourhood { above, row, below } = rows;
    for x in xs {
        let (west, east) = mirrored(x, row.len());
        let near = Near {
            here: row[x],
            beside: [row[west], row[east]],
            upright: [above[x], below[x]],
            diagonal: [above[west], above[east], below[west], below[east]],
        };
        pixels[PIXEL * x..][..PIXEL].copy_from_slice(&near.colour(colours.green_at(x), colours.red));
    }
}

/// A sample and those around it.
struct Near {
    here: u8,
    beside: [u8; 2],
    upright: [u8; 2],
    diagonal: [u8; 4],
}

impl Near {
    #[inline(always)]
    fn colour(self, is_green: bool, row_has_red: bool) -> [u8; PIXEL] {
        let cross = mean([self.beside[0], self.beside[1], self.upright[0], self.upright[1]]);
        let own = if is_green { mean(self.beside) } else { self.here };
        let green = if is_green { self.here } else { cross };
        let other = if is_green { mean(self.upright) } else { mean(self.diagonal) };
        if row_has_red { [own, green, other, 255] } else { [other, green, own, 255] }
    }
}

#[inline(always)]
fn mean<const N: usize>(samples: [u8; N]) -> u8 {
    let sum: u16 = samples.into_iter().map(u16::from).sum();
    ((sum + N as u16 / 2) / N as u16) as u8
}
