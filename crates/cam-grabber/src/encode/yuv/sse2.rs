//! The kernels for x86_64, 32 pixels at a time. Plain loops do the rows' ends.

use super::{Order, plain};
use crate::encode::range::{CHROMA, LUMA, Stretch};
use crate::encode::simd::{Register, blocks, blocks_mut};

/// A pair of packed 4:2:2 rows: their luma, and the mean of their chroma, rounded up; at full range.
pub(super) fn split_422(order: Order, limited: bool, rows: [&[u8]; 2], y: [&mut [u8]; 2], [u, v]: [&mut [u8]; 2]) {
    let [(above, above_end), (below, below_end)] = rows.map(blocks::<4>);
    let [(y_above, y_above_end), (y_below, y_below_end)] = y.map(blocks_mut::<2>);
    let (u, u_end) = blocks_mut::<1>(u);
    let (v, v_end) = blocks_mut::<1>(v);

    let [luma, chroma] = full_range(limited);
    let above = above.iter().zip(y_above);
    let below = below.iter().zip(y_below);
    for (((above, y_above), (below, y_below)), ([u], [v])) in above.zip(below).zip(u.iter_mut().zip(v)) {
        let (above, below) = (above.each_ref().map(Register::load), below.each_ref().map(Register::load));
        for ([a, b, c, d], [left, right]) in [(above, y_above), (below, y_below)] {
            luma_of(order, a, b, luma).store(left);
            luma_of(order, c, d, luma).store(right);
        }
        let [a, b, c, d] = std::array::from_fn(|at| above[at].mean(below[at]));
        let (left, right) = (chroma_of(order, a, b, chroma), chroma_of(order, c, d, chroma));
        left.even(right, None).store(u);
        left.odd(right, None).store(v);
    }
    plain::split_422(order, limited, [above_end, below_end], [y_above_end, y_below_end], [u_end, v_end]);
}

/// U V U V … to U and V, at full range.
pub(super) fn split_chroma(limited: bool, pairs: &[u8], [u, v]: [&mut [u8]; 2]) {
    let (pairs, pairs_end) = blocks::<2>(pairs);
    let (u, u_end) = blocks_mut::<1>(u);
    let (v, v_end) = blocks_mut::<1>(v);
    let [_, chroma] = full_range(limited);
    for ([low, high], ([u], [v])) in pairs.iter().zip(u.iter_mut().zip(v)) {
        let (low, high) = (Register::load(low), Register::load(high));
        low.even(high, chroma).store(u);
        low.odd(high, chroma).store(v);
    }
    plain::split_chroma(limited, pairs_end, [u_end, v_end]);
}

/// What luma and chroma have to be stretched by.
fn full_range(limited: bool) -> [Option<Stretch>; 2] {
    if limited { [Some(LUMA), Some(CHROMA)] } else { [None, None] }
}

/// The luma of sixteen pixels.
#[inline(always)]
fn luma_of(order: Order, low: Register, high: Register, stretch: Option<Stretch>) -> Register {
    match order {
        Order::LumaFirst => low.even(high, stretch),
        Order::ChromaFirst => low.odd(high, stretch),
    }
}

/// The chroma of sixteen pixels, U and V by turns.
#[inline(always)]
fn chroma_of(order: Order, low: Register, high: Register, stretch: Option<Stretch>) -> Register {
    match order {
        Order::LumaFirst => low.odd(high, stretch),
        Order::ChromaFirst => low.even(high, stretch),
    }
}
