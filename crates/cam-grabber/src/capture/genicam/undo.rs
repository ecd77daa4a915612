//! Settings that a camera refuses leave it as it was: what was set before the refusal is set back.

use aravis::prelude::*;
use aravis::{GcAccessMode, GcFeatureNode, glib, glib::object::Cast};

use super::knobs::Knobs;
use crate::capture::{CameraError, Cause};

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
    /// Reads what a camera has of these features. What cannot be read of one that answers is not set back.
    ///
    /// # Errors
    /// The camera does not answer. It takes seconds to find that out, so it is not asked for the rest.
    pub(super) fn of(knobs: &Knobs<'_>, features: &[&str]) -> Result<Self, CameraError> {
        let mut read = Vec::new();
        for name in features {
            let value = setting(knobs.camera, name).transpose();
            match value.map(|setting| knobs.said(&format!("read {name}"), setting)) {
                Some(Err(error)) if error.cause == Cause::Lost => return Err(error),
                Some(Ok(setting)) => read.push(setting),
                Some(Err(_)) | None => {}
            }
        }
        Ok(Self(read))
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

/// A feature that is there and can be set, with its value.
fn setting(camera: &aravis::Camera, name: &str) -> Result<Option<(GcFeatureNode, String)>, glib::Error> {
    let Some(device) = camera.device() else { return Ok(None) };
    if !camera.is_feature_available(name)? || device.feature_access_mode(name) == GcAccessMode::Ro {
        return Ok(None);
    }
    let Some(Ok(node)) = device.feature(name).map(|node| node.downcast::<GcFeatureNode>()) else { return Ok(None) };
    let value = node.value_as_string()?;
    Ok(Some((node, value.into())))
}
