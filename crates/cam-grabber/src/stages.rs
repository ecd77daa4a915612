//! How long frames take from their capture until they are in the socket, stage by stage. Pure.

use std::time::{Duration, Instant};

use frame_bundle::control;

/// Upper bounds of the buckets, µs: fine where a frame at a camera's full rate lies, up to what nobody wants to see.
const BOUNDS: [u64; 15] =
    [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/// When a frame passed the stages before the socket.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    /// When it arrived here, by its time stamp.
    pub captured: Instant,
    /// When it was chosen for a bundle.
    pub selected: Instant,
    /// When all frames of its bundle were encoded.
    pub encoded: Instant,
    /// How long its own conversion and compression took.
    pub encoding: Duration,
}

/// The times of all frames of one camera.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    select: Histogram,
    wait: Histogram,
    encode: Histogram,
    write: Histogram,
}

#[derive(Clone, Debug, Default)]
struct Histogram {
    count: u64,
    sum: u64,
    /// For each bound, how many lie above the bound before it and not above itself.
    buckets: [u64; BOUNDS.len()],
}

impl Stages {
    /// A frame is in the socket.
    pub fn count(&mut self, passage: Passage, written: Instant) {
        let Passage { captured, selected, encoded, encoding } = passage;
        self.select.add(selected.saturating_duration_since(captured));
        self.wait.add(encoded.saturating_duration_since(selected).saturating_sub(encoding));
        self.encode.add(encoding);
        self.write.add(written.saturating_duration_since(encoded));
    }

    /// As the bridge is told. `None` before the first frame.
    pub fn report(&self) -> Option<control::Stages> {
        (self.write.count > 0).then(|| control::Stages {
            select_us: self.select.report(),
            wait_us: self.wait.report(),
            encode_us: self.encode.report(),
            write_us: self.write.report(),
        })
    }
}

impl Histogram {
    fn add(&mut self, took: Duration) {
        let us = took.as_micros() as u64;
        self.count += 1;
        self.sum += us;
        if let Some(bucket) = self.buckets.get_mut(BOUNDS.partition_point(|bound| *bound < us)) {
            *bucket += 1;
        }
    }

    fn report(&self) -> control::Histogram {
        let mut up_to = 0;
        let cumulative = self.buckets.iter().map(|frames| {
            up_to += frames;
            up_to
        });
        control::Histogram { count: self.count, sum: self.sum, buckets: BOUNDS.into_iter().zip(cumulative).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    #[test]
    fn the_stages_are_all_of_the_time_from_capture_to_socket() {
        let captured = Instant::now();
        let mut stages = Stages::default();
        assert_eq!(stages.report(), None);
        let passage =
            Passage { captured, selected: captured + 300 * US, encoded: captured + 1000 * US, encoding: 600 * US };
        stages.count(passage, captured + 1150 * US);
        let told = stages.report().unwrap();
        let sums = [told.select_us, told.wait_us, told.encode_us, told.write_us].map(|stage| stage.sum);
        assert_eq!(sums, [300, 100, 600, 150]);
    }

    #[test]
    fn a_bucket_holds_what_took_at_most_its_bound() {
        let mut histogram = Histogram::default();
        for us in [0, 20, 21, 1_000_000, 1_000_001] {
            histogram.add(us * US);
        }
        let told = histogram.report();
        assert_eq!((told.count, told.buckets[0], told.buckets[1]), (5, (20, 2), (50, 3)));
        assert_eq!(told.buckets.last(), Some(&(1_000_000, 4)));
    }

    #[test]
    fn a_frame_that_was_selected_before_its_time_stamp_took_no_time() {
        let now = Instant::now();
        let mut stages = Stages::default();
        stages.count(Passage { captured: now + US, selected: now, encoded: now, encoding: US }, now);
        assert_eq!(stages.report().unwrap().select_us.sum, 0);
    }
}
