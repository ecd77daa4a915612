//! JPEG encoders behind one trait: libjpeg-turbo, and one in pure Rust that is three times slower and needs no C toolchain.

mod rust;
#[cfg(feature = "turbo")]
mod turbo;

use cameracast_config::Encoder as Kind;

use super::EncodeError;
use super::rows::Rows;
use super::yuv::I420;

/// A picture in one of the forms that the encoders take as it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Picture<'a> {
    /// 8 bits, full range.
    Gray(Rows<'a>),
    /// Three or four bytes a pixel.
    Colour(Rows<'a>, Order),
    /// Planar, full range, BT.601.
    Planar(I420<'a>),
}

/// The bytes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Red, green, blue, unused.
    Rgbx,
}

impl Order {
    /// Bytes of a pixel.
    pub(super) fn pixel(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Rgbx => 4,
        }
    }
}

/// Compresses pictures one after the other, 4:2:0 where they have colour, and reuses its memory.
pub(super) trait JpegEncoder: Send {
    /// A complete JPEG, valid until the next call. `quality` is 1 to 100.
    ///
    /// # Errors
    /// The encoder refused.
    fn compress(&mut self, picture: Picture<'_>, quality: u8) -> Result<&[u8], EncodeError>;
}

/// A new encoder of the kind that the configuration names.
///
/// # Errors
/// It could not be started, or is not part of this build.
pub(super) fn encoder(kind: Kind) -> Result<Box<dyn JpegEncoder>, EncodeError> {
    match kind {
        #[cfg(feature = "turbo")]
        Kind::Turbo => Ok(Box::new(turbo::Turbo::new()?)),
        #[cfg(not(feature = "turbo"))]
        Kind::Turbo => Err(EncodeError::Failed {
            encoder: "turbo",
            message: "it is not part of this build; encoder = \"rust\" is".into(),
        }),
        Kind::Rust => Ok(Box::new(rust::Rust::default())),
    }
}
