//! Whether what is to be set lies within a camera's limits. Pure.

use frame_bundle::control::{Bounds, Limits, Settings};

use crate::capture::bounds::RATE;

/// What is not within its limits is refused before the camera is closed for it.
///
/// # Errors
/// One sentence with the value and the limits. Only of a camera that `was_open` are its triggers known.
pub(super) fn check(id: u8, set: &Settings, limits: &Limits, was_open: bool) -> Result<(), String> {
    let camera = Camera { id, limits };
    camera.within("stream_fps", set.stream_fps, limits.stream_fps)?;
    camera.within("jpeg_quality", set.jpeg_quality, limits.jpeg_quality)?;
    camera.size(set)?;
    camera.within("exposure_us", set.exposure_us, limits.exposure_us)?;
    camera.within("gain_db", set.gain_db, limits.gain_db)?;
    // What is set with it may bound the rate otherwise: then that shows when the camera is opened.
    let bounds_stay = set.width.is_none() && set.height.is_none() && set.exposure_us.is_none();
    let rate = if bounds_stay { limits.camera_fps } else { limits.camera_fps.and(Some(RATE)) };
    camera.within("camera_fps", set.camera_fps, rate)?;
    match &set.trigger {
        Some(trigger) if was_open => camera.trigger(trigger),
        _ => Ok(()),
    }
}

struct Camera<'a> {
    id: u8,
    limits: &'a Limits,
}

impl Camera<'_> {
    fn within<T: PartialOrd + Copy + Into<f64>>(
        &self,
        key: &str,
        value: Option<T>,
        bounds: Option<Bounds<T>>,
    ) -> Result<(), String> {
        match (value, bounds) {
            (None, _) => Ok(()),
            (Some(value), Some(bounds)) if bounds.hold(&value) => Ok(()),
            (Some(value), Some(Bounds { min, max })) => {
                let [value, min, max] = [value, min, max].map(number);
                Err(format!("{key} is {value}; from {min} to {max} is allowed for camera {}", self.id))
            }
            (Some(_), None) => {
                Err(format!("{key} of camera {} cannot be set; what can be is {}", self.id, self.described()))
            }
        }
    }

    fn size(&self, set: &Settings) -> Result<(), String> {
        self.within("width", set.width, self.limits.width)?;
        self.within("height", set.height, self.limits.height)?;
        let (Some(width), Some(height)) = (set.width, set.height) else { return Ok(()) };
        let sizes = &self.limits.sizes;
        let may_be_cut = sizes.len() >= Limits::MOST_SIZES;
        if sizes.is_empty() || may_be_cut || sizes.contains(&[width, height]) {
            return Ok(());
        }
        let offered: Vec<String> = sizes.iter().map(|[width, height]| format!("{width}x{height}")).collect();
        Err(format!("camera {} does not offer the size {width}x{height}; it offers {}", self.id, offered.join(", ")))
    }

    fn trigger(&self, asked: &str) -> Result<(), String> {
        let triggers = &self.limits.trigger;
        let may_be_cut = triggers.len() >= Limits::MOST_TRIGGERS;
        if may_be_cut || triggers.iter().any(|trigger| trigger == asked) {
            return Ok(());
        }
        if triggers.is_empty() {
            return Err(format!("camera {} has no trigger; what can be set is {}", self.id, self.described()));
        }
        Err(format!("camera {} has no trigger `{asked}`; it takes {}", self.id, triggers.join(", ")))
    }

    /// All that can be set, with its bounds.
    fn described(&self) -> String {
        fn one<T: Copy + Into<f64>>(key: &str, bounds: &Option<Bounds<T>>) -> Option<String> {
            bounds.map(|Bounds { min, max }| format!("{key} ({} to {})", number(min), number(max)))
        }
        let limits = self.limits;
        let all = [
            one("width", &limits.width),
            one("height", &limits.height),
            one("camera_fps", &limits.camera_fps),
            one("stream_fps", &limits.stream_fps),
            one("jpeg_quality", &limits.jpeg_quality),
            one("exposure_us", &limits.exposure_us),
            one("gain_db", &limits.gain_db),
            (!limits.trigger.is_empty()).then(|| format!("trigger ({})", limits.trigger.join(", "))),
        ];
        all.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// As a person would write it: a float's own way shows hundreds of zeros.
fn number(value: impl Into<f64>) -> String {
    let value = value.into();
    let is_handy = value == 0.0 || (1e-4..1e15).contains(&value.abs());
    if is_handy { value.to_string() } else { format!("{value:e}") }
}
