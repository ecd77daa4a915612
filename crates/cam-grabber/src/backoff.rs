//! How long to wait before the next try: doubling, bounded, jittered. Pure.

use std::time::Duration;

/// A growing pause between tries.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    jitter: fastrand::Rng,
}

impl Backoff {
    /// Pauses from `first`, doubling up to `longest`; `seed` makes the jitter, so that cameras that were lost together
    /// do not come back in step.
    pub fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, next: first, jitter: fastrand::Rng::with_seed(seed) }
    }

    /// The pause before the next try: the nominal one, shortened by up to a fifth.
    pub fn pause(&mut self) -> Duration {
        let nominal = self.next;
        self.next = (nominal * 2).min(self.longest);
        nominal.mul_f64(1.0 - 0.2 * self.jitter.f64())
    }

    /// Starts over with the first pause.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_jittered_by_a_fifth() {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(2), 7);
        for nominal_ms in [250.0, 500.0, 1000.0, 2000.0, 2000.0] {
            let ms = backoff.pause().as_secs_f64() * 1000.0;
            assert!((0.8 * nominal_ms..=nominal_ms).contains(&ms), "{ms} ms for {nominal_ms}");
        }
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_millis(250));
    }

    #[test]
    fn two_cameras_do_not_come_back_in_step() {
        let pause = |seed| Backoff::new(Duration::from_millis(250), Duration::from_secs(2), seed).pause();
        assert_ne!(pause(1), pause(2));
    }
}
