//! One clock for when a bundle was due and when it arrived: microseconds since this process first asked.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Microseconds since the first call.
pub(crate) fn now_us() -> u64 {
    BEGIN.elapsed().as_micros() as u64
}

/// Sleeps until `at_us`; returns at once where that has passed.
pub(crate) fn sleep_until(at_us: u64) {
    thread::sleep(Duration::from_micros(at_us.saturating_sub(now_us())));
}

/// A duration on this clock's scale.
pub(crate) const fn us(duration: Duration) -> u64 {
    duration.as_micros() as u64
}
