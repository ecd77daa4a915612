//! The forms in which a viewer gets pictures: where one message ends, and where it says when it was due.

use bytes::Bytes;
use frame_bundle::{BUNDLE_HEADER_SIZE, FRAME_HEADER_SIZE, FrameBundle};

use crate::load::{Load, MARK, TIMESTAMP_US, number};

const BINARY: u8 = 0x82;
/// The longest header of a WebSocket frame from a server.
const FRAME: usize = 10;
/// What stands behind each picture of an MJPEG stream.
const BOUNDARY: &[u8] = b"\r\n--frame\r\n";

/// What one message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A bundle, over a WebSocket.
    Bundles,
    /// One camera's JPEG, over a WebSocket.
    Jpegs,
    /// A part of an MJPEG stream.
    Parts,
}

/// What stands at the beginning of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes of the whole message.
    pub(crate) size: usize,
    /// When it was due, if it holds pictures.
    pub(crate) due_us: Option<u64>,
}

impl Form {
    /// The most that any form's head takes.
    pub(crate) const LONGEST: usize = 128;

    /// So many bytes of a message hold its head, and all that is not the same in every message.
    pub(crate) fn longest_head(self) -> usize {
        match self {
            Self::Bundles => FRAME + BUNDLE_HEADER_SIZE + FRAME_HEADER_SIZE + MARK.len(),
            Self::Jpegs => FRAME + MARK.len(),
            Self::Parts => Self::LONGEST,
        }
    }

    /// `None` as long as more bytes are needed.
    pub(crate) fn head(self, bytes: &[u8]) -> Option<Head> {
        let (data_at, time_at, size) = match self {
            Self::Parts => {
                let data_at = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
                let size = data_at + content_length(bytes.get(..data_at)?)? + BOUNDARY.len();
                (data_at, MARK, size)
            }
            Self::Bundles | Self::Jpegs => {
                let (payload_at, payload) = frame(bytes)?;
                let size = payload_at + payload;
                if bytes.first() != Some(&BINARY) {
                    return Some(Head { size, due_us: None });
                }
                (payload_at, if self == Self::Bundles { TIMESTAMP_US } else { MARK }, size)
            }
        };
        let data = bytes.get(data_at..data_at + time_at.end)?;
        Some(Head { size, due_us: Some(number(data, time_at)) })
    }

    /// What every message with pictures ends with, but for what its head holds.
    pub(crate) fn expected(self, load: Load) -> anyhow::Result<Bytes> {
        let bundle = load.bundle()?;
        let jpeg =
            || anyhow::Ok(FrameBundle::parse(bundle.clone())?.frame(0).map(|frame| frame.data).unwrap_or_default());
        Ok(match self {
            Self::Bundles => bundle,
            Self::Jpegs => jpeg()?,
            Self::Parts => [&jpeg()?, BOUNDARY].concat().into(),
        })
    }
}

/// Where the payload of a WebSocket frame begins, and its size.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [_, 127, size @ ..] => Some((10, u64::from_be_bytes(size.get(..8)?.try_into().ok()?) as usize)),
        [_, 126, high, low, ..] => Some((4, usize::from(u16::from_be_bytes([*high, *low])))),
        [_, 126, ..] => None,
        [_, size, ..] => Some((2, usize::from(*size))),
        _ => None,
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_as_long_as_it_says_and_was_due_when_its_picture_says() {
        let part =
            b"Content-Type: image/jpeg\r\nContent-Length: 1000\r\nX-Timestamp: 1.000000\r\n\r\n\x07\0\0\0\0\0\0\0";
        let head = part.len() - MARK.len();
        for more in 0..part.len() {
            assert_eq!(Form::Parts.head(&part[..more]), None);
        }
        let size = head + 1000 + BOUNDARY.len();
        assert_eq!(Form::Parts.head(part), Some(Head { size, due_us: Some(7) }));
    }

    #[test]
    fn a_text_between_jpegs_is_stepped_over() {
        assert_eq!(Form::Jpegs.head(b"\x81\x03{}"), Some(Head { size: 5, due_us: None }));
        let jpeg = b"\x82\x7E\x27\x10\x09\0\0\0\0\0\0\0";
        assert_eq!(Form::Jpegs.head(jpeg), Some(Head { size: 10_004, due_us: Some(9) }));
    }
}
