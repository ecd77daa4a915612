//! A large picture that has to be converted is converted and compressed a band at a time: what was converted is still in
//! the processor's cache when the encoder fetches it, and the memory for it stays small.

use std::ops::Range;

use super::EncodeError;
use super::rows::Rows;
use crate::capture::{Frame, Layout, PixelFormat};

/// About as many pixels go into one band: with what is made of it, it fits into a megabyte.
const PIXELS: usize = 256 << 10;
/// A picture that would have fewer bands is not divided: its planes stay in the cache anyway, and each band costs the
/// encoder a start.
const FEWEST: usize = 3;
/// Rows of the largest unit of a JPEG: those of a block of chroma at half the height.
const UNIT: usize = 16;

/// Some rows of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Band<'a> {
    frame: &'a Frame,
    rows: Range<usize>,
}

impl<'a> Band<'a> {
    /// All rows.
    pub(crate) fn whole(frame: &'a Frame) -> Self {
        Self { frame, rows: 0..frame.layout.height as usize }
    }

    /// The bands of a frame, from the top; one where it is small, or hardly converted.
    pub(crate) fn of(frame: &'a Frame) -> impl ExactSizeIterator<Item = Self> {
        let Layout { format, width, height, .. } = frame.layout;
        // Other formats have planes that the encoder takes from the camera's own buffer, or need only a pass over luma.
        let converted = matches!(format, PixelFormat::Yuyv | PixelFormat::Uyvy | PixelFormat::Bayer8(_));
        let (width, height) = (width as usize, height as usize);
        let step = match converted && width * height >= FEWEST * PIXELS {
            true => (PIXELS / width / UNIT * UNIT).max(UNIT),
            false => height.max(1),
        };
        (0..height).step_by(step).map(move |first| Self { frame, rows: first..height.min(first + step) })
    }

    /// How its rows would lie, were they all of the frame.
    pub(crate) fn layout(&self) -> Layout {
        Layout { height: self.rows.len() as u32, ..self.frame.layout }
    }

    /// Which rows of the frame it has.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Its rows of a plane; chroma on a plane of its own has half as many.
    ///
    /// # Errors
    /// Those of [`Rows::of_plane`].
    pub(crate) fn plane(&self, plane: usize) -> Result<Rows<'a>, EncodeError> {
        let Range { start, end } = self.rows;
        let rows = Rows::of_plane(self.frame, plane)?;
        Ok(if plane == 0 { rows.part(start..end) } else { rows.part(start / 2..end.div_ceil(2)) })
    }

    /// All rows of the frame's first plane, for a conversion that looks beyond the band.
    ///
    /// # Errors
    /// Those of [`Rows::of_plane`].
    pub(crate) fn with_neighbours(&self) -> Result<Rows<'a>, EncodeError> {
        Rows::of_plane(self.frame, 0)
    }
}
