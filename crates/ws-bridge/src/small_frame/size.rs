//! How large a small frame is. Pure.

use std::fmt;
use std::str::FromStr;

/// Pixels of each side that can be asked for.
const ALLOWED: std::ops::RangeInclusive<u16> = 16..=4096;

/// The size that somebody asks for: 16 to 4096 pixels each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u16,
    height: u16,
}

/// How a picture gets the size that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// As large as fits into it, never distorted: one side is as asked, the other one as asked or shorter.
    #[default]
    Within,
    /// Exactly that, distorted where its shape differs.
    Stretch,
}

/// A size that is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("size={asked} is not possible: WIDTHxHEIGHT in pixels is, as in 320x240, each from {} to {}", ALLOWED.start(), ALLOWED.end())]
pub struct BadSize {
    asked: String,
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pixels {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Size {
    /// Pixels.
    ///
    /// # Errors
    /// One of them is not from 16 to 4096.
    pub fn new(width: u16, height: u16) -> Result<Self, BadSize> {
        let size = Self { width, height };
        let possible = ALLOWED.contains(&width) && ALLOWED.contains(&height);
        if possible { Ok(size) } else { Err(BadSize { asked: size.to_string() }) }
    }
}

impl FromStr for Size {
    type Err = BadSize;

    fn from_str(text: &str) -> Result<Self, BadSize> {
        // `parse` would take a sign as well.
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        let sides = text.split_once('x').and_then(|(width, height)| Some((number(width)?, number(height)?)));
        let size = sides.and_then(|(width, height)| Self::new(width, height).ok());
        size.ok_or_else(|| BadSize { asked: text.into() })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl Pixels {
    pub(crate) fn count(self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }
}

impl Fit {
    /// The size that a picture of `source` gets.
    pub(crate) fn apply(self, source: Pixels, size: Size) -> Pixels {
        let Size { width, height } = size;
        if self == Self::Stretch {
            return Pixels { width, height };
        }
        // In whole numbers, so that a picture of the size that was asked for is left alone.
        let [from_width, from_height, width, height] =
            [source.width, source.height, width, height].map(|side| u32::from(side).max(1));
        let other = |side: u32, from: u32, to: u32| ((side * to + from / 2) / from).max(1);
        let (width, height) = if from_width * height >= from_height * width {
            (width, other(from_height, from_width, width))
        } else {
            (other(from_width, from_height, height), height)
        };
        // Neither is larger than what was asked for.
        Pixels { width: width as u16, height: height as u16 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pixels(width: u16, height: u16) -> Pixels {
        Pixels { width, height }
    }

    #[test]
    fn a_picture_is_fitted_without_being_distorted() {
        for ((width, height), size, expected) in [
            ((640, 480), "320x320", (320, 240)),
            ((480, 640), "320x320", (240, 320)),
            ((640, 480), "640x480", (640, 480)),
            ((641, 479), "641x4096", (641, 479)),
            ((1920, 1080), "640x480", (640, 360)),
            ((160, 120), "320x320", (320, 240)),
            ((65535, 1), "16x16", (16, 1)),
            ((1, 65535), "4096x4096", (1, 4096)),
            ((0, 0), "16x16", (16, 16)),
        ] {
            let fitted = Fit::Within.apply(pixels(width, height), size.parse().unwrap());
            assert_eq!(fitted, pixels(expected.0, expected.1), "{width}x{height} into {size}");
        }
    }

    #[test]
    fn a_stretched_picture_has_exactly_the_size_that_was_asked_for() {
        assert_eq!(Fit::Stretch.apply(pixels(640, 480), Size::new(320, 320).unwrap()), pixels(320, 320));
    }

    #[test]
    fn what_is_no_size_gets_a_sentence_that_names_what_is() {
        for text in
            ["", "x", "320", "320x", "x320", "15x320", "320x4097", "0x0", "-1x20", "+99x99", "320X320", "99999999x20"]
        {
            let sentence = text.parse::<Size>().unwrap_err().to_string();
            assert!(sentence.contains(text) && sentence.contains("from 16 to 4096"), "{sentence}");
        }
        for text in ["16x4096", "4096x16", "320x0240"] {
            assert!(text.parse::<Size>().is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_shape_the_result_fits_and_keeps_it(
            from in (1..=u16::MAX, 1..=u16::MAX), to in (16..=4096_u16, 16..=4096_u16)
        ) {
            let fitted = Fit::Within.apply(pixels(from.0, from.1), Size::new(to.0, to.1).unwrap());
            prop_assert!((1..=to.0).contains(&fitted.width) && (1..=to.1).contains(&fitted.height));
            prop_assert!(fitted.width == to.0 || fitted.height == to.1);
            // The other side is off by half a pixel of the result at most, or is the one pixel that there has to be.
            let scale = f64::min(f64::from(to.0) / f64::from(from.0), f64::from(to.1) / f64::from(from.1));
            let exact = [f64::from(from.0) * scale, f64::from(from.1) * scale];
            for (exact, got) in exact.into_iter().zip([fitted.width, fitted.height]) {
                prop_assert!((exact - f64::from(got)).abs() <= 0.5 + 1e-6 || (got == 1 && exact < 1.0));
            }
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused(text in ".*") {
            let _ = text.parse::<Size>();
        }
    }
}
