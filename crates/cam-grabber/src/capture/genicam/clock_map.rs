//! A camera's clock mapped to the host's. Pure.
//!
//! A frame carries the camera's time and arrives some delay later, by the host's clock. The delay is never less than what
//! the way takes, and mostly hardly more; so the least difference of the two clocks within the last seconds is their
//! offset (a minimum filter), and what a frame takes longer is delay. The camera's crystal runs faster or slower than
//! ours: the slope of the least differences follows it.
//!
//! What is constant in the delay (exposure, readout, the frame's first packet) cannot be told from the offset: a mapped
//! time says when the frame would have arrived had nothing held it up. It is never later than the arrival.

use std::collections::VecDeque;

/// Differences are gathered for this long into one, the least.
const BUCKET_NS: i64 = 500_000_000;
/// This many are kept: 16 s. Longer would not follow a crystal that warms up.
const BUCKETS: usize = 32;
/// Nothing is mapped before the clock was watched for four of them: a camera that misstates its tick would be seconds off.
const FEWEST: usize = 4;
/// A crystal is off by at most 100 ppm; beyond ten times that it is no clock of seconds.
const MOST_DRIFT: f64 = 1e-3;
/// An offset that is less than expected by more: the camera's clock was set forward.
const JUMP_NS: i64 = 100_000_000;
/// A frame that is later than this was stamped by a clock that was set back.
const LATEST_NS: i64 = 5_000_000_000;

/// What is known of one camera's clock. Times are in ns, those of the host since any fixed moment.
#[derive(Debug, Default)]
pub(super) struct ClockMap {
    last_camera: Option<i64>,
    /// The least difference of each half second, the last one still open.
    least: VecDeque<Least>,
    /// ns that the difference grows in a ns.
    drift: f64,
}

#[derive(Clone, Copy, Debug)]
struct Least {
    begin: i64,
    at: i64,
    difference: i64,
}

impl ClockMap {
    /// How much less the camera's clock shows than the host's, from a frame's stamp and its arrival. `None` as long as
    /// its clock is not known well enough, or if it is none.
    pub(super) fn offset(&mut self, camera: i64, arrived: i64) -> Option<i64> {
        let difference = arrived.saturating_sub(camera);
        let went_back = self.last_camera.replace(camera).is_some_and(|last| camera < last);
        let expected = self.expected(arrived);
        if went_back || expected.is_some_and(|expected| !plausible(difference, expected)) {
            self.least.clear();
            self.drift = 0.0;
        }
        self.note(arrived, difference);
        let is_clock = self.least.len() > FEWEST && self.drift.abs() <= MOST_DRIFT;
        // No frame is taken after it arrived.
        self.expected(arrived).filter(|_| is_clock).map(|expected| expected.min(difference))
    }

    /// The least difference, carried on to this moment.
    fn expected(&self, now: i64) -> Option<i64> {
        let carried = |least: &Least| least.difference.saturating_add((self.drift * (now - least.at) as f64) as i64);
        self.least.iter().map(carried).min()
    }

    fn note(&mut self, at: i64, difference: i64) {
        match self.least.back_mut() {
            Some(open) if at - open.begin < BUCKET_NS => {
                if difference <= open.difference {
                    (open.at, open.difference) = (at, difference);
                }
                return;
            }
            _ => {}
        }
        self.drift = self.slope();
        if self.least.len() == BUCKETS {
            self.least.pop_front();
        }
        self.least.push_back(Least { begin: at, at, difference });
    }

    /// The median of the slopes between all pairs (Theil–Sen): half seconds in which every frame was late do not bend it.
    fn slope(&self) -> f64 {
        if self.least.len() < FEWEST {
            return 0.0;
        }
        let mut slopes = Vec::with_capacity(BUCKETS * BUCKETS / 2);
        for (nth, from) in self.least.iter().enumerate() {
            for to in self.least.iter().skip(nth + 1) {
                let grown = to.difference.saturating_sub(from.difference);
                slopes.push(grown as f64 / (to.at - from.at).max(1) as f64);
            }
        }
        slopes.sort_by(f64::total_cmp);
        slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
    }
}

