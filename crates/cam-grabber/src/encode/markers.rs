//! The markers and segments of a JPEG's header.

use super::EncodeError;

pub(super) const MARKER: u8 = 0xff;
const TEM: u8 = 0x01;
pub(super) const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DRI: u8 = 0xdd;
/// The first of eight restart markers, which are taken by turns.
pub(super) const RST0: u8 = 0xd0;
/// Where a marker has to be is none.
pub(super) const DAMAGED: EncodeError = EncodeError::NotJpeg("its header is damaged");

/// One segment, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    pub(super) body: &'a [u8],
    /// Bytes from the beginning of the JPEG.
    pub(super) at: usize,
}

impl Segment<'_> {
    /// SOF0 to SOF15; DHT, JPG and DAC lie among them.
    pub(super) fn is_frame_header(&self) -> bool {
        matches!(self.marker, 0xc0..=0xcf) && !matches!(self.marker, 0xc4 | 0xc8 | 0xcc)
    }

    /// Width and height, of a frame header.
    pub(super) fn frame_size(&self) -> Option<(u16, u16)> {
        let [_precision, height_high, height_low, width_high, width_low, ..] = *self.body else { return None };
        Some((u16::from_be_bytes([width_high, width_low]), u16::from_be_bytes([height_high, height_low])))
    }
}

/// Reads a header segment by segment.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    len: usize,
}

impl<'a> Reader<'a> {
    /// A reader that stands behind the start-of-image marker.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn new(jpeg: &'a [u8]) -> Result<Self, EncodeError> {
        let mut reader = Self { rest: jpeg, len: jpeg.len() };
        match reader.array()? {
            [MARKER, SOI] => Ok(reader),
            _ => Err(EncodeError::NotJpeg("it does not begin with a start-of-image marker")),
        }
    }

    /// Bytes that were read.
    pub(super) fn at(&self) -> usize {
        self.len - self.rest.len()
    }

    /// The next segment.
    ///
    /// # Errors
    /// The JPEG ends before it does, or something else is there.
    pub(super) fn segment(&mut self) -> Result<Segment<'a>, EncodeError> {
        let at = self.at();
        let [mut marker] = self.array()?;
        if marker != MARKER {
            return Err(DAMAGED);
        }
        // Any number of fill bytes may stand before the marker's own.
        while marker == MARKER {
            [marker] = self.array()?;
        }
        // These stand alone (T.81, table B.1), and not in a header: readers would go on at different places.
        if matches!(marker, 0x00 | TEM | RST0..=EOI) {
            return Err(DAMAGED);
        }
        let length = u16::from_be_bytes(self.array()?);
        let body = usize::from(length).checked_sub(2).ok_or(DAMAGED)?;
        let (body, rest) = self.rest.split_at_checked(body).ok_or(EncodeError::TruncatedJpeg(self.len))?;
        self.rest = rest;
        Ok(Segment { marker, body, at })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EncodeError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(EncodeError::TruncatedJpeg(self.len))?;
        self.rest = rest;
        Ok(*array)
    }
}
