//! Control messages over the Unix socket: JSON that a person can read.
//!
//! A peer of a later version may say more. A message of another type reads as `Unknown`, fields that are not known are
//! left out, and neither is an error. Only what a bridge asks to be `set` is taken to the letter, since a setting that
//! was silently left out would look as if it had been made.

mod camera_state;
mod limits;
mod settings;
mod stages;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use camera_state::{CameraState, Format};
pub use limits::{Bounds, Limits};
pub use settings::Settings;
pub use stages::{Histogram, Stages};

/// What a bridge says to a grabber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FromBridge {
    /// The first message on a connection: this bridge takes control messages.
    Hello {
        /// Versions of the contract that the bridge reads.
        versions: Vec<u16>,
        /// What it can do beyond bundles; `control` is the one known.
        features: Vec<String>,
    },
    /// Change a camera.
    Configure {
        /// Comes back in the result.
        request: u64,
        /// Which camera.
        camera: u8,
        /// What to change.
        #[serde(deserialize_with = "settings::to_the_letter")]
        set: Settings,
    },
    /// Grab a stopped camera again.
    Start {
        /// Comes back in the result.
        request: u64,
        /// Which camera.
        camera: u8,
    },
    /// Stop grabbing a camera.
    Stop {
        /// Comes back in the result.
        request: u64,
        /// Which camera.
        camera: u8,
    },
    /// Let a camera that waits for a software trigger take one picture. A grabber from before this message ignores it,
    /// and answers nothing.
    Trigger {
        /// Comes back in the result.
        request: u64,
        /// Which camera.
        camera: u8,
    },
    /// Read the configuration file again.
    Reload {
        /// Comes back in the result.
        request: u64,
    },
    /// A type that this version does not know: to be ignored.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// What a grabber says to a bridge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FromGrabber {
    /// How the cameras are: all of them first, then those that changed.
    State {
        /// The grabber's life, as in extension block 2, in decimal.
        session: String,
        /// Test patterns are shown because no camera is there.
        demo: bool,
        /// The cameras.
        cameras: Vec<CameraState>,
    },
    /// What became of a request.
    Result {
        /// The request's number.
        request: u64,
        /// Whether it was done.
        ok: bool,
        /// What holds now, where something was set.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "settings::those_known")]
        applied: Option<Settings>,
        /// One sentence: what was wrong, what is allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// What else there is to say of it: what of a reload needs a restart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A type that this version does not know: to be ignored.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Why a control message could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("control message: {problem}")]
pub struct BadControl {
    problem: serde_json::Error,
    request: Option<u64>,
}

impl BadControl {
    /// The number of the request that could not be read, where it has one: what a result with this error answers.
    pub fn request(&self) -> Option<u64> {
        self.request
    }
}

/// Reads a control message.
///
/// # Errors
/// It is no JSON object with a `type`, or lacks a field of its type, or holds one that cannot be.
pub fn read<'a, M: Deserialize<'a>>(payload: &'a [u8]) -> Result<M, BadControl> {
    serde_json::from_slice(payload).map_err(|problem| BadControl { problem, request: request_in(payload) })
}

fn request_in(payload: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Request {
        request: u64,
    }
    serde_json::from_slice(payload).ok().map(|Request { request }| request)
}

/// Writes a control message. A number that is not finite becomes null, so see to it that it is.
///
/// # Errors
/// It is `Unknown`.
pub fn write<M: Serialize>(message: &M) -> Result<Bytes, BadControl> {
    match serde_json::to_vec(message) {
        Ok(json) => Ok(json.into()),
        Err(problem) => Err(BadControl { problem, request: None }),
    }
}
