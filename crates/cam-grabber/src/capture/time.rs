//! One clock for all cameras: Unix time at the start of the process, carried on by the monotonic clock.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{CaptureTime, Clock};

struct Anchor {
    monotonic: Instant,
    unix_us: u64,
}

static ANCHOR: LazyLock<Anchor> = LazyLock::new(|| Anchor {
    monotonic: Instant::now(),
    unix_us: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64),
});

/// Unix time in µs at a moment of the monotonic clock: it never goes backwards, whatever the system's clock does.
pub fn unix_us(at: Instant) -> u64 {
    ANCHOR.unix_us.saturating_add_signed(since_start_ns(at).div_euclid(1000))
}

/// ns since the start of the process, negative before it.
pub(super) fn since_start_ns(at: Instant) -> i64 {
    let start = ANCHOR.monotonic;
    match at.checked_duration_since(start) {
        Some(after) => after.as_nanos() as i64,
        None => -(start.duration_since(at).as_nanos() as i64),
    }
}

impl CaptureTime {
    /// A frame that arrived now, from a camera whose own clock is not known.
    pub fn arrived_now() -> Self {
        let arrived = Instant::now();
        Self { arrived, unix_us: unix_us(arrived), clock: Clock::ARRIVAL }
    }
}
