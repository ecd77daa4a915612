//! Gray as the encoder takes it: 8 bits, full range.

use super::EncodeError;
use super::bands::Band;
use super::range::stretch_luma;
use super::rows::Rows;
use crate::capture::PixelFormat;

/// A band's gray picture; `scratch` is used where the frame's own bytes will not do.
///
/// # Errors
/// The frame does not hold what its layout says.
pub(super) fn gray<'a>(band: &Band<'a>, scratch: &'a mut Vec<u8>) -> Result<Rows<'a>, EncodeError> {
    let layout = band.layout();
    let rows = band.plane(0)?;
    let shift = match layout.format {
        PixelFormat::Mono16 { bits: bits @ 8..=16 } => Some(bits - 8),
        PixelFormat::Mono16 { bits } => return Err(EncodeError::Bits(bits)),
        _ if layout.limited_range => None,
        _ => return Ok(rows),
    };

    let width = layout.width as usize;
    scratch.resize(width * rows.len(), 0);
    for (to, from) in scratch.chunks_exact_mut(width).zip(rows.iter()) {
        match shift {
            Some(shift) => keep_high_bits(from, shift, to),
            None => to.copy_from_slice(from),
        }
        if layout.limited_range {
            stretch_luma(to);
        }
    }
    Ok(Rows::packed(scratch, width))
}

/// Little-endian words without their lowest `shift` bits. Where a camera sets bits that it should not, the sample is white.
fn keep_high_bits(words: &[u8], shift: u8, samples: &mut [u8]) {
    for (sample, word) in samples.iter_mut().zip(words.as_chunks().0) {
        *sample = (u16::from_le_bytes(*word) >> shift).min(255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brightest_word_of_each_depth_is_white_and_stray_bits_do_not_wrap() {
        for bits in [10u32, 12, 14, 16] {
            let white = (1u32 << bits) - 1;
            let mut words = Vec::new();
            for word in [0, white / 2, white, 0xffff] {
                words.extend_from_slice(&(word as u16).to_le_bytes());
            }
            let mut samples = [9; 4];
            keep_high_bits(&words, bits as u8 - 8, &mut samples);
            assert_eq!(samples, [0, 127, 255, 255], "{bits} bits");
        }
    }
}
