//! When a frame arrived, from the SDK's own stamp: finer than the moment at which we got around to it.

use std::time::{Duration, Instant};

use super::{CaptureTime, Clock, unix_us};

/// An SDK's stamp that is older than this is no stamp of a live frame.
const OLDEST: Duration = Duration::from_secs(5);

/// Arrival times of one camera's frames; they never go backwards.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    last: Option<Instant>,
}

impl Arrivals {
    /// The time of a frame that is `age` old by the SDK's stamp. Without a credible stamp, it arrived `now`.
    pub(super) fn at(&mut self, now: Instant, age: Option<Duration>) -> CaptureTime {
        let stamped = age.filter(|age| *age < OLDEST).and_then(|age| now.checked_sub(age)).unwrap_or(now);
        let arrived = self.last.map_or(stamped, |last| stamped.max(last));
        self.last = Some(arrived);
        CaptureTime { arrived, unix_us: unix_us(arrived), clock: Clock::ARRIVAL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_frame_arrived_when_its_stamp_says() {
        let now = Instant::now();
        assert_eq!(Arrivals::default().at(now, Some(ms(7))).arrived, now - ms(7));
    }

    #[test]
    fn a_frame_without_a_credible_stamp_arrived_now() {
        let now = Instant::now();
        assert_eq!(Arrivals::default().at(now, None).arrived, now);
        assert_eq!(Arrivals::default().at(now, Some(ms(3_600_000))).arrived, now);
    }

    #[test]
    fn times_never_go_backwards_when_the_systems_clock_jumps() {
        let mut arrivals = Arrivals::default();
        let now = Instant::now();
        let first = arrivals.at(now, Some(ms(1)));
        let jumped = arrivals.at(now + ms(10), Some(ms(4_000)));
        let after = arrivals.at(now + ms(20), Some(ms(1)));
        assert_eq!(jumped, first);
        assert_eq!(after.arrived, now + ms(19));
        assert!(after.unix_us > jumped.unix_us);
    }
}
