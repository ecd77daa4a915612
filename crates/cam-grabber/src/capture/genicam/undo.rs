//! Settings that a camera refuses leave it as it was: what was set before the refusal is set back.

use aravis::prelude::*;
use aravis::{GcAccessMode, GcFeatureNode, glib::object::Cast};

/// What settings change, in the order in which it is set back: what locks or bounds another comes first, and an offset
/// that the other size does not leave room for is set once more when the size is back.
pub(super) const ALL: &[&str] = &[
    "PixelFormat",
    "OffsetX",
    "OffsetY",
    "Width",
    "Height",
    "OffsetX",
    "OffsetY",
    "ExposureAuto",
    "ExposureTime",
    "ExposureTimeAbs",
    "ExposureTimeRaw",
    "GainAuto",
    "Gain",
    "GainAbs",
    "GainRaw",
    "AcquisitionFrameRateEnable",
    "AcquisitionFrameRate",
    "AcquisitionFrameRateAbs",
    "TriggerSelector",
    "TriggerSource",
    "TriggerMode",
];
/// That of it which is changed while the camera streams.
pub(super) const LIGHT: &[&str] =
    &["ExposureAuto", "ExposureTime", "ExposureTimeAbs", "ExposureTimeRaw", "GainAuto", "Gain", "GainAbs", "GainRaw"];

/// How a camera was.
pub(super) struct Before(Vec<(GcFeatureNode, String)>);

impl Before {
    /// Reads what a camera has of these features.
    pub(super) fn of(camera: &aravis::Camera, features: &[&str]) -> Self {
        let Some(device) = camera.device() else { return Self(Vec::new()) };
        let read = |name: &&str| {
            let is_set = camera.is_feature_available(name).unwrap_or(false)
                && device.feature_access_mode(name) != GcAccessMode::Ro;
            let node = device.feature(name).filter(|_| is_set)?.downcast::<GcFeatureNode>().ok()?;
            let value = node.value_as_string().ok()?;
            Some((node, value.into()))
        };
        Self(features.iter().filter_map(read).collect())
    }

    /// Sets it all back, as far as the camera takes it.
    pub(super) fn restore(&self) {
        for (node, value) in &self.0 {
            if let Err(error) = node.set_value_from_string(value) {
                tracing::debug!(feature = node.name().as_deref(), value, "not set back: {error}");
            }
        }
    }
}
