//! The `jpeg-encoder` crate. Gray and planes go in through buffers of our own: its own would expand gray byte by byte
//! and knows no planes.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError, ImageBuffer, JpegColorType};
use jpeg_encoder::{JfifWrite, SamplingFactor};

use super::{JpegEncoder, Order, Picture};
use crate::encode::EncodeError;
use crate::encode::rows::Rows;
use crate::encode::yuv::I420;

/// The output, and the rows of a picture that have padding, without it.
#[derive(Default)]
pub(super) struct Rust {
    output: Vec<u8>,
    packed: Vec<u8>,
}

impl JpegEncoder for Rust {
    fn compress(&mut self, picture: Picture<'_>, quality: u8) -> Result<&[u8], EncodeError> {
        self.output.clear();
        let mut encoder = Encoder::new(&mut self.output, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        match picture {
            Picture::Gray(rows) => encoder.encode_image(Gray(rows)),
            Picture::Planar(planes) => encoder.encode_image(Planar(planes)),
            Picture::Colour(rows, order) => colour(encoder, rows, order, &mut self.packed),
        }
        .map_err(|error| EncodeError::Failed { encoder: "rust", message: error.to_string() })?;
        Ok(&self.output)
    }
}

fn colour<W: JfifWrite>(
    mut encoder: Encoder<W>,
    rows: Rows<'_>,
    order: Order,
    packed: &mut Vec<u8>,
) -> Result<(), EncodingError> {
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let pixels = if rows.stride() == rows.width() {
        rows.data()
    } else {
        packed.clear();
        rows.iter().for_each(|row| packed.extend_from_slice(row));
        packed
    };
    let kind = match order {
        Order::Rgb => ColorType::Rgb,
        Order::Bgr => ColorType::Bgr,
        Order::Rgbx => ColorType::Rgba,
    };
    encoder.encode(pixels, side(rows.width() / order.pixel()), side(rows.len()), kind)
}

struct Gray<'a>(Rows<'a>);

impl ImageBuffer for Gray<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Luma
    }

    fn width(&self) -> u16 {
        side(self.0.width())
    }

    fn height(&self) -> u16 {
        side(self.0.len())
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        buffers[0].extend_from_slice(self.0.row(usize::from(y)));
    }
}

struct Planar<'a>(I420<'a>);

impl ImageBuffer for Planar<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        side(self.0.width)
    }

    fn height(&self) -> u16 {
        side(self.0.height)
    }

    /// The encoder asks for chroma at full size and, unless told to average, picks every second sample again.
    fn fill_buffers(&self, y: u16, [luma, u, v, _]: &mut [Vec<u8>; 4]) {
        let (y, width) = (usize::from(y), self.0.width);
        luma.extend_from_slice(&self.0.y.row(y)[..width]);
        for (chroma, row) in [(u, self.0.u.row(y / 2)), (v, self.0.v.row(y / 2))] {
            let start = chroma.len();
            chroma.resize(start + 2 * row.len(), 0);
            for (twice, sample) in chroma[start..].as_chunks_mut::<2>().0.iter_mut().zip(row) {
                *twice = [*sample; 2];
            }
            chroma.truncate(start + width);
        }
    }
}

/// [`crate::encode::MAX_SIDE`] is below what 16 bits hold.
fn side(pixels: usize) -> u16 {
    pixels as u16
}
