//! What can be set at run time.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What of a camera can be changed while it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 1, maximum = 65_535))]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 1, maximum = 65_535))]
    pub height: Option<u32>,
    /// Frames per second asked of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 0.01, maximum = 100_000))]
    pub camera_fps: Option<f64>,
    /// Frames per second streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 0.1, maximum = 1000))]
    pub stream_fps: Option<f64>,
    /// 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 1, maximum = 100))]
    pub jpeg_quality: Option<u8>,
    /// Microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = 0.001, maximum = 1e9))]
    pub exposure_us: Option<f64>,
    /// Decibels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, minimum = -100, maximum = 100))]
    pub gain_db: Option<f64>,
    /// The camera's own name of a trigger source, or `Off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub trigger: Option<String>,
}

/// Reads what is asked for. A key that is not known, or cannot have its value, is an error that names it.
pub(super) fn to_the_letter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
    let asked = Map::deserialize(deserializer)?;
    for (key, value) in &asked {
        alone(key, value).map_err(|problem| D::Error::custom(format_args!("{key:?} in set: {problem}")))?;
    }
    Settings::deserialize(Value::Object(asked)).map_err(D::Error::custom)
}

/// Reads what a peer of perhaps a later version says that holds; what this version does not know is left out.
pub(super) fn those_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Settings>, D::Error> {
    let Some(mut applied) = Option::<Map<String, Value>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    applied.retain(|key, value| alone(key, value).is_ok());
    Settings::deserialize(Value::Object(applied)).map(Some).map_err(D::Error::custom)
}

fn alone(key: &str, value: &Value) -> serde_json::Result<Settings> {
    Settings::deserialize(Value::Object(Map::from_iter([(key.to_owned(), value.clone())])))
}
