//! Why a frame cannot be encoded: a sentence for the log, a short cause for the counters.

use crate::capture::PixelFormat;

/// Why a frame cannot be encoded. The frame is dropped and counted by [`EncodeError::cause`]; the next one may be fine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// No JPEG can have this size.
    #[error("a frame of {width}x{height} cannot be encoded: each side has to be 1 to {max} pixels", max = super::MAX_SIDE)]
    Size {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The camera delivered less than its layout says.
    #[error("the buffer is too short for {format:?} {width}x{height}: needs {needs} bytes, has {has}")]
    Short {
        /// What the camera says it is.
        format: PixelFormat,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Bytes from the beginning of the buffer to the end of the last row of the plane that ends too early.
        needs: usize,
        /// Bytes.
        has: usize,
    },
    /// Rows that overlap, or lie further apart than any buffer is long.
    #[error("{format:?}: rows of {row} bytes cannot lie {stride} bytes apart")]
    Stride {
        /// What the camera says it is.
        format: PixelFormat,
        /// Bytes of a row.
        row: usize,
        /// Bytes from one row to the next.
        stride: usize,
    },
    /// A gray depth that has no meaning.
    #[error("gray of {0} bits cannot be encoded: 8 to 16 bits are")]
    Bits(u8),
    /// A JPEG from a camera ends before its end-of-image marker.
    #[error("truncated JPEG: {0} bytes and no end-of-image marker")]
    TruncatedJpeg(usize),
    /// What a camera calls a JPEG is none.
    #[error("not a JPEG: {0}")]
    NotJpeg(&'static str),
    /// The encoder itself refused.
    #[error("the {encoder} encoder failed: {message}")]
    Failed {
        /// Which one.
        encoder: &'static str,
        /// What it says.
        message: String,
    },
    /// The system gives no more threads.
    #[error("no thread for an encoder: {0}")]
    Thread(String),
    /// A bug, or a camera's SDK that panicked when its buffer was given back; the encoder starts afresh.
    #[error("the encoder's thread panicked: {0}")]
    Panicked(String),
}

impl EncodeError {
    /// The key of the drop counters.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Short { .. } => "short frame",
            Self::TruncatedJpeg(_) => "truncated jpeg",
            Self::NotJpeg(_) => "not a jpeg",
            Self::Size { .. } | Self::Stride { .. } | Self::Bits(_) => "bad layout",
            Self::Failed { .. } | Self::Thread(_) | Self::Panicked(_) => "encode failed",
        }
    }
}
