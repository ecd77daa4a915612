//! The time of day, as headers and bundles carry it.

use std::time::SystemTime;

/// Unix time in µs.
pub(crate) fn now_us() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}

/// Now, as in `2026-01-01T12:00:00Z`.
pub(crate) fn now_utc() -> String {
    jiff::Timestamp::from_second((now_us() / 1_000_000) as i64).unwrap_or_default().to_string()
}