fn plausible(difference: i64, expected: i64) -> bool {
    (-JUMP_NS..=LATEST_NS).contains(&difference.saturating_sub(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;
    const SECOND: i64 = 1000 * MS;

    /// A camera with frames every 10 ms, each delayed by 300 µs and up to 5 ms more.
    struct Simulated {
        map: ClockMap,
        random: fastrand::Rng,
        now: i64,
        /// What the camera's clock shows at `now`.
        camera: f64,
        /// Its ns in one of ours.
        speed: f64,
    }

    impl Simulated {
        fn new(speed: f64) -> Self {
            Self { map: ClockMap::default(), random: fastrand::Rng::with_seed(7), now: 0, camera: 3e12, speed }
        }

        /// Runs on, and gives each frame's error: the mapped time against the time of taking, in ns; `None` while the
        /// clock is not known.
        fn run(&mut self, seconds: i64) -> Vec<Option<i64>> {
            (0..seconds * 100).map(|_| self.frame()).collect()
        }

        fn frame(&mut self) -> Option<i64> {
            self.now += 10 * MS;
            self.camera += 10.0 * MS as f64 * self.speed;
            let delay = MS * 3 / 10 + self.random.i64(0..5 * MS);
            let (camera, arrived) = (self.camera as i64, self.now + delay);
            let mapped = camera + self.map.offset(camera, arrived)?;
            assert!(mapped <= arrived, "a frame is taken before it arrives");
            Some(mapped - self.now)
        }
    }

    fn worst(errors: &[Option<i64>]) -> i64 {
        errors.iter().map(|error| error.map_or(i64::MAX, i64::abs)).max().unwrap()
    }

    #[test]
    fn mapped_times_are_steady_where_arrivals_are_not_and_follow_a_crystal_that_drifts() {
        for ppm in [-100.0, 0.0, 100.0] {
            let mut camera = Simulated::new(1.0 + ppm * 1e-6);
            let beginning = camera.run(3);
            assert!(beginning[..190].iter().all(Option::is_none), "it is watched for 2 s first");
            assert!(worst(&beginning[260..]) < MS, "{ppm} ppm: {} ns", worst(&beginning[260..]));
            camera.run(30);
            let later = worst(&camera.run(60));
            assert!(later < 6 * MS / 10, "{ppm} ppm: {later} ns");
        }
    }

    #[test]
    fn a_crystal_that_changes_its_speed_is_followed() {
        let mut camera = Simulated::new(1.0);
        camera.run(60);
        camera.speed = 1.0 + 50e-6;
        assert!(worst(&camera.run(20)) < 15 * MS / 10);
        assert!(worst(&camera.run(20)) < 6 * MS / 10);
    }

    #[test]
    fn a_clock_that_jumps_is_anchored_anew_and_no_frame_gets_a_wrong_time() {
        for jump in [-3000 * SECOND, -20 * MS, 2 * SECOND, 1_700_000_000 * SECOND] {
            let mut camera = Simulated::new(1.0);
            camera.run(20);
            camera.camera += jump as f64;
            let after = camera.run(4);
            assert!(after[..150].iter().all(Option::is_none), "{jump}");
            assert!(worst(&after[260..]) < MS, "{jump}");
        }
    }

    #[test]
    fn frames_that_are_held_up_for_seconds_keep_the_time_at_which_they_were_taken() {
        let mut camera = Simulated::new(1.0);
        camera.run(20);
        for _ in 0..100 {
            camera.now += 10 * MS;
            camera.camera += (10 * MS) as f64;
        }
        let (taken, stamp) = (camera.now, camera.camera as i64);
        let offset = camera.map.offset(stamp, taken + 3 * SECOND).unwrap();
        assert!((stamp + offset - taken).abs() < MS);
    }

    #[test]
    fn what_does_not_run_as_time_does_is_no_clock() {
        for speed in [0.0, 0.125, 0.99, 1.01, 8.0] {
            assert!(Simulated::new(speed).run(30).iter().all(Option::is_none), "{speed}");
        }
    }

    #[test]
    fn stamps_at_random_are_no_clock_and_no_harm() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut map = ClockMap::default();
        for frame in 0..10_000 {
            let extremes = [i64::MIN, i64::MAX, 0, -1, random.i64(..)];
            assert_eq!(map.offset(extremes[random.usize(..5)], frame * 100 * MS), None);
        }
    }

    #[test]
    fn a_camera_of_one_frame_a_second_has_a_clock_too() {
        let mut map = ClockMap::default();
        let mapped = (0..20).map(|second| map.offset(second * SECOND, second * SECOND + 2 * MS + second % 3 * MS));
        let mapped: Vec<Option<i64>> = mapped.collect();
        assert!(mapped[..4].iter().all(Option::is_none), "{mapped:?}");
        assert!(
            mapped[8..].iter().all(|offset| offset.is_some_and(|offset| (offset - 2 * MS).abs() < MS)),
            "{mapped:?}"
        );
    }
}
