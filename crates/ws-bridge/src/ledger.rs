//! What was counted of cameras and grabbers since the bridge started, whoever has come and gone since: for `/metrics`,
//! where a counter never goes back. Pure.
//!
//! A grabber counts from zero in each of its lives, and so does a camera that it opens anew under the same id; the
//! account of a camera adds these up.
//!
//! Bounds: an account for each id of a camera, of at most [`CAUSES`] causes and as many statistics, all further ones
//! together under [`OTHER`]; a histogram of at most [`BUCKETS`] buckets.

use std::collections::BTreeMap;
use std::sync::Arc;

use frame_bundle::control::{CameraState, Histogram, Stages};

/// Far more than a camera has.
const CAUSES: usize = 64;
const OTHER: &str = "other";
const BUCKETS: usize = 64;
/// 35 years in µs. Written in seconds, longer ones would no longer be told apart, and Prometheus takes nothing of a text
/// in which a bound stands twice.
const LONGEST_US: u64 = 1 << 50;

/// Something by its name: frames by the cause of their loss, for example.
pub(crate) type ByName = BTreeMap<String, u64>;

/// All accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    cameras: BTreeMap<u8, Arc<Account>>,
    received: BTreeMap<u8, u64>,
    /// Bundles of all grabbers.
    pub(crate) bundles: u64,
    /// Bytes of these.
    pub(crate) bytes: u64,
}

/// What a grabber counts of one camera.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) grabbed: u64,
    pub(crate) encoded: u64,
    pub(crate) dropped: ByName,
    pub(crate) statistics: ByName,
    pub(crate) stages: Stages,
}

#[derive(Clone, Debug, Default)]
struct Account {
    /// The grabber's, as it says itself.
    life: String,
    /// Of lives that are over.
    past: Counted,
    /// Of this one.
    current: Counted,
}

impl Ledger {
    /// A bundle with frames of these cameras came.
    pub(crate) fn bundle(&mut self, cameras: &[u8], bytes: usize) {
        self.bundles += 1;
        self.bytes += bytes as u64;
        for camera in cameras {
            *self.received.entry(*camera).or_default() += 1;
        }
    }

    /// The grabber says in one of its lives how a camera is.
    pub(crate) fn state(&mut self, life: &str, state: &CameraState) {
        Arc::make_mut(self.cameras.entry(state.camera).or_default()).update(life, state);
    }

    /// Frames of a camera that came.
    pub(crate) fn received(&self, camera: u8) -> u64 {
        self.received.get(&camera).copied().unwrap_or(0)
    }

    /// What was counted of a camera; nothing where its grabber does not tell.
    pub(crate) fn counted(&self, camera: u8) -> Option<Counted> {
        self.cameras.get(&camera).map(|account| account.past.clone().plus(&account.current))
    }
}

impl Account {
    fn update(&mut self, life: &str, state: &CameraState) {
        let began_anew = state.grabbed < self.current.grabbed || state.encoded < self.current.encoded;
        if self.life != life || began_anew {
            self.past = std::mem::take(&mut self.past).plus(&self.current);
            self.current = Counted::default();
            life.clone_into(&mut self.life);
        }
        self.current.rise_to(state);
    }
}

impl Counted {
    fn rise_to(&mut self, state: &CameraState) {
        (self.grabbed, self.encoded) = (state.grabbed, state.encoded);
        // A loss may be counted under another cause once that is known: what was told is not taken back.
        for (names, said) in [(&mut self.dropped, &state.dropped), (&mut self.statistics, &state.statistics)] {
            for (name, count) in said {
                let known = entry(names, name);
                *known = (*known).max(*count);
            }
        }
        if let Some(stages) = state.stages.as_ref().filter(|stages| each(stages).into_iter().all(is_sound)) {
            self.stages = stages.clone();
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.grabbed = self.grabbed.saturating_add(other.grabbed);
        self.encoded = self.encoded.saturating_add(other.encoded);
        for (names, more) in [(&mut self.dropped, &other.dropped), (&mut self.statistics, &other.statistics)] {
            for (name, count) in more {
                let known = entry(names, name);
                *known = known.saturating_add(*count);
            }
        }
        let Stages { select_us, wait_us, encode_us, write_us } = &mut self.stages;
        for (histogram, more) in [select_us, wait_us, encode_us, write_us].into_iter().zip(each(&other.stages)) {
            add(histogram, more);
        }
        self
    }
}

fn entry<'a>(names: &'a mut ByName, name: &str) -> &'a mut u64 {
    let name = if names.len() < CAUSES || names.contains_key(name) { name } else { OTHER };
    names.entry(name.to_owned()).or_default()
}

fn each(stages: &Stages) -> [&Histogram; 4] {
    [&stages.select_us, &stages.wait_us, &stages.encode_us, &stages.write_us]
}

