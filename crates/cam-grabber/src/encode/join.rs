//! One JPEG out of those of a picture's bands. Each begins afresh, as a restart interval does (ITU-T T.81, E.1.4): their
//! compressed data stand one after the other as they are, with restart markers between. The headers are the first band's,
//! with the picture's height and the length of an interval.

use super::EncodeError;
use super::markers::{DRI, EOI, MARKER, RST0, Reader, SOS, Segment};

const NO_END: EncodeError = EncodeError::NotJpeg("it does not end with an end-of-image marker");
const NO_SIZE: EncodeError = EncodeError::NotJpeg("its header names no size");

/// Puts bands together, and reuses its memory.
#[derive(Debug, Default)]
pub(super) struct Join {
    jpeg: Vec<u8>,
    height: u16,
    bands: usize,
}

impl Join {
    /// Begins a picture of this height.
    pub(super) fn begin(&mut self, height: u16) {
        self.jpeg.clear();
        (self.height, self.bands) = (height, 0);
    }

    /// Adds the JPEG of the next band. All have the same settings, and all but the last the same height.
    ///
    /// # Errors
    /// It is no JPEG as the encoders make them.
    pub(super) fn add(&mut self, band: &[u8]) -> Result<(), EncodeError> {
        let mut reader = Reader::new(band)?;
        let mut frame_header = None;
        let scan_header = loop {
            let segment = reader.segment()?;
            if segment.is_frame_header() {
                frame_header = Some(segment);
            }
            if segment.marker == SOS {
                break segment;
            }
        };
        let (headers, data) =
            band.strip_suffix(&[MARKER, EOI]).ok_or(NO_END)?.split_at_checked(reader.at()).ok_or(NO_END)?;
        match self.bands.checked_sub(1) {
            None => self.headers(headers, frame_header.ok_or(NO_SIZE)?, scan_header)?,
            Some(before) => self.jpeg.extend_from_slice(&[MARKER, RST0 + (before % 8) as u8]),
        }
        self.jpeg.extend_from_slice(data);
        self.bands += 1;
        Ok(())
    }

    /// The whole picture's JPEG.
    pub(super) fn end(&mut self) -> &[u8] {
        self.jpeg.extend_from_slice(&[MARKER, EOI]);
        &self.jpeg
    }

    fn headers(&mut self, headers: &[u8], frame: Segment<'_>, scan: Segment<'_>) -> Result<(), EncodeError> {
        let [often, times] = units(frame).ok_or(NO_SIZE)?.to_be_bytes();
        let (before_scan, scan) = headers.split_at(scan.at);
        self.jpeg.extend_from_slice(before_scan);
        // Behind the marker, the segment's length and the samples' depth.
        let height = self.jpeg.get_mut(frame.at + 5..frame.at + 7).ok_or(NO_SIZE)?;
        height.copy_from_slice(&self.height.to_be_bytes());
        self.jpeg.extend_from_slice(&[MARKER, DRI, 0, 4, often, times]);
        self.jpeg.extend_from_slice(scan);
        Ok(())
    }
}

/// Of how many units (T.81's MCU) a picture consists: of blocks where it is gray, otherwise of what has a whole block of
/// each component. The first is luma, and the finest.
fn units(frame_header: Segment<'_>) -> Option<u16> {
    let (width, height) = frame_header.frame_size()?;
    let (across, down) = match *frame_header.body.get(5..)? {
        [1, ..] => (8, 8),
        [_, _id, sampling, ..] => (8 * u16::from(sampling >> 4), 8 * u16::from(sampling & 15)),
        _ => return None,
    };
    if across == 0 || down == 0 { None } else { width.div_ceil(across).checked_mul(height.div_ceil(down)) }
}
