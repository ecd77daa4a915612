//! What any camera's limits lie within: what a configuration may ask for.

use super::Bounds;

/// Pixels: what a JPEG can have.
pub(crate) const SIDE: Bounds<u32> = Bounds { min: 1, max: 65_535 };
/// Frames per second.
pub(crate) const RATE: Bounds<f64> = Bounds { min: 0.01, max: 100_000.0 };
/// Microseconds.
pub(crate) const EXPOSURE_US: Bounds<f64> = Bounds { min: 0.001, max: 1e9 };
/// Decibels.
pub(crate) const GAIN_DB: Bounds<f64> = Bounds { min: -100.0, max: 100.0 };

/// What is possible of what a camera says that it can; `None` where that leaves no choice. Cameras without bounds say that
/// they go up to the largest number there is.
pub(super) fn choice<T: PartialOrd + Copy>((low, high): (T, T), possible: Bounds<T>) -> Option<Bounds<T>> {
    let min = if low < possible.min { possible.min } else { low };
    let max = if high > possible.max { possible.max } else { high };
    (min < max).then_some(Bounds { min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_without_bounds_has_those_of_the_configuration_and_one_without_a_choice_has_none() {
        assert_eq!(choice((-f64::MAX, f64::MAX), RATE), Some(RATE));
        assert_eq!(choice((0, u32::MAX), SIDE), Some(SIDE));
        assert_eq!(choice((16, 2048), SIDE), Some(Bounds { min: 16, max: 2048 }));
        assert_eq!(choice((640, 640), SIDE), None);
        assert_eq!(choice((f64::NAN, 1.0), RATE), None);
    }
}
