//! What can be seen: decoded pictures, and how like each other they are.

use anyhow::{Context, Result, ensure};
use turbojpeg::{Image, PixelFormat, Subsamp};

/// Red, green, blue, 8 bits each, rows without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
}

impl Picture {
    /// A picture whose pixels a function gives.
    pub fn drawn(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        Self { width, height, rgb }
    }

    /// Decodes a JPEG.
    ///
    /// # Errors
    /// It is none.
    pub fn from_jpeg(jpeg: &[u8]) -> Result<Self> {
        let image = turbojpeg::decompress(jpeg, PixelFormat::RGB).context("no readable JPEG")?;
        Ok(Self { width: image.width, height: image.height, rgb: image.pixels })
    }

    /// Encodes as JPEG, quality 90, without loss of colour resolution.
    ///
    /// # Errors
    /// It is too large for a JPEG.
    pub fn to_jpeg(&self) -> Result<Vec<u8>> {
        let &Self { width, height, .. } = self;
        let image = Image { pixels: &self.rgb[..], width, pitch: 3 * width, height, format: PixelFormat::RGB };
        Ok(turbojpeg::compress(image, 90, Subsamp::None)?.to_vec())
    }

    /// A part of the picture.
    ///
    /// # Errors
    /// It reaches beyond the picture.
    pub fn part(&self, at: Rectangle) -> Result<Self> {
        let inside = at.x + at.width <= self.width && at.y + at.height <= self.height;
        ensure!(inside, "{at:?} reaches beyond {}x{}", self.width, self.height);
        let rows = self.rgb.chunks_exact(3 * self.width).skip(at.y).take(at.height);
        let rgb = rows.flat_map(|row| &row[3 * at.x..3 * (at.x + at.width)]).copied().collect();
        Ok(Self { width: at.width, height: at.height, rgb })
    }

    /// Peak signal-to-noise ratio against a picture of the same size, in dB; infinite where they are the same.
    ///
    /// # Errors
    /// The sizes differ.
    pub fn psnr(&self, other: &Self) -> Result<f64> {
        Ok(10.0 * (255.0 * 255.0 / self.mean_square_difference(other)?).log10())
    }

    /// The mean over all samples of the squared difference to a picture of the same size.
    ///
    /// # Errors
    /// The sizes differ.
    pub fn mean_square_difference(&self, other: &Self) -> Result<f64> {
        let (own, theirs) = ((self.width, self.height), (other.width, other.height));
        ensure!(own == theirs && !self.rgb.is_empty(), "pictures of {own:?} and {theirs:?} cannot be compared");
        let squares: f64 = self.rgb.iter().zip(&other.rgb).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        Ok(squares / self.rgb.len() as f64)
    }

    /// The means of red, green and blue of the cells of a grid, row by row: what pictures of any size can be compared by.
    pub fn cells(&self, columns: usize, rows: usize) -> Vec<[f64; 3]> {
        let mut sums = vec![([0.0; 3], 0.0); columns * rows];
        for (at, pixel) in self.rgb.chunks_exact(3).enumerate() {
            let (x, y) = (at % self.width, at / self.width);
            let (sum, count) = &mut sums[y * rows / self.height * columns + x * columns / self.width];
            *count += 1.0;
            for (sum, sample) in sum.iter_mut().zip(pixel) {
                *sum += f64::from(*sample);
            }
        }
        sums.into_iter().map(|(sum, count)| sum.map(|sum| sum / f64::max(count, 1.0))).collect()
    }

    /// The share of cells of a grid in which two pictures of any size look alike. The grid is fine enough to show where
    /// colours are, and moving things are in few of its cells; JPEG and scaling change a cell less than what counts here.
    pub fn likeness(&self, other: &Self) -> f64 {
        let (own, others) = (self.cells(16, 12), other.cells(16, 12));
        let close = |(a, b): &(&[f64; 3], &[f64; 3])| a.iter().zip(*b).all(|(a, b)| (a - b).abs() < 12.0);
        own.iter().zip(&others).filter(close).count() as f64 / own.len() as f64
    }

