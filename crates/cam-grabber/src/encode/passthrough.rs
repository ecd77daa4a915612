//! Cameras that compress by themselves: their JPEG is checked, and sent without a copy.

use std::time::Instant;

use bytes::Bytes;

use super::markers::{EOI, MARKER, Reader, SOS};
use super::{EncodeError, Encoded};

const NO_SIZE: EncodeError = EncodeError::NotJpeg("its header names no size");
const TWO_SIZES: EncodeError = EncodeError::NotJpeg("its header names two sizes");

/// A camera's JPEG from SOI to EOI, and its size in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CameraJpeg {
    pub(super) jpeg: Bytes,
    pub(super) width: u16,
    pub(super) height: u16,
}

impl CameraJpeg {
    pub(super) fn encoded(self, start: Instant) -> Encoded {
        let Self { jpeg, width, height } = self;
        Encoded { jpeg, width: width.into(), height: height.into(), took: start.elapsed() }
    }
}

/// The JPEG in a camera's buffer, without what UVC cameras leave behind it. The slice keeps the camera's buffer until it
/// has been sent.
///
/// # Errors
/// It does not begin as a JPEG, names no size, or has no end.
pub(super) fn whole(buffer: &Bytes) -> Result<CameraJpeg, EncodeError> {
    let (width, height, header) = read_header(buffer)?;
    let end = end(buffer, header).ok_or(EncodeError::TruncatedJpeg(buffer.len()))?;
    Ok(CameraJpeg { jpeg: buffer.slice(..end), width, height })
}

/// The same for cameras that leave out the end, as some do always: a copy with the end behind it. Viewers show what is
/// there; where data are missing, too, the rest of the picture is gray.
///
/// # Errors
/// It does not begin as a JPEG, names no size, or ends in its header.
pub(super) fn completed(buffer: &Bytes) -> Result<CameraJpeg, EncodeError> {
    let (width, height, header) = read_header(buffer)?;
    let jpeg = match end(buffer, header) {
        Some(end) => buffer.slice(..end),
        None => [buffer, &[MARKER, EOI][..]].concat().into(),
    };
    Ok(CameraJpeg { jpeg, width, height })
}

/// Where the EOI ends. Compressed data never contain one; the thumbnail in a header does.
fn end(buffer: &[u8], header: usize) -> Option<usize> {
    Some(header + buffer.get(header..)?.windows(2).rposition(|pair| pair == [MARKER, EOI])? + 2)
}

/// Width, height, and the number of bytes before the compressed data.
fn read_header(buffer: &[u8]) -> Result<(u16, u16, usize), EncodeError> {
    let mut reader = Reader::new(buffer)?;
    let mut size = None;
    loop {
        let segment = reader.segment()?;
        if segment.is_frame_header() && size.replace(segment.frame_size().ok_or(NO_SIZE)?).is_some() {
            return Err(TWO_SIZES);
        }
        if segment.marker == SOS {
            break;
        }
    }
    match size {
        Some((width, height)) if width > 0 && height > 0 => Ok((width, height, reader.at())),
        _ => Err(NO_SIZE),
    }
}

#[cfg(test)]
mod tests;
