//! `?fps=`: how often a viewer is given something. Pure: time is passed in.
//!
//! A frame is taken when it comes, so it is fresh, unless it comes too early for the rate. The moments at which one is
//! due stand a period apart, so the average is right whatever the camera's rate is; what comes up to a quarter of a
//! period before its moment counts as in time, so jitter does not make a steady stream stumble.

use std::time::{Duration, Instant};

/// The lowest rate that can be asked for, in frames per second.
pub(crate) const SLOWEST: f64 = 0.01;
/// The highest rate that can be asked for, in frames per second.
pub(crate) const FASTEST: f64 = 1000.0;

/// A viewer's own rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    fps: f64,
    period: Duration,
    due: Option<Instant>,
}

impl Pace {
    /// A pace of `fps`, if that lies between [`SLOWEST`] and [`FASTEST`].
    pub(crate) fn new(fps: f64) -> Option<Self> {
        (SLOWEST..=FASTEST).contains(&fps).then(|| Self { fps, period: Duration::from_secs_f64(1.0 / fps), due: None })
    }

    /// Frames per second.
    pub(crate) fn fps(self) -> f64 {
        self.fps
    }

    /// Whether what has come at `arrival` may go out at `now`.
    ///
    /// What came too early waits for something newer; where nothing newer comes, it goes out a period later.
    pub(crate) fn allows(&self, arrival: Instant, now: Instant) -> bool {
        match self.in_time() {
            None => true,
            Some(in_time) => arrival >= in_time || now >= in_time + self.period,
        }
    }

    /// When [`Pace::allows`] lets through what came too early.
    pub(crate) fn at_the_latest(&self) -> Option<Instant> {
        Some(self.in_time()? + self.period)
    }

    /// Something has gone out; gives how many moments were missed before it.
    pub(crate) fn sent(&mut self, now: Instant) -> u64 {
        let due = self.due.unwrap_or(now);
        let late = now.saturating_duration_since(due);
        if late < self.period {
            self.due = Some(due + self.period);
            return 0;
        }
        // A moment that has passed is not made up for: from here on evenly again.
        self.due = Some(now + self.period);
        (late.as_nanos() / self.period.as_nanos()) as u64
    }

    fn in_time(&self) -> Option<Instant> {
        // An instant that cannot be so early is before everything that comes.
        self.due.and_then(|due| due.checked_sub(self.period / 4))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which frames of a camera go out, with their times in ms, when each is looked at as it comes.
    fn sent(mut pace: Pace, arrivals_ms: impl Iterator<Item = f64>) -> Vec<f64> {
        let start = Instant::now();
        let mut sent = Vec::new();
        for ms in arrivals_ms {
            let at = start + Duration::from_secs_f64(ms / 1000.0);
            if pace.allows(at, at) {
                pace.sent(at);
                sent.push(ms);
            }
        }
        sent
    }

    fn camera(fps: f64, frames: u32, jitter_ms: f64) -> impl Iterator<Item = f64> {
        (0..frames).map(move |frame| {
            let early_or_late = if frame % 2 == 0 { jitter_ms } else { -jitter_ms };
            jitter_ms + f64::from(frame) * 1000.0 / fps + early_or_late
        })
    }

    #[test]
    fn rates_that_make_no_sense_are_refused() {
        for fps in [0.0, -1.0, 0.001, 1e9, f64::NAN, f64::INFINITY] {
            assert!(Pace::new(fps).is_none(), "{fps}");
        }
    }

    #[test]
    fn a_divisor_of_the_cameras_rate_is_even_though_the_camera_jitters() {
        let sent = sent(Pace::new(10.0).unwrap(), camera(30.0, 300, 4.0));
        assert_eq!(sent.len(), 100);
        for pair in sent.windows(2) {
            assert!((pair[1] - pair[0] - 100.0).abs() <= 8.1, "{pair:?}");
        }
    }

    #[test]
    fn a_rate_that_does_not_divide_is_right_on_average() {
        for fps in [7.0, 12.0, 20.0, 25.0, 29.0] {
            let sent = sent(Pace::new(fps).unwrap(), camera(30.0, 900, 1.0));
            assert!((sent.len() as f64 - 30.0 * fps).abs() <= 2.0, "{fps}: {}", sent.len());
        }
    }

    #[test]
    fn a_pace_faster_than_the_camera_takes_every_frame() {
        assert_eq!(sent(Pace::new(60.0).unwrap(), camera(30.0, 90, 3.0)).len(), 90);
        assert_eq!(sent(Pace::new(30.0).unwrap(), camera(30.0, 90, 3.0)).len(), 90);
    }

    #[test]
    fn what_came_too_early_goes_out_later_when_nothing_newer_comes() {
        let mut pace = Pace::new(10.0).unwrap();
        let start = Instant::now();
        let ms = |ms| start + Duration::from_millis(ms);
        pace.sent(start);
        assert!(!pace.allows(ms(50), ms(50)));
        assert!(!pace.allows(ms(50), ms(174)));
        assert_eq!(pace.at_the_latest(), Some(ms(175)));
        assert!(pace.allows(ms(50), ms(175)));
    }

    #[test]
    fn moments_that_pass_are_counted_and_not_made_up_for() {
        let mut pace = Pace::new(10.0).unwrap();
        let start = Instant::now();
        let ms = |ms| start + Duration::from_millis(ms);
        assert_eq!(pace.sent(start), 0);
        assert_eq!(pace.sent(ms(450)), 3); // due at 100, 200 and 300; this one counts for 400
        assert!(!pace.allows(ms(500), ms(500)));
        assert!(pace.allows(ms(550), ms(550)));
    }

    proptest! {
        #[test]
        fn never_more_than_asked_for(fps in 1.0..100.0_f64, camera_fps in 1.0..500.0_f64) {
            let sent = sent(Pace::new(fps).unwrap(), camera(camera_fps, 500, 0.0));
            let seconds = 500.0 / camera_fps;
            prop_assert!(sent.len() as f64 <= seconds * fps + 2.0, "{} in {seconds} s", sent.len());
        }
    }
}
