//! The kernels in plain loops: what other machines run, and what the SIMD is held equal to.

use super::Order;
use crate::encode::range::{stretch_chroma, stretch_luma};

/// A pair of packed rows: their luma, and the mean of their chroma, rounded up; at full range.
pub(super) fn split_422(order: Order, limited: bool, rows: [&[u8]; 2], y: [&mut [u8]; 2], [u, v]: [&mut [u8]; 2]) {
    // Places of the two luma samples and of U and V among four bytes.
    let [y0, y1, at_u, at_v] = match order {
        Order::LumaFirst => [0, 2, 1, 3],
        Order::ChromaFirst => [1, 3, 0, 2],
    };
    let [above, below] = rows.map(|row| row.as_chunks::<4>().0);
    for (to, from) in y.into_iter().zip([above, below]) {
        for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from) {
            *to = [from[y0], from[y1]];
        }
        if limited {
            stretch_luma(to);
        }
    }
    for (((u, v), above), below) in u.iter_mut().zip(v.iter_mut()).zip(above).zip(below) {
        *u = mean(above[at_u], below[at_u]);
        *v = mean(above[at_v], below[at_v]);
    }
    if limited {
        stretch_chroma(u);
        stretch_chroma(v);
    }
}

/// U V U V … to U and V, at full range.
pub(super) fn split_chroma(limited: bool, pairs: &[u8], [u, v]: [&mut [u8]; 2]) {
    for ((u, v), pair) in u.iter_mut().zip(v.iter_mut()).zip(pairs.as_chunks().0) {
        [*u, *v] = *pair;
    }
    if limited {
        stretch_chroma(u);
        stretch_chroma(v);
    }
}

fn mean(a: u8, b: u8) -> u8 {
    (u16::from(a) + u16::from(b)).div_ceil(2) as u8
}
