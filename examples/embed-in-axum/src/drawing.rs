//! Something simple that moves: a white square over a colour wash.

use jpeg_encoder::{ColorType, Encoder, EncodingError};

const WIDTH: u16 = 640;
const HEIGHT: u16 = 480;
const SQUARE: u16 = 80;

/// The picture with this number, as a JPEG.
///
/// # Errors
/// The encoder refused, which it does not do with pictures of this size.
pub(crate) fn picture(number: u64) -> Result<Vec<u8>, EncodingError> {
    let left = (number * 4 % u64::from(WIDTH - SQUARE)) as u16;
    let top = (HEIGHT - SQUARE) / 2;
    let pixel = |x: u16, y: u16| {
        let in_square = (left..left + SQUARE).contains(&x) && (top..top + SQUARE).contains(&y);
        if in_square { [255; 3] } else { [(x / 4) as u8, (y / 2) as u8, 120] }
    };
    let pixels: Vec<u8> = (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| pixel(x, y))).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 80).encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb)?;
    Ok(jpeg)
}
