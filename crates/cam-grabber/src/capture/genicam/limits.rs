//! What can be set of a camera, by its own bounds.

use aravis::prelude::*;
use aravis::{GcAccessMode, glib};

use super::knobs::Knobs;
use super::settings::OFF;
use crate::capture::bounds::{EXPOSURE_US, GAIN_DB, RATE, SIDE, choice};
use crate::capture::{Bounds, Limits};

/// Asked of a camera that has its settings and does not stream: then much is locked.
pub(super) fn limits(knobs: &Knobs<'_>) -> Limits {
    let camera = knobs.camera;
    Limits {
        width: side(knobs, "Width", "WidthMax"),
        height: side(knobs, "Height", "HeightMax"),
        camera_fps: rate(camera),
        exposure_us: real(camera.is_exposure_time_available(), || camera.exposure_time_bounds(), EXPOSURE_US),
        gain_db: real(camera.is_gain_available(), || camera.gain_bounds(), GAIN_DB),
        trigger: triggers(camera),
        ..Limits::default()
    }
}

/// The exposure bounds it, so it is another one after that has changed.
pub(super) fn rate(camera: &aravis::Camera) -> Option<Bounds<f64>> {
    real(camera.is_frame_rate_available(), || camera.frame_rate_bounds(), RATE)
}

/// A region's offset bounds its size, but a new size begins at the sensor's first pixel.
fn side(knobs: &Knobs<'_>, feature: &str, largest: &str) -> Option<Bounds<u32>> {
    let device = knobs.camera.device()?;
    if !knobs.has(feature) || device.feature_access_mode(feature) == GcAccessMode::Ro {
        return None;
    }
    let (low, high) = knobs.camera.integer_bounds(feature).ok()?;
    let largest = if knobs.has(largest) { knobs.camera.integer(largest).unwrap_or(high) } else { high };
    let pixels = |pixels: i64| u32::try_from(pixels.clamp(0, u32::MAX.into())).ok();
    choice((pixels(low)?, pixels(high.max(largest))?), SIDE)
}

fn real(
    has: Result<bool, glib::Error>,
    bounds: impl FnOnce() -> Result<(f64, f64), glib::Error>,
    possible: Bounds<f64>,
) -> Option<Bounds<f64>> {
    has.ok().filter(|has| *has)?;
    choice(bounds().ok()?, possible)
}

fn triggers(camera: &aravis::Camera) -> Vec<String> {
    let sources: Vec<String> =
        camera.dup_available_trigger_sources().unwrap_or_default().into_iter().map(Into::into).collect();
    if sources.is_empty() {
        return sources;
    }
    let off = std::iter::once(OFF.to_owned());
    off.chain(sources.into_iter().filter(|source| source != OFF)).take(Limits::MOST_TRIGGERS).collect()
}
