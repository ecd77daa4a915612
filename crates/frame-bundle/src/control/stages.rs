//! How long frames take on their way through the grabber.

use serde::{Deserialize, Serialize};

/// The stages of a streamed frame's way, one after the other; together they are the time from its capture until it is in
/// the socket. All that a histogram holds is in µs, over the grabber's life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stages {
    /// From the capture until the frame was selected.
    pub select_us: Histogram,
    /// Selected, and not being encoded: waiting for a thread, and for the other frames of the bundle.
    pub wait_us: Histogram,
    /// Conversion and compression.
    pub encode_us: Histogram,
    /// From encoded until the bundle was in the socket.
    pub write_us: Histogram,
}

/// How often something took how long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Histogram {
    /// How often.
    pub count: u64,
    /// All of it together.
    pub sum: u64,
    /// An upper bound, and how often it took no longer than that; bounds rise, and what took longer is in `count` alone.
    pub buckets: Vec<(u64, u64)>,
}
