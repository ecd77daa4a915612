//! A frame's planes as rows that are known to lie inside its buffer. All that follows reads through these.

use std::ops::Range;

use super::{EncodeError, MAX_SIDE};
use crate::capture::{Frame, Layout};

/// One plane: `len()` rows of `width` bytes, each `stride` bytes after the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    data: &'a [u8],
    stride: usize,
    width: usize,
    len: usize,
}

impl<'a> Rows<'a> {
    /// Rows without padding; `data` has to be `width` times a whole number of bytes long.
    pub(crate) fn packed(data: &'a [u8], width: usize) -> Self {
        Self { data, stride: width, width, len: data.len() / width.max(1) }
    }

    /// One plane of a frame, whose layout is not to be trusted: the camera says one thing and may deliver another.
    ///
    /// # Errors
    /// The size is no picture's, the plane does not lie within the buffer, or its rows overlap.
    pub(crate) fn of_plane(frame: &'a Frame, plane: usize) -> Result<Self, EncodeError> {
        let Layout { format, width, height, planes, .. } = frame.layout;
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(EncodeError::Size { width, height });
        }
        let (row, len) = format.plane_sizes(width, height)[plane];
        let stride = if len < 2 { row } else { planes[plane].stride };
        // The encoders are C and count in i32.
        if stride < row || i32::try_from(stride).is_err() {
            return Err(EncodeError::Stride { format, row, stride });
        }
        let start = planes[plane].offset;
        let end = start.saturating_add(stride.saturating_mul(len.saturating_sub(1))).saturating_add(row);
        match frame.data.get(start..end) {
            Some(data) => Ok(Self { data, stride, width: row, len }),
            None => Err(EncodeError::Short { format, width, height, needs: end, has: frame.data.len() }),
        }
    }

    /// Some of the rows; what is not there is left out.
    pub(crate) fn part(&self, rows: Range<usize>) -> Self {
        let (first, end) = (rows.start.min(self.len), rows.end.min(self.len));
        let len = end.saturating_sub(first);
        let bytes = if len == 0 { 0 } else { (len - 1) * self.stride + self.width };
        Self { data: &self.data[first * self.stride..][..bytes], len, ..*self }
    }

    /// From the first byte of the first row to the last byte of the last.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Bytes from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Bytes of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Row `y`; beyond the last row, the last row.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        let start = y.min(self.len - 1) * self.stride;
        &self.data[start..start + self.width]
    }

    /// All rows, from the top.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (data, width) = (self.data, self.width);
        data.chunks(self.stride).map(move |row| &row[..width])
    }
}
