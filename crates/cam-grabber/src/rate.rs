//! How fast frames really come: a running mean of their distance. Pure.

use std::time::{Duration, Instant};

/// Weight of the newest distance in the mean.
const NEWEST: f64 = 0.1;

/// Measures the period of arriving frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rate {
    last: Option<Instant>,
    period: Option<f64>,
}

impl Rate {
    /// A frame arrived.
    pub fn frame(&mut self, at: Instant) {
        if let Some(last) = self.last {
            let distance = at.saturating_duration_since(last).as_secs_f64();
            self.period = Some(self.period.map_or(distance, |mean| mean + NEWEST * (distance - mean)));
        }
        self.last = Some(at);
    }

    /// When the newest frame arrived.
    pub fn last(&self) -> Option<Instant> {
        self.last
    }

    /// The mean distance between frames; unknown before the second.
    pub fn period(&self) -> Option<Duration> {
        self.period.map(Duration::from_secs_f64)
    }

    /// When the next frame is to be expected.
    pub fn next_expected(&self) -> Option<Instant> {
        Some(self.last? + self.period()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_is_known_from_the_second_frame_on_and_follows_a_change() {
        let start = Instant::now();
        let mut rate = Rate::default();
        rate.frame(start);
        assert_eq!(rate.period(), None);
        rate.frame(start + Duration::from_millis(10));
        assert_eq!(rate.period(), Some(Duration::from_millis(10)));
        let mut at = start + Duration::from_millis(10);
        for _ in 0..100 {
            at += Duration::from_millis(40);
            rate.frame(at);
        }
        let ms = rate.period().unwrap().as_secs_f64() * 1000.0;
        assert!((39.9..=40.0).contains(&ms), "{ms} ms");
        assert_eq!(rate.last(), Some(at));
        assert!(rate.next_expected().unwrap() > at);
    }
}
