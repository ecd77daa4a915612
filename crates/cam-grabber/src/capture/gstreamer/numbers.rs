//! A running number for each frame, and what a gap in a driver's own numbers says.

/// Numbers the frames of one camera in the order of their arrival.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The driver counts (V4L2's sequence), so that a gap is frames that it dropped. In other pipelines a buffer's
    /// offset is anything (bytes of a file), and we count ourselves.
    of_driver: bool,
    last: Option<Last>,
    dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    offset: Option<u64>,
    number: u64,
}

impl Numbers {
    pub(super) fn of_driver() -> Self {
        Self { of_driver: true, last: None, dropped: 0 }
    }

    pub(super) fn own() -> Self {
        Self { of_driver: false, last: None, dropped: 0 }
    }

    /// The number of the frame that arrived with this offset. An offset that repeats, steps back (the driver started
    /// again) or is missing makes it the next.
    pub(super) fn next(&mut self, offset: Option<u64>) -> u64 {
        let offset = offset.filter(|_| self.of_driver);
        // The first offset that `v4l2src` gives is 0, whatever the driver counts; from the second on they are right.
        let Some(last) = self.last else {
            self.last = Some(Last { offset: None, number: 0 });
            return 0;
        };
        let steps = offset.zip(last.offset).map_or(1, |(now, before)| now.saturating_sub(before).max(1));
        let number = last.number + steps;
        self.dropped += steps - 1;
        self.last = Some(Last { offset, number });
        number
    }

    /// Frames that the driver dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(mut numbers: Numbers, offsets: &[Option<u64>]) -> (Vec<u64>, u64) {
        let given = offsets.iter().map(|offset| numbers.next(*offset)).collect();
        (given, numbers.dropped())
    }

    #[test]
    fn a_gap_in_the_drivers_numbers_is_frames_that_it_dropped() {
        assert_eq!(numbers(Numbers::of_driver(), &[Some(0), Some(2), Some(3), Some(6)]), (vec![0, 1, 2, 5], 2));
    }

    #[test]
    fn a_driver_that_starts_again_goes_on_in_our_count() {
        let again = [Some(89), Some(90), Some(0), Some(1), None];
        assert_eq!(numbers(Numbers::of_driver(), &again), (vec![0, 1, 2, 3, 4], 0));
    }

    #[test]
    fn offsets_of_other_pipelines_are_not_frame_numbers() {
        assert_eq!(numbers(Numbers::own(), &[Some(0), Some(4096), None]), (vec![0, 1, 2], 0));
    }
}
