//! How long and how often is measured.

use std::time::Duration;

use crate::load::{LARGE, Load, SMALL};

/// The measure of everything.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Interleaved rounds; each holds every server once.
    pub(crate) rounds: usize,
    /// Before anything counts: buffers find their size.
    pub(crate) warm_up: Duration,
    /// What counts, of one case.
    pub(crate) measured: Duration,
    /// Numbers of viewers that keep up.
    pub(crate) viewers: Vec<usize>,
    /// What they are sent.
    pub(crate) loads: Vec<Load>,
    /// What counts, of one try in the search for the largest number of viewers.
    pub(crate) probe: Duration,
    /// How exactly that number is searched for.
    pub(crate) step: usize,
    /// How long slow viewers are watched in the last round; in the others as long as a case.
    pub(crate) slow: Duration,
    /// Connects and disconnects.
    pub(crate) visits: usize,
    /// How long 200 viewers are watched.
    pub(crate) soak: Duration,
    /// How long viewers are there for nothing.
    pub(crate) idle: Duration,
}

impl Plan {
    /// What the figures in the documents come from: about an hour and a half.
    pub(crate) fn full() -> Self {
        Self {
            rounds: 5,
            warm_up: Duration::from_secs(2),
            measured: Duration::from_secs(6),
            viewers: vec![1, 10, 100, 400, 1000],
            loads: vec![LARGE, SMALL],
            probe: Duration::from_secs(4),
            step: 25,
            slow: Duration::from_secs(60),
            visits: 10_000,
            soak: Duration::from_secs(300),
            idle: Duration::from_secs(10),
        }
    }

    /// To see while working on it whether something has changed: about five minutes.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 2,
            warm_up: Duration::from_secs(1),
            measured: Duration::from_secs(2),
            viewers: vec![1, 100, 400],
            loads: vec![LARGE, SMALL],
            probe: Duration::from_secs(2),
            step: 50,
            slow: Duration::from_secs(15),
            visits: 1_000,
            soak: Duration::from_secs(20),
            idle: Duration::from_secs(10),
        }
    }
}
