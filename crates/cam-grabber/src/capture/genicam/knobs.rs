//! A camera's features, set within the camera's own bounds.
//!
//! Aravis hands values on unchecked: a width of 100000 is "set" and the stream then stays empty.

use std::fmt::{Debug, Display};

use aravis::glib::prelude::*;
use aravis::prelude::*;
use aravis::{GcAccessMode, GcBoolean, GcCommand, GcEnumeration, GcFloat, GcInteger, GcString, glib};
use cameracast_config::Value;

use super::error::error;
use crate::capture::{CameraError, Cause};

/// An open camera and what the configuration calls it.
pub(super) struct Knobs<'a> {
    pub(super) camera: &'a aravis::Camera,
    pub(super) device: &'a str,
}

impl Knobs<'_> {
    /// The error for a value that the camera does not take.
    pub(super) fn refused(&self, what: impl Display) -> CameraError {
        CameraError::new(Cause::BadFormat, format!("camera {}: {what}", self.device))
    }

    /// Gives an error of aravis its sentence.
    pub(super) fn said<T>(&self, doing: &str, result: Result<T, glib::Error>) -> Result<T, CameraError> {
        result.map_err(|said| error(self.device, doing, &said))
    }

    pub(super) fn has(&self, feature: &str) -> bool {
        self.camera.is_feature_available(feature).unwrap_or(false)
    }

    /// `key` is what the configuration calls it.
    pub(super) fn within<T>(&self, key: &str, value: T, (low, high): (T, T)) -> Result<(), CameraError>
    where
        T: PartialOrd + Debug + Copy,
    {
        if low <= value && value <= high {
            return Ok(());
        }
        Err(self.refused(format_args!("{key} = {value:?} is out of range: it takes {low:?} to {high:?}")))
    }

    /// Sets a whole number.
    pub(super) fn integer(&self, key: &str, feature: &str, value: i64) -> Result<(), CameraError> {
        let bounds = self.said(&format!("read the bounds of {feature}"), self.camera.integer_bounds(feature))?;
        self.within(key, value, bounds)?;
        self.on_step(key, feature, value)?;
        self.said(&format!("set {feature} to {value}"), self.camera.set_integer(feature, value))
    }

    /// Some numbers between the bounds a camera may not have.
    pub(super) fn on_step(&self, key: &str, feature: &str, value: i64) -> Result<(), CameraError> {
        let (low, _) = self.said(&format!("read the bounds of {feature}"), self.camera.integer_bounds(feature))?;
        let step = self.camera.integer_increment(feature).unwrap_or(1).max(1);
        let over = (value - low) % step;
        if over == 0 {
            return Ok(());
        }
        let (below, above) = (value - over, value - over + step);
        Err(self.refused(format_args!(
            "{key} = {value} is between its steps of {step}: the nearest are {below} and {above}"
        )))
    }

    fn float(&self, feature: &str, value: f64) -> Result<(), CameraError> {
        // A feature without bounds takes anything.
        if let Ok(bounds) = self.camera.float_bounds(feature) {
            self.within(feature, value, bounds)?;
        }
        self.said(&format!("set {feature} to {value}"), self.camera.set_float(feature, value))
    }

    /// Sets an enumeration to one of its entries.
    pub(super) fn choice(&self, key: &str, feature: &str, value: &str) -> Result<(), CameraError> {
        let entries = self.camera.dup_available_enumerations_as_strings(feature);
        let entries = self.said(&format!("read the entries of {feature}"), entries)?;
        if !entries.iter().any(|entry| entry == value) {
            return Err(self.refused(format_args!("{key} has no `{value}`: it takes {}", entries.join(", "))));
        }
        self.said(&format!("set {feature} to {value}"), self.camera.set_string(feature, value))
    }

    /// Sets any feature by its GenICam name; what type it has, the camera says.
    pub(super) fn feature(&self, name: &str, value: &Value) -> Result<(), CameraError> {
        let device = self.camera.device();
        let Some((device, node)) = device.and_then(|device| device.feature(name).map(|node| (device, node))) else {
            return Err(self
                .refused(format_args!("it has no feature `{name}`; `arv-tool-0.8 features` lists what cameras have")));
        };
        if device.feature_access_mode(name) == GcAccessMode::Ro {
            return Err(self.refused(format_args!("feature `{name}` can only be read")));
        }
        if !self.has(name) {
            return Err(self.refused(format_args!("feature `{name}` is not available with its other settings")));
        }
        // An enumeration and a boolean are integers too: the order matters.
        if node.is::<GcEnumeration>() {
            match value {
                Value::Text(entry) => self.choice(name, name, entry),
                _ => Err(self.mistyped(name, "one of its entries as a string", value)),
            }
        } else if node.is::<GcBoolean>() {
            match value {
                Value::Bool(on) => self.said(&format!("set {name}"), self.camera.set_boolean(name, *on)),
                _ => Err(self.mistyped(name, "true or false", value)),
            }
        } else if node.is::<GcCommand>() {
            match value {
                Value::Bool(true) => self.said(&format!("execute {name}"), self.camera.execute_command(name)),
                _ => Err(self.mistyped(name, "true, as it is a command", value)),
            }
        } else if node.is::<GcFloat>() {
            match value {
                Value::Float(number) => self.float(name, *number),
                Value::Int(number) => self.float(name, *number as f64),
                _ => Err(self.mistyped(name, "a number", value)),
            }
        } else if node.is::<GcInteger>() {
            match value {
                Value::Int(number) => self.integer(name, name, *number),
                _ => Err(self.mistyped(name, "a whole number", value)),
            }
        } else if node.is::<GcString>() {
            match value {
                Value::Text(text) => self.said(&format!("set {name}"), self.camera.set_string(name, text)),
                _ => Err(self.mistyped(name, "a string", value)),
            }
        } else {
            Err(self.refused(format_args!("`{name}` is nothing that can be set")))
        }
    }

    fn mistyped(&self, name: &str, takes: &str, value: &Value) -> CameraError {
        let value = match value {
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Text(value) => format!("\"{value}\""),
        };
        self.refused(format_args!("feature {name} = {value}: it takes {takes}"))
    }
}
