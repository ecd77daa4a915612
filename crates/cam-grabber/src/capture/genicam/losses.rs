//! Frames that the camera sent and that never became a buffer: each is counted once, by its cause.

use std::collections::BTreeMap;

/// All buffers were in use when the frame came.
const UNDERRUN: &str = "underrun";
/// Not one packet of the frame arrived.
const NEVER_ARRIVED: &str = "never arrived";

/// Counts from the running numbers of whole frames. A gap is lost frames, less those that came incomplete (which are
/// reported one by one): of these even the number may be missing, aravis then shows that of the buffer's last frame.
#[derive(Debug, Default)]
pub(super) struct Losses {
    last: Option<u64>,
    incomplete: u64,
    underruns: u64,
    lost: BTreeMap<&'static str, u64>,
}

impl Losses {
    pub(super) fn incomplete(&mut self) {
        self.incomplete += 1;
    }

    /// A whole frame, and the stream's own count of underruns (aravis counts packets there, not frames).
    pub(super) fn whole(&mut self, number: u64, underruns: u64) {
        let between = self.last.map_or(0, |last| number.saturating_sub(last + 1));
        let lost = between.saturating_sub(self.incomplete);
        if lost > 0 {
            let cause = if underruns > self.underruns { UNDERRUN } else { NEVER_ARRIVED };
            *self.lost.entry(cause).or_default() += lost;
        }
        *self = Self { last: Some(number), incomplete: 0, underruns, lost: std::mem::take(&mut self.lost) };
    }

    pub(super) fn lost(&self) -> &BTreeMap<&'static str, u64> {
        &self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_in_a_row_are_no_loss() {
        let mut losses = Losses::default();
        (65_400..65_600).for_each(|number| losses.whole(number, 0));
        assert!(losses.lost().is_empty());
    }

    #[test]
    fn a_gap_is_lost_frames_less_those_that_came_incomplete() {
        let mut losses = Losses::default();
        losses.whole(10, 0);
        losses.incomplete();
        losses.whole(12, 0);
        losses.incomplete();
        losses.whole(16, 0);
        assert_eq!(losses.lost(), &BTreeMap::from([(NEVER_ARRIVED, 2)]));
    }

    #[test]
    fn a_gap_while_no_buffer_was_free_is_an_underrun() {
        let mut losses = Losses::default();
        losses.whole(1, 0);
        losses.whole(31, 6_612);
        losses.whole(33, 6_612);
        assert_eq!(losses.lost(), &BTreeMap::from([(UNDERRUN, 29), (NEVER_ARRIVED, 1)]));
    }
}
