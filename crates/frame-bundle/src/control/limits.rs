//! What can be set of a camera at run time, and to what.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What a camera allows at run time. What is not there cannot be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Bounds<u32>>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<Bounds<u32>>,
    /// Width and height of each size that there is, where not every one between the bounds is; see [`Limits::MOST_SIZES`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<[u32; 2]>,
    /// Frames per second asked of the camera, as the camera is set now: its size and exposure may bound its rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_fps: Option<Bounds<f64>>,
    /// Frames per second streamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_fps: Option<Bounds<f64>>,
    /// Not there for a camera that compresses its pictures itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jpeg_quality: Option<Bounds<u8>>,
    /// Microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_us: Option<Bounds<f64>>,
    /// Decibels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<Bounds<f64>>,
    /// The camera's own names of its trigger sources, and `Off`; at most [`Limits::MOST_TRIGGERS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger: Vec<String>,
}

/// The lowest and the highest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Bounds<T> {
    /// The lowest.
    pub min: T,
    /// The highest.
    pub max: T,
}

impl Limits {
    /// Sizes told at most, so that a message stays small. A list of this length may have been cut.
    pub const MOST_SIZES: usize = 64;
    /// Trigger sources told at most, with `Off`. A list of this length may have been cut.
    pub const MOST_TRIGGERS: usize = 32;

    /// Nothing can be set, or it is not known what can.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether a value lies within them.
    pub fn hold(&self, value: &T) -> bool {
        self.min <= *value && *value <= self.max
    }
}

impl<T: fmt::Display> fmt::Display for Bounds<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.min, self.max)
    }
}

/// Reads what a peer of perhaps a later version says; what this version does not know, or has in another form, is left
/// out, and null is nothing.
pub(super) fn those_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limits, D::Error> {
    let Value::Object(mut said) = Value::deserialize(deserializer)? else { return Ok(Limits::default()) };
    said.retain(|key, value| {
        Limits::deserialize(Value::Object(Map::from_iter([(key.clone(), value.clone())]))).is_ok()
    });
    Limits::deserialize(Value::Object(said)).map_err(D::Error::custom)
}
