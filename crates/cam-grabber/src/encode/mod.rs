//! From a camera's frame to a JPEG. What goes which way:
//!
//! | format | way to the encoder |
//! |---|---|
//! | gray, 8 bits | as it lies in the camera's buffer |
//! | gray, 10 to 16 bits | `mono`: to 8 bits |
//! | RGB, BGR | as it lies in the camera's buffer |
//! | Bayer | `bayer`: to four bytes a pixel |
//! | I420 | as it lies in the camera's buffer, where size and range allow |
//! | NV12, YUYV, UYVY | `yuv`: to planes |
//! | JPEG | `passthrough`: checked, not touched; where that is configured, a missing end appended |
//!
//! Large pictures that are converted go through in `bands`, and `join` makes one JPEG of them.
//!
//! An [`Encoder`] belongs to one thread and reuses its memory; an [`EncoderPool`] runs several side by side.

mod bands;
mod bayer;
mod error;
mod join;
mod jpeg;
mod markers;
mod mono;
mod passthrough;
mod pool;
mod range;
mod rows;
#[cfg(target_arch = "x86_64")]
mod simd;
mod yuv;

use std::time::{Duration, Instant};

use bytes::Bytes;
use cameracast_config::Encoder as Kind;

pub use error::EncodeError;
pub use pool::{EncoderPool, Job};

use crate::capture::{Frame, Layout, PixelFormat};
use bands::Band;
use join::Join;
use jpeg::{JpegEncoder, Order, Picture};

/// The longest side that can be encoded, pixels: libjpeg's limit.
pub const MAX_SIDE: u32 = 65_500;

/// A frame, compressed.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// A complete JPEG, SOI to EOI.
    pub jpeg: Bytes,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How long conversion and compression took.
    pub took: Duration,
}

/// Converts and compresses frames, one after the other.
pub struct Encoder {
    jpeg: Box<dyn JpegEncoder>,
    scratch: Scratch,
    join: Join,
}

/// Memory for converted pictures, kept from frame to frame.
#[derive(Default)]
struct Scratch {
    interleaved: Vec<u8>,
    planes: yuv::Planes,
}

impl Encoder {
    /// An encoder of the kind that the configuration names.
    ///
    /// # Errors
    /// It could not be started.
    pub fn new(kind: Kind) -> Result<Self, EncodeError> {
        Ok(Self { jpeg: jpeg::encoder(kind)?, scratch: Scratch::default(), join: Join::default() })
    }

    /// Compresses a frame. `quality` is 1 to 100 and does not apply to frames that the camera compressed.
    ///
    /// # Errors
    /// The frame does not hold what its layout says, or cannot be a JPEG.
    pub fn encode(&mut self, frame: &Frame, quality: u8) -> Result<Encoded, EncodeError> {
        let start = Instant::now();
        let Layout { format, width, height, .. } = frame.layout;
        match format {
            PixelFormat::Jpeg => return Ok(passthrough::whole(&frame.data)?.encoded(start)),
            PixelFormat::JpegToComplete => return Ok(passthrough::completed(&frame.data)?.encoded(start)),
            _ => {}
        }
        let jpeg = Bytes::copy_from_slice(self.compress(frame, quality.clamp(1, 100))?);
        Ok(Encoded { jpeg, width, height, took: start.elapsed() })
    }

    /// Only brings a frame into the form that the compressor takes: what that costs, benchmarks ask.
    ///
    /// # Errors
    /// The frame does not hold what its layout says.
    pub fn convert(&mut self, frame: &Frame) -> Result<(), EncodeError> {
        Band::of(frame).try_for_each(|band| self.scratch.picture(&band).map(drop))
    }

    fn compress(&mut self, frame: &Frame, quality: u8) -> Result<&[u8], EncodeError> {
        let Self { jpeg, scratch, join } = self;
        let bands = Band::of(frame);
        if bands.len() <= 1 {
            return jpeg.compress(scratch.picture(&Band::whole(frame))?, quality);
        }
        join.begin(frame.layout.height as u16);
        for band in bands {
            join.add(jpeg.compress(scratch.picture(&band)?, quality)?)?;
        }
        Ok(join.end())
    }
}

impl Scratch {
    /// A band in a form that the encoders take.
    fn picture<'a>(&'a mut self, band: &Band<'a>) -> Result<Picture<'a>, EncodeError> {
        let Self { interleaved, planes } = self;
        Ok(match band.layout().format {
            PixelFormat::Mono8 | PixelFormat::Mono16 { .. } => Picture::Gray(mono::gray(band, interleaved)?),
            PixelFormat::Rgb8 => Picture::Colour(band.plane(0)?, Order::Rgb),
            PixelFormat::Bgr8 => Picture::Colour(band.plane(0)?, Order::Bgr),
            PixelFormat::Bayer8(order) => {
                let mosaic = band.with_neighbours()?;
                Picture::Colour(bayer::demosaic(mosaic, order, band.rows(), interleaved), Order::Rgbx)
            }
            PixelFormat::Yuyv => Picture::Planar(yuv::from_422(band, yuv::Order::LumaFirst, planes)?),
            PixelFormat::Uyvy => Picture::Planar(yuv::from_422(band, yuv::Order::ChromaFirst, planes)?),
            PixelFormat::I420 => Picture::Planar(yuv::from_i420(band, planes)?),
            PixelFormat::Nv12 => Picture::Planar(yuv::from_nv12(band, planes)?),
            PixelFormat::Jpeg | PixelFormat::JpegToComplete => {
                return Err(EncodeError::NotJpeg("it is passed through, not compressed"));
            }
        })
    }
}

#[cfg(test)]
mod tests;
