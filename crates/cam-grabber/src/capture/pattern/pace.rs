//! When the pattern's next frame is due. As with a real camera, a frame that nobody fetches in time is lost, and its
//! number with it.

use std::time::{Duration, Instant};

/// Frames at an exact rate, counted from a start.
pub(super) struct Pace {
    start: Instant,
    fps: f64,
    next: u64,
    missed: u64,
}

/// What there is to do at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, for this long.
    Wait(Duration),
    /// Take this frame.
    Take {
        /// Its running number.
        number: u64,
        /// When it was due.
        due: Instant,
    },
}

impl Pace {
    /// The first frame is due at `start`, the others 1/`fps` apart.
    pub(super) fn new(start: Instant, fps: f64) -> Self {
        Self { start, fps, next: 0, missed: 0 }
    }

    /// The newest frame that is due `now` and has not been taken.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let due = self.due(self.next);
        if now < due {
            return Next::Wait(due - now);
        }
        let newest = (now.duration_since(self.start).as_secs_f64() * self.fps) as u64;
        let number = newest.max(self.next);
        self.missed += number - self.next;
        self.next = number + 1;
        Next::Take { number, due: self.due(number) }
    }

    /// Frames that were not fetched in time.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }

    fn due(&self, number: u64) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / self.fps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every frame as soon as it is due, until `end`.
    fn frames_until(pace: &mut Pace, start: Instant, end: Duration) -> Vec<(u64, Duration)> {
        let mut frames = Vec::new();
        let mut now = start;
        while now < start + end {
            match pace.next(now) {
                Next::Wait(wait) => now += wait,
                Next::Take { number, due } => frames.push((number, due - start)),
            }
        }
        frames
    }

    #[test]
    fn a_prompt_caller_gets_every_frame_at_the_exact_rate() {
        for fps in [0.2, 7.0, 29.97, 30.0, 400.0, 1000.0, 5000.0] {
            let start = Instant::now();
            let mut pace = Pace::new(start, fps);
            let frames = frames_until(&mut pace, start, Duration::from_secs_f64(100.0 / fps - 1e-6));
            assert_eq!(frames.len(), 100, "{fps} FPS");
            for (n, (number, due)) in frames.into_iter().enumerate() {
                assert_eq!(number, n as u64);
                assert!((due.as_secs_f64() - n as f64 / fps).abs() < 1e-6, "frame {n} at {fps} FPS");
            }
            assert_eq!(pace.missed(), 0);
        }
    }

    #[test]
    fn the_first_frame_is_due_at_once() {
        let start = Instant::now();
        assert_eq!(Pace::new(start, 0.1).next(start), Next::Take { number: 0, due: start });
    }

    #[test]
    fn a_late_caller_gets_the_newest_frame_and_the_number_jumps() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 100.0);
        pace.next(start);
        let late = start + Duration::from_millis(57);
        assert_eq!(pace.next(late), Next::Take { number: 5, due: start + Duration::from_millis(50) });
        assert_eq!(pace.missed(), 4);
        assert_eq!(pace.next(late), Next::Wait(Duration::from_millis(3)));
    }

    #[test]
    fn lateness_does_not_move_the_frames_that_follow() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 10.0);
        pace.next(start);
        pace.next(start + Duration::from_millis(190));
        assert_eq!(pace.next(start + Duration::from_millis(190)), Next::Wait(Duration::from_millis(10)));
    }

    #[test]
    fn after_a_year_the_rate_is_still_exact() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 1000.0);
        let year = Duration::from_secs(365 * 86_400);
        pace.next(start + year);
        let Next::Wait(wait) = pace.next(start + year) else { panic!("the next frame is not due yet") };
        assert!(wait.abs_diff(Duration::from_millis(1)) < Duration::from_micros(10), "{wait:?}");
    }
}
