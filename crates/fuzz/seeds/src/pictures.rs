//! Small JPEGs of every kind that an encoder makes, and what cameras make of them.

use jpeg_encoder::{ColorType, Encoder, EncodingError, SamplingFactor};

/// One of each kind.
pub fn all() -> Result<Vec<Vec<u8>>, EncodingError> {
    let mut pictures = Vec::new();
    for (width, height) in [(8, 8), (33, 17)] {
        for (colours, channels) in [
            (ColorType::Luma, 1),
            (ColorType::Rgb, 3),
            (ColorType::Ycbcr, 3),
            (ColorType::Cmyk, 4),
            (ColorType::CmykAsYcck, 4),
        ] {
            let pixels: Vec<u8> =
                (0..usize::from(width) * usize::from(height) * channels).map(|at| (at * 7 % 251) as u8).collect();
            let mut with = |set: &dyn Fn(&mut Encoder<&mut Vec<u8>>)| -> Result<(), EncodingError> {
                let mut jpeg = Vec::new();
                let mut encoder = Encoder::new(&mut jpeg, 50);
                set(&mut encoder);
                encoder.encode(&pixels, width, height, colours)?;
                pictures.push(jpeg);
                Ok(())
            };
            with(&|_| {})?;
            with(&|encoder| encoder.set_progressive(true))?;
            with(&|encoder| encoder.set_restart_interval(2))?;
            with(&|encoder| encoder.set_sampling_factor(SamplingFactor::F_2_2))?;
            with(&|encoder| encoder.set_sampling_factor(SamplingFactor::F_2_1))?;
            with(&|encoder| encoder.set_sampling_factor(SamplingFactor::F_4_1))?;
            with(&|encoder| encoder.set_optimized_huffman_tables(true))?;
        }
    }
    if let Some(first) = pictures.first().cloned() {
        let length = (first.len() as u16 + 2).to_be_bytes();
        let with_thumbnail = [&first[..2], &[0xFF, 0xE1], &length, &first, &first[2..]].concat();
        let with_rubbish_behind = [&first[..], &[0; 16]].concat();
        let without_end = first[..first.len() - 2].to_vec();
        pictures.extend([with_thumbnail, with_rubbish_behind, without_end]);
    }
    Ok(pictures)
}
