//! Evenly spaced, at most so many a second. Pure.

use std::time::{Duration, Instant};

/// The rhythm of a stream.
#[derive(Clone, Debug)]
pub struct Pace {
    period: Duration,
    due: Option<Instant>,
}

impl Pace {
    /// At most `fps` a second; the first is due at once.
    pub fn new(fps: f64) -> Self {
        Self { period: Duration::try_from_secs_f64(1.0 / fps).unwrap_or(Duration::MAX), due: None }
    }

    /// The distance from one to the next.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// When the next is due; `now` where none has been yet.
    pub fn due(&self, now: Instant) -> Instant {
        self.due.unwrap_or(now)
    }

    /// One was taken. The next is due a period after this one *was due*, so that lateness does not add up; after a
    /// gap of more than a period the rhythm starts anew.
    pub fn taken(&mut self, now: Instant) {
        let due = self.due(now);
        let late = now.saturating_duration_since(due);
        let from = if late > self.period { now } else { due };
        self.due = from.checked_add(self.period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn lateness_does_not_add_up() {
        let start = Instant::now();
        let mut pace = Pace::new(100.0);
        pace.taken(start);
        assert_eq!(pace.due(start), start + 10 * MS);
        pace.taken(start + 13 * MS);
        assert_eq!(pace.due(start), start + 20 * MS);
    }

    #[test]
    fn a_frame_taken_early_does_not_raise_the_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(100.0);
        pace.taken(start);
        pace.taken(start + 6 * MS);
        assert_eq!(pace.due(start), start + 20 * MS);
    }

    #[test]
    fn after_a_gap_there_is_no_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(100.0);
        pace.taken(start);
        pace.taken(start + 500 * MS);
        assert_eq!(pace.due(start), start + 510 * MS);
    }
}
