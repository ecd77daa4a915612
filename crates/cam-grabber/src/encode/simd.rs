//! Sixteen bytes at a time in an SSE2 register, which every x86_64 has: all of the `unsafe` in this room. What is
//! computed with it is safe Rust, and has a twin of plain loops, which other machines run and the tests hold it equal to.

#![allow(unsafe_code, reason = "instructions are unsafe to call, and load and store through raw pointers")]

use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_andnot_si128, _mm_avg_epu8, _mm_loadu_si128, _mm_mulhi_epu16, _mm_or_si128,
    _mm_packus_epi16, _mm_set1_epi8, _mm_set1_epi16, _mm_slli_epi16, _mm_srli_epi16, _mm_storeu_si128, _mm_sub_epi8,
    _mm_subs_epu16, _mm_unpackhi_epi8, _mm_unpackhi_epi16, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_xor_si128,
};

use super::range::Stretch;

/// The bytes of a register.
pub(super) type Lane = [u8; 16];

/// A row as blocks of `N` registers, and the bytes that are left over.
#[inline(always)]
pub(super) fn blocks<const N: usize>(row: &[u8]) -> (&[[Lane; N]], &[u8]) {
    let (body, end) = row.split_at(row.len() / (16 * N) * (16 * N));
    (body.as_chunks().0.as_chunks().0, end)
}

/// A row as blocks of `N` registers, and the bytes that are left over.
#[inline(always)]
pub(super) fn blocks_mut<const N: usize>(row: &mut [u8]) -> (&mut [[Lane; N]], &mut [u8]) {
    let (body, end) = row.split_at_mut(row.len() / (16 * N) * (16 * N));
    (body.as_chunks_mut().0.as_chunks_mut().0, end)
}

/// A register of sixteen unsigned bytes.
#[derive(Clone, Copy)]
pub(super) struct Register(__m128i);

impl Register {
    #[inline(always)]
    pub(super) fn load(bytes: &Lane) -> Self {
        // SAFETY: the reference vouches for 16 readable bytes, and the instruction asks for no alignment.
        Self(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(super) fn store(self, bytes: &mut Lane) {
        // SAFETY: the reference vouches for 16 writable bytes, and the instruction asks for no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), self.0) }
    }

    /// Byte by byte, rounded up.
    #[inline(always)]
    pub(super) fn mean(self, other: Self) -> Self {
        // SAFETY: every x86_64 has SSE2.
        Self(unsafe { _mm_avg_epu8(self.0, other.0) })
    }

    /// Byte by byte, (a + b + c + d + 2) / 4.
    #[inline(always)]
    pub(super) fn mean_of_four([a, b, c, d]: [Self; 4]) -> Self {
        // The mean of two rounded means is one too large where at least one of them was rounded up, and their own mean is
        // rounded up again.
        let (ab, cd) = (a.mean(b), c.mean(d));
        // SAFETY: every x86_64 has SSE2.
        Self(unsafe {
            let rounded = _mm_or_si128(_mm_xor_si128(a.0, b.0), _mm_xor_si128(c.0, d.0));
            let again = _mm_and_si128(_mm_xor_si128(ab.0, cd.0), _mm_set1_epi8(1));
            _mm_sub_epi8(ab.mean(cd).0, _mm_and_si128(rounded, again))
        })
    }

    /// The bytes of `self` at even places, those of `odd` at odd places.
    #[inline(always)]
    pub(super) fn alternate(self, odd: Self) -> Self {
        // SAFETY: every x86_64 has SSE2.
        Self(unsafe {
            let even_places = _mm_set1_epi16(0xff);
            _mm_or_si128(_mm_and_si128(even_places, self.0), _mm_andnot_si128(even_places, odd.0))
        })
    }

    /// The bytes at even places of `self` and then `next`, stretched where there is something to stretch by.
    #[inline(always)]
    pub(super) fn even(self, next: Self, stretch: Option<Stretch>) -> Self {
        // SAFETY: every x86_64 has SSE2.
        pack([self, next].map(|pairs| match stretch {
            Some(by) => stretched(unsafe { _mm_slli_epi16(pairs.0, 8) }, by),
            None => unsafe { _mm_and_si128(pairs.0, _mm_set1_epi16(0xff)) },
        }))
    }

    /// The bytes at odd places of `self` and then `next`, stretched where there is something to stretch by.
    #[inline(always)]
    pub(super) fn odd(self, next: Self, stretch: Option<Stretch>) -> Self {
        // SAFETY: every x86_64 has SSE2.
        pack([self, next].map(|pairs| match stretch {
            Some(by) => stretched(unsafe { _mm_andnot_si128(_mm_set1_epi16(0xff), pairs.0) }, by),
            None => unsafe { _mm_srli_epi16(pairs.0, 8) },
        }))
    }

    /// Four times sixteen bytes: those of a, b and c and `last` by turns.
    #[inline(always)]
    pub(super) fn zip([a, b, c]: [Self; 3], last: u8, to: &mut [Lane; 4]) {
        // SAFETY: every x86_64 has SSE2.
        let registers = unsafe {
            let last = _mm_set1_epi8(last as i8);
            let (ab, cd) = (_mm_unpacklo_epi8(a.0, b.0), _mm_unpacklo_epi8(c.0, last));
            let (ab_high, cd_high) = (_mm_unpackhi_epi8(a.0, b.0), _mm_unpackhi_epi8(c.0, last));
            [
                _mm_unpacklo_epi16(ab, cd),
                _mm_unpackhi_epi16(ab, cd),
                _mm_unpacklo_epi16(ab_high, cd_high),
                _mm_unpackhi_epi16(ab_high, cd_high),
            ]
        };
        for (register, bytes) in registers.into_iter().zip(to) {
            Self(register).store(bytes);
        }
    }
}

/// [`Stretch`] of eight words, a sample in the upper byte of each.
#[inline(always)]
fn stretched(words: __m128i, by: Stretch) -> __m128i {
    // SAFETY: every x86_64 has SSE2.
    unsafe {
        let above = _mm_subs_epu16(words, _mm_set1_epi16(by.below as i16));
        _mm_srli_epi16(_mm_mulhi_epu16(above, _mm_set1_epi16(by.times as i16)), 7)
    }
}

/// Words as bytes, at most 255.
#[inline(always)]
fn pack([low, high]: [__m128i; 2]) -> Register {
    // SAFETY: every x86_64 has SSE2.
    Register(unsafe { _mm_packus_epi16(low, high) })
}
