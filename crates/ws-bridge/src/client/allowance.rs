//! How much a client may say: what goes beyond is read later, and waits in the client's own kernel. Pure: time is passed
//! in.

use std::time::Duration;

use tokio::time::Instant;

/// A client says little: the time every 3 s, a setting now and then.
const BYTES_A_SECOND: u32 = 64 << 10;
/// What is heard without a pause after some silence, in bytes: more than the longest message.
const AT_ONCE: u32 = 256 << 10;

/// Of one client.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// When all that was said will have had its time.
    used_until: Option<Instant>,
}

impl Allowance {
    /// So many bytes were read. Gives when to read on, where not at once.
    pub(crate) fn use_up(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let took = Duration::from_secs_f64(bytes as f64 / f64::from(BYTES_A_SECOND));
        let until = self.used_until.unwrap_or(now).max(now) + took;
        self.used_until = Some(until);
        let at_once = Duration::from_secs(1) * (AT_ONCE / BYTES_A_SECOND);
        until.checked_sub(at_once).filter(|read_on| *read_on > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::MAX_MESSAGE;

    const SECOND: Duration = Duration::from_secs(1);
    const A_SECONDS_WORTH: usize = BYTES_A_SECOND as usize;

    #[test]
    fn a_client_that_says_little_is_never_kept_waiting() {
        let (mut allowance, start) = (Allowance::default(), Instant::now());
        assert_eq!(allowance.use_up(MAX_MESSAGE, start), None);
        for second in 1..1000 {
            assert_eq!(allowance.use_up(A_SECONDS_WORTH / 2, start + SECOND * second), None);
        }
    }

    #[test]
    fn a_flood_is_read_at_the_rate_that_is_allowed() {
        let (mut allowance, start) = (Allowance::default(), Instant::now());
        let mut now = start;
        for _ in 0..104 {
            now = allowance.use_up(A_SECONDS_WORTH, now).unwrap_or(now);
        }
        assert_eq!(now - start, SECOND * 100);
    }
}
