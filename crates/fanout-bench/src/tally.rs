//! What the viewers got, and when.

/// Which bundles count: those that were due within a window of time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub(crate) begin_us: u64,
    pub(crate) end_us: u64,
    /// How late a bundle may be and still count as on time.
    pub(crate) period_us: u64,
}

/// What happened in a window, over all viewers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) window: Window,
    /// Bytes that came, of anything at any time.
    pub(crate) bytes: u64,
    /// How late each bundle came, in µs.
    pub(crate) latencies: Vec<u32>,
    pub(crate) on_time: u64,
}

impl Tally {
    pub(crate) fn new(window: Window) -> Self {
        Self { window, ..Self::default() }
    }

    /// A bundle that was due at `due_us` has come whole.
    pub(crate) fn arrived(&mut self, due_us: u64, now_us: u64) {
        if !(self.window.begin_us..self.window.end_us).contains(&due_us) {
            return;
        }
        let late = now_us.saturating_sub(due_us);
        self.latencies.push(u32::try_from(late).unwrap_or(u32::MAX));
        self.on_time += u64::from(late <= self.window.period_us);
    }
}

/// The value in ms that `share` (0 to 1) of `latencies` (in µs) do not exceed.
pub(crate) fn percentile_ms(latencies: &mut [u32], share: f64) -> f64 {
    if latencies.is_empty() {
        return f64::NAN;
    }
    let at = ((latencies.len() as f64 * share) as usize).min(latencies.len() - 1);
    let (_, value, _) = latencies.select_nth_unstable(at);
    f64::from(*value) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_due_in_the_window_counts() {
        let mut tally = Tally::new(Window { begin_us: 100, end_us: 200, period_us: 30 });
        for (due, now) in [(99, 100), (100, 130), (199, 230), (200, 201)] {
            tally.arrived(due, now);
        }
        assert_eq!((&tally.latencies[..], tally.on_time), (&[30, 31][..], 1));
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut latencies: Vec<u32> = (1..=100).rev().map(|ms| ms * 1000).collect();
        assert_eq!(percentile_ms(&mut latencies, 0.5), 51.0);
        assert_eq!(percentile_ms(&mut latencies, 0.99), 100.0);
        assert_eq!(percentile_ms(&mut latencies, 0.0), 1.0);
        assert!(percentile_ms(&mut [], 0.5).is_nan());
    }
}
