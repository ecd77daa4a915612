//! Adds up what a camera's SDK counts over all openings; above all what was lost before it reached us, so that every frame
//! that was sent is either grabbed or counted once. Pure.

use std::collections::BTreeMap;

/// Frames by cause.
pub type ByCause = BTreeMap<&'static str, u64>;

/// What is neither grabbed nor explained by the SDK: the camera's numbers have a gap.
const NOT_RECEIVED: &str = "not received";

/// What an SDK counts, which begins at zero with each opening.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Of openings that are over.
    past: ByCause,
    /// Since the camera was opened.
    current: ByCause,
}

impl Totals {
    /// What the SDK has counted since the camera was opened.
    pub fn since_opened(&mut self, counts: ByCause) {
        self.current = counts;
    }

    /// The camera was closed: the SDK will count from zero.
    pub fn closed(&mut self) {
        for (what, count) in std::mem::take(&mut self.current) {
            *self.past.entry(what).or_default() += count;
        }
    }

    /// All openings together.
    pub fn sums(&self) -> ByCause {
        let mut all = self.past.clone();
        for (what, count) in &self.current {
            *all.entry(what).or_default() += count;
        }
        all
    }
}

/// One camera's losses over all its openings.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// Frames that came incomplete.
    incomplete: ByCause,
    sdk: Totals,
}

impl Losses {
    /// A frame came, but not whole.
    pub fn incomplete(&mut self, cause: &'static str) {
        *self.incomplete.entry(cause).or_default() += 1;
    }

    /// What the SDK says it lost since the camera was opened.
    pub fn sdk(&mut self, lost: ByCause) {
        self.sdk.since_opened(lost);
    }

    /// The camera was closed: the SDK will count from zero.
    pub fn closed(&mut self) {
        self.sdk.closed();
    }

    /// Everything by cause; `missing` is how many frames the camera's own numbers say are not there.
    pub fn by_cause(&self, missing: u64) -> ByCause {
        let mut all = self.sdk.sums();
        for (cause, frames) in &self.incomplete {
            *all.entry(cause).or_default() += frames;
        }
        let unexplained = missing.saturating_sub(all.values().sum());
        if unexplained > 0 {
            *all.entry(NOT_RECEIVED).or_default() += unexplained;
        }
        all.retain(|_, frames| *frames > 0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_frame_is_counted_once_under_the_cause_that_is_known() {
        let mut losses = Losses::default();
        losses.incomplete("missing packets");
        losses.sdk(ByCause::from([("underrun", 2)]));
        let expected = ByCause::from([("missing packets", 1), ("underrun", 2), (NOT_RECEIVED, 4)]);
        assert_eq!(losses.by_cause(7), expected);
    }

    #[test]
    fn losses_add_up_over_openings() {
        let mut losses = Losses::default();
        losses.sdk(ByCause::from([("underrun", 2)]));
        losses.sdk(ByCause::from([("underrun", 3)]));
        losses.closed();
        losses.sdk(ByCause::from([("underrun", 1)]));
        assert_eq!(losses.by_cause(0), ByCause::from([("underrun", 4)]));
    }
}
