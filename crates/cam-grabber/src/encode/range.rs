//! Video range (16–235, chroma 16–240) to the full range (0–255) that a JPEG's YCbCr has by JFIF.

/// `⌊max(256·v − below, 0) · times / 2²³⌋`, at most 255: a multiplication and a shift in 16-bit words, which compilers
/// turn into SIMD on every machine. The constants give exactly the rounded value for each of the 256 samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) below: u16,
    pub(crate) times: u16,
}

/// (v − 16) · 255 / 219.
pub(crate) const LUMA: Stretch = Stretch { below: 3986, times: 38154 };
/// (v − 128) · 255 / 224 + 128.
pub(crate) const CHROMA: Stretch = Stretch { below: 3871, times: 37303 };

/// Stretches luma or gray samples in place: 16 becomes 0, 235 becomes 255.
pub(crate) fn stretch_luma(samples: &mut [u8]) {
    LUMA.apply(samples);
}

/// Stretches chroma samples in place: 128 stays, 16 becomes 1 (0.5, rounded), 240 becomes 255.
pub(crate) fn stretch_chroma(samples: &mut [u8]) {
    CHROMA.apply(samples);
}

impl Stretch {
    fn apply(&self, samples: &mut [u8]) {
        for sample in samples {
            let above = (u16::from(*sample) << 8).saturating_sub(self.below);
            let high = ((u32::from(above) * u32::from(self.times)) >> 16) as u16;
            *sample = (high >> 7).min(255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [u8; 256] {
        std::array::from_fn(|v| v as u8)
    }

    #[test]
    fn every_luma_sample_is_stretched_to_the_nearest_value() {
        let mut stretched = all();
        stretch_luma(&mut stretched);
        for (v, got) in stretched.into_iter().enumerate() {
            let exact = (v as f64 - 16.0) * 255.0 / 219.0;
            assert_eq!(got, exact.round().clamp(0.0, 255.0) as u8, "luma {v}");
        }
        assert_eq!((stretched[16], stretched[235]), (0, 255));
    }

    #[test]
    fn every_chroma_sample_is_stretched_to_the_nearest_value() {
        let mut stretched = all();
        stretch_chroma(&mut stretched);
        for (v, got) in stretched.into_iter().enumerate() {
            let exact = (v as f64 - 128.0) * 255.0 / 224.0 + 128.0;
            assert_eq!(got, exact.round().clamp(0.0, 255.0) as u8, "chroma {v}");
        }
        assert_eq!(stretched[128], 128);
    }
}
