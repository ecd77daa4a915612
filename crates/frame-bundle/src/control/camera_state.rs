//! What a grabber says of its cameras.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Stages;
use super::limits::{self, Limits};

/// Size, rate and format, as asked or as they are. A part that is not known is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Format {
    /// Pixels.
    #[cfg_attr(feature = "schema", schema(required))]
    pub width: Option<u32>,
    /// Pixels.
    #[cfg_attr(feature = "schema", schema(required))]
    pub height: Option<u32>,
    /// Frames per second of the camera.
    #[cfg_attr(feature = "schema", schema(required))]
    pub fps: Option<f64>,
    /// GenICam or GStreamer name.
    #[cfg_attr(feature = "schema", schema(required))]
    pub pixel_format: Option<String>,
}

/// One camera as the grabber sees it. Read, only `camera` and `state` have to be there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CameraState {
    /// Its id, 0 to 255.
    pub camera: u8,
    /// What a person calls it.
    #[serde(default)]
    pub name: String,
    /// `genicam`, `v4l2`, `gstreamer` or `pattern`.
    #[serde(default)]
    pub source: String,
    /// As the device says.
    pub model: Option<String>,
    /// As the device says.
    pub serial: Option<String>,
    /// `streaming`, `opening`, `stalled`, `lost`, `stopped` or `waiting`.
    pub state: String,
    /// Why it is not streaming: `no device`, `busy`, `no permission`, `bad format`, `no frames`, `control lost`, ….
    pub cause: Option<String>,
    /// As the configuration asks.
    #[serde(default)]
    pub requested: Format,
    /// As the camera delivers.
    #[serde(default)]
    pub actual: Format,
    /// 1 to 100.
    #[serde(default)]
    pub jpeg_quality: u8,
    /// Frames per second streamed, at most.
    #[serde(default)]
    pub stream_fps: f64,
    /// Microseconds, when it was opened or last set; `None` where the camera does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_us: Option<f64>,
    /// Decibels, when it was opened or last set; `None` where the camera does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<f64>,
    /// Frames taken from the camera since the grabber started.
    #[serde(default)]
    pub grabbed: u64,
    /// Frames encoded since the grabber started.
    #[serde(default)]
    pub encoded: u64,
    /// Frames that were lost, by cause.
    #[serde(default)]
    pub dropped: BTreeMap<String, u64>,
    /// What is counted beside frames, since the grabber started: `stalls`, `reopened`, and what the camera's SDK counts:
    /// `missing packets`, `resent packets`, ….
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<String, u64>,
    /// How long streamed frames took; `None` where none was, and from a grabber that does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Stages>,
    /// What of it can be set, and to what; empty from a grabber that does not tell.
    #[serde(default, skip_serializing_if = "Limits::is_empty", deserialize_with = "limits::those_known")]
    pub limits: Limits,
}

impl CameraState {
    /// The cause of a camera that its grabber has no more: it is `lost`, and to be forgotten.
    pub const REMOVED: &str = "removed";

    /// Whether its grabber has it no more.
    pub fn is_removed(&self) -> bool {
        self.cause.as_deref() == Some(Self::REMOVED)
    }
}
