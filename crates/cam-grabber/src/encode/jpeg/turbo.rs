//! libjpeg-turbo: SIMD throughout, and planes are taken without a colour conversion.

use turbojpeg::{Compressor, Image, OutputBuf, PixelFormat, Subsamp, YuvPlanesImage, compressed_buf_len};

use super::{JpegEncoder, Order, Picture};
use crate::encode::EncodeError;
use crate::encode::rows::Rows;

/// One compressor, and an output buffer that holds the largest JPEG a picture can become; only what is written of it
/// takes real memory.
pub(super) struct Turbo {
    compressor: Compressor,
    output: Vec<u8>,
}

impl Turbo {
    /// A compressor with its own state.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn new() -> Result<Self, EncodeError> {
        Ok(Self { compressor: Compressor::new().map_err(failed)?, output: Vec::new() })
    }

    fn reserve(&mut self, width: usize, height: usize, subsamp: Subsamp) -> Result<(), EncodeError> {
        let largest = compressed_buf_len(width, height, subsamp).map_err(failed)?;
        if self.output.len() < largest {
            self.output = vec![0; largest];
        }
        Ok(())
    }

    fn interleaved(&mut self, rows: Rows<'_>, format: PixelFormat, subsamp: Subsamp) -> Result<usize, EncodeError> {
        let (width, height) = (rows.width() / format.size(), rows.len());
        self.reserve(width, height, subsamp)?;
        self.compressor.set_subsamp(subsamp).map_err(failed)?;
        let image = Image { pixels: rows.data(), width, pitch: rows.stride(), height, format };
        self.compressor.compress_to_slice(image, &mut self.output).map_err(failed)
    }
}

impl JpegEncoder for Turbo {
    fn compress(&mut self, picture: Picture<'_>, quality: u8) -> Result<&[u8], EncodeError> {
        self.compressor.set_quality(i32::from(quality)).map_err(failed)?;
        let len = match picture {
            Picture::Gray(rows) => self.interleaved(rows, PixelFormat::GRAY, Subsamp::Gray)?,
            Picture::Colour(rows, Order::Rgb) => self.interleaved(rows, PixelFormat::RGB, Subsamp::Sub2x2)?,
            Picture::Colour(rows, Order::Bgr) => self.interleaved(rows, PixelFormat::BGR, Subsamp::Sub2x2)?,
            Picture::Colour(rows, Order::Rgbx) => self.interleaved(rows, PixelFormat::RGBX, Subsamp::Sub2x2)?,
            Picture::Planar(planes) => {
                let (width, height, subsamp) = (planes.width, planes.height, Subsamp::Sub2x2);
                self.reserve(width, height, subsamp)?;
                let image = YuvPlanesImage {
                    y_plane: planes.y.data(),
                    u_plane: planes.u.data(),
                    v_plane: planes.v.data(),
                    width,
                    height,
                    y_stride: planes.y.stride(),
                    u_stride: planes.u.stride(),
                    v_stride: planes.v.stride(),
                    subsamp,
                };
                let mut output = OutputBuf::borrowed(&mut self.output);
                self.compressor.compress_yuv_planes(&image, &mut output).map_err(failed)?;
                output.len()
            }
        };
        Ok(&self.output[..len])
    }
}

fn failed(error: turbojpeg::Error) -> EncodeError {
    EncodeError::Failed { encoder: "turbo", message: error.to_string() }
}
