//! A camera's frame ids, un-wrapped to a running number of 64 bits.

/// Ids of GigE Vision run from 1 to 65535 and then start at 1 again: 0 is skipped.
const PERIOD: u64 = 65_535;

/// Turns the ids of one camera, in the order of its frames, into numbers that only rise.
#[derive(Debug, Default)]
pub(super) struct FrameIds {
    last: Option<Last>,
    /// USB3 Vision and GigE Vision with extended ids count in 64 bits.
    wide: bool,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    id: u64,
    number: u64,
}

impl FrameIds {
    /// Ids of 64 bits are known from the beginning for a USB camera (`wide`), of a network camera by the first that
    /// does not fit into 16.
    pub(super) fn new(wide: bool) -> Self {
        Self { last: None, wide }
    }

    /// The running number of the frame with this id. A gap counts the frames between; an id that repeats or steps back
    /// (the camera started to count again) is the next frame.
    pub(super) fn number(&mut self, id: u64) -> u64 {
        self.wide |= id > PERIOD;
        let number = match self.last {
            None => id,
            Some(last) => last.number + self.steps(last.id, id).max(1),
        };
        self.last = Some(Last { id, number });
        number
    }

    /// How many frames on from one id to another; 0 for none or backwards.
    fn steps(&self, from: u64, to: u64) -> u64 {
        if self.wide {
            return to.saturating_sub(from);
        }
        let ahead = (to + PERIOD - from % PERIOD) % PERIOD;
        if ahead > PERIOD / 2 { 0 } else { ahead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(wide: bool, ids: &[u64]) -> Vec<u64> {
        let mut frame_ids = FrameIds::new(wide);
        ids.iter().map(|id| frame_ids.number(*id)).collect()
    }

    #[test]
    fn numbers_start_where_the_camera_starts() {
        assert_eq!(numbers(false, &[65_400, 65_401]), [65_400, 65_401]);
    }

    #[test]
    fn a_wrap_skips_zero() {
        assert_eq!(numbers(false, &[65_534, 65_535, 1, 2]), [65_534, 65_535, 65_536, 65_537]);
    }

    #[test]
    fn a_camera_that_does_use_zero_loses_no_frame_at_the_wrap() {
        assert_eq!(numbers(false, &[65_535, 0, 1]), [65_535, 65_536, 65_537]);
    }

    #[test]
    fn a_gap_counts_lost_frames_over_the_wrap_too() {
        assert_eq!(numbers(false, &[10, 13]), [10, 13]);
        assert_eq!(numbers(false, &[65_530, 5]), [65_530, 65_540]);
    }

    #[test]
    fn numbers_go_on_after_several_wraps() {
        let mut frame_ids = FrameIds::new(false);
        let last = (0..200_000_u64).map(|i| frame_ids.number(i % PERIOD + 1)).last();
        assert_eq!(last, Some(200_000));
    }

    #[test]
    fn an_id_that_repeats_or_steps_back_is_the_next_frame() {
        assert_eq!(numbers(false, &[100, 100, 99, 100]), [100, 101, 102, 103]);
        assert_eq!(numbers(true, &[100, 100, 1, 2]), [100, 101, 102, 103]);
    }

    #[test]
    fn ids_of_64_bits_pass_through() {
        assert_eq!(numbers(true, &[65_535, 65_536, 1 << 40]), [65_535, 65_536, 1 << 40]);
        assert_eq!(numbers(false, &[65_534, 65_535, 65_536, 65_537]), [65_534, 65_535, 65_536, 65_537]);
    }
}