/// Whether it can be shown as one.
fn is_sound(histogram: &Histogram) -> bool {
    let Histogram { count, buckets, .. } = histogram;
    let rises = buckets.array_windows().all(|[a, b]| a.0 < b.0 && a.1 <= b.1);
    let fits = |(bound, up_to): &(u64, u64)| *bound <= LONGEST_US && up_to <= count;
    rises && buckets.len() <= BUCKETS && buckets.last().is_none_or(fits)
}

/// Adds one that counts in the same buckets; in the place of one that does not.
fn add(histogram: &mut Histogram, more: &Histogram) {
    let same = histogram.buckets.iter().map(|bucket| bucket.0).eq(more.buckets.iter().map(|bucket| bucket.0));
    if more.count == 0 {
        return;
    }
    if !same {
        histogram.clone_from(more);
        return;
    }
    histogram.count = histogram.count.saturating_add(more.count);
    histogram.sum = histogram.sum.saturating_add(more.sum);
    for ((_, frames), (_, more)) in histogram.buckets.iter_mut().zip(&more.buckets) {
        *frames = frames.saturating_add(*more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(grabbed: u64, dropped: &[(&str, u64)], up_to_1_ms: u64) -> CameraState {
        let histogram = Histogram { count: grabbed, sum: 10 * grabbed, buckets: vec![(1000, up_to_1_ms)] };
        CameraState {
            grabbed,
            encoded: grabbed / 2,
            dropped: dropped.iter().map(|(cause, frames)| ((*cause).to_owned(), *frames)).collect(),
            stages: Some(Stages { write_us: histogram, ..Stages::default() }),
            ..CameraState::default()
        }
    }

    #[test]
    fn lives_of_a_grabber_add_up_and_a_life_that_goes_on_does_not() {
        let mut ledger = Ledger::default();
        ledger.state("1", &state(100, &[("underrun", 3)], 40));
        ledger.state("1", &state(200, &[("underrun", 4)], 80));
        ledger.state("2", &state(300, &[("underrun", 1), ("timeout", 1)], 90));
        let counted = ledger.counted(0).unwrap();
        assert_eq!((counted.grabbed, counted.encoded), (500, 250));
        assert_eq!(counted.dropped, ByName::from([("underrun".into(), 5), ("timeout".into(), 1)]));
        let write = counted.stages.write_us;
        assert_eq!((write.count, write.sum, write.buckets), (500, 5000, vec![(1000, 170)]));
        assert_eq!(ledger.counted(1), None);
    }

    #[test]
    fn a_camera_that_begins_anew_in_the_same_life_goes_on_from_where_it_was() {
        let mut ledger = Ledger::default();
        for grabbed in [100, 5, 7] {
            ledger.state("1", &state(grabbed, &[], 0));
        }
        assert_eq!(ledger.counted(0).unwrap().grabbed, 107);
    }

    #[test]
    fn a_loss_that_gets_another_cause_is_not_taken_back() {
        let mut ledger = Ledger::default();
        ledger.state("1", &state(9, &[("not received", 3)], 0));
        ledger.state("1", &state(9, &[("underrun", 3)], 0));
        let dropped = ledger.counted(0).unwrap().dropped;
        assert_eq!(dropped, ByName::from([("not received".into(), 3), ("underrun".into(), 3)]));
    }

    #[test]
    fn whatever_a_grabber_says_memory_is_bounded_and_a_histogram_that_is_none_is_left_out() {
        let mut ledger = Ledger::default();
        for n in 0..1000 {
            ledger.state("1", &state(9, &[(&format!("cause {n}"), 1)], 0));
        }
        assert_eq!(ledger.counted(0).unwrap().dropped.len(), CAUSES + 1);
        ledger.state("1", &state(9, &[], 10));
        assert_eq!(ledger.counted(0).unwrap().stages.write_us.buckets, [(1000, 0)], "more in a bucket than in all");
    }

    #[test]
    fn bounds_that_are_the_same_when_they_are_written_are_no_histogram() {
        let with = |bounds: [u64; 2]| {
            let buckets = bounds.into_iter().zip(1..).collect();
            let write_us = Histogram { count: 2, sum: 2, buckets };
            let stages = Some(Stages { write_us, ..Stages::default() });
            let mut ledger = Ledger::default();
            ledger.state("1", &CameraState { stages, ..CameraState::default() });
            ledger.counted(0).unwrap().stages.write_us.buckets.len()
        };
        let far = 1 << 53;
        assert_eq!((far as f64 / 1e6).to_string(), ((far + 1) as f64 / 1e6).to_string());
        assert_eq!((with([far, far + 1]), with([LONGEST_US - 1, LONGEST_US])), (0, 2));
        assert_ne!((LONGEST_US as f64 / 1e6).to_string(), ((LONGEST_US - 1) as f64 / 1e6).to_string());
    }

    #[test]
    fn frames_that_came_are_counted_for_their_cameras() {
        let mut ledger = Ledger::default();
        ledger.bundle(&[0, 7], 100);
        ledger.bundle(&[7], 50);
        assert_eq!((ledger.received(0), ledger.received(7), ledger.received(9)), (1, 2, 0));
        assert_eq!((ledger.bundles, ledger.bytes), (2, 150));
    }
}