    /// The mean of red, green and blue.
    pub fn mean(&self) -> [f64; 3] {
        let pixels = (self.rgb.len() / 3).max(1) as f64;
        [0, 1, 2].map(|channel| self.rgb.iter().skip(channel).step_by(3).map(|v| f64::from(*v)).sum::<f64>() / pixels)
    }

    /// How much brightness varies: the standard deviation of the samples, 0 for a plain colour.
    pub fn contrast(&self) -> f64 {
        let mean = self.rgb.iter().map(|v| f64::from(*v)).sum::<f64>() / self.rgb.len().max(1) as f64;
        let squares: f64 = self.rgb.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
        (squares / self.rgb.len().max(1) as f64).sqrt()
    }

    /// The colour circle's angle of the mean colour, 0 to 360 degrees, red at 0; none for a gray.
    pub fn hue(&self) -> Option<f64> {
        let [r, g, b] = self.mean();
        let (max, min) = (r.max(g).max(b), r.min(g).min(b));
        let spread = max - min;
        if spread < 2.0 {
            return None;
        }
        let sixth = if max == r {
            (g - b) / spread
        } else if max == g {
            2.0 + (b - r) / spread
        } else {
            4.0 + (r - g) / spread
        };
        Some((60.0 * sixth).rem_euclid(360.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(shift: usize) -> Picture {
        Picture::drawn(64, 48, |x, y| [(4 * x) as u8, (5 * y) as u8, (x + y + shift) as u8])
    }

    #[test]
    fn a_picture_survives_a_jpeg_and_another_one_does_not_pass_for_it() {
        let decoded = Picture::from_jpeg(&slope(0).to_jpeg().unwrap()).unwrap();
        assert!(decoded.psnr(&slope(0)).unwrap() > 38.0);
        assert!(decoded.psnr(&slope(100)).unwrap() < 20.0);
        assert_eq!(slope(0).psnr(&slope(0)).unwrap(), f64::INFINITY);
    }

    #[test]
    fn swapped_red_and_blue_do_not_pass_for_the_same_colours() {
        let swapped = Picture::drawn(64, 48, |x, y| [(x + y) as u8, (5 * y) as u8, (4 * x) as u8]);
        assert!(swapped.psnr(&slope(0)).unwrap() < 15.0);
    }

    #[test]
    fn a_part_is_cut_out_where_it_lies() {
        let part = slope(0).part(Rectangle { x: 10, y: 20, width: 2, height: 1 }).unwrap();
        assert_eq!(part.rgb, [40, 100, 30, 44, 100, 31]);
        assert!(slope(0).part(Rectangle { x: 63, y: 0, width: 2, height: 1 }).is_err());
    }

    #[test]
    fn cells_tell_what_is_where_whatever_the_size() {
        let halves =
            |width, height| Picture::drawn(width, height, |x, _| if 2 * x < width { [200, 0, 0] } else { [0; 3] });
        let expected = vec![[200.0, 0.0, 0.0], [0.0; 3], [200.0, 0.0, 0.0], [0.0; 3]];
        assert_eq!(halves(64, 48).cells(2, 2), expected);
        assert_eq!(halves(10, 6).cells(2, 2), expected);
    }

    #[test]
    fn a_likeness_is_seen_at_any_size_and_not_between_different_pictures() {
        let halves = |width, red| {
            Picture::drawn(width, 3 * width / 4, move |x, _| if 2 * x < width { [red, 0, 0] } else { [0; 3] })
        };
        assert_eq!(halves(640, 200).likeness(&halves(320, 195)), 1.0);
        assert_eq!(halves(640, 200).likeness(&halves(320, 100)), 0.5);
    }

    #[test]
    fn hues_lie_around_the_circle_and_gray_has_none() {
        let hue_of = |rgb| Picture::drawn(2, 2, |_, _| rgb).hue();
        assert_eq!(hue_of([200, 0, 0]), Some(0.0));
        assert_eq!(hue_of([0, 200, 0]), Some(120.0));
        assert_eq!(hue_of([0, 0, 200]), Some(240.0));
        assert_eq!(hue_of([90, 90, 90]), None);
    }
}
