//! How many frames a second really come, measured over windows of one second. Pure: time is passed in.

use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Counts arrivals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    /// When the window that is counted began, and how many came after that moment.
    window: Option<(Instant, u32)>,
    measured: Option<f64>,
}

impl Rate {
    pub(crate) fn count(&mut self, now: Instant) {
        let Some((began, count)) = &mut self.window else {
            self.window = Some((now, 0));
            return;
        };
        *count += 1;
        let lasted = now.saturating_duration_since(*began);
        if lasted >= WINDOW {
            self.measured = Some(f64::from(*count) / lasted.as_secs_f64());
            self.window = Some((now, 0));
        }
    }

    /// Per second; `None` before a second was measured, and 0 when nothing came for longer than two arrivals should
    /// have taken.
    pub(crate) fn per_second(&self, now: Instant) -> Option<f64> {
        let measured = self.measured?;
        let (began, _) = self.window?;
        let silence = WINDOW + Duration::from_secs_f64(2.0 / measured);
        Some(if now.saturating_duration_since(began) > silence { 0.0 } else { measured })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_measured_after_a_second() {
        let start = Instant::now();
        let at = |frame: u32| start + Duration::from_millis(40) * frame;
        let mut rate = Rate::default();
        (0..25).for_each(|frame| rate.count(at(frame)));
        assert_eq!(rate.per_second(at(25)), None);
        (25..60).for_each(|frame| rate.count(at(frame)));
        assert!((rate.per_second(at(60)).unwrap() - 25.0).abs() < 0.01);
    }

    #[test]
    fn a_rate_below_one_is_measured_too() {
        let start = Instant::now();
        let mut rate = Rate::default();
        (0..3).for_each(|frame| rate.count(start + Duration::from_secs(4) * frame));
        assert_eq!(rate.per_second(start + Duration::from_secs(8)), Some(0.25));
    }

    #[test]
    fn silence_is_a_rate_of_nothing() {
        let start = Instant::now();
        let mut rate = Rate::default();
        (0..=20).for_each(|frame| rate.count(start + Duration::from_millis(50) * frame));
        assert_eq!(rate.per_second(start + Duration::from_secs(2)), Some(20.0));
        assert_eq!(rate.per_second(start + Duration::from_secs(5)), Some(0.0));
    }
}
