//! Keeps what happens over and over from filling the log. Pure: time is passed in.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Lets through so many lines a second, and counts the others.
#[derive(Debug)]
pub(crate) struct LogLimit {
    lines: u32,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    held_back: u64,
}

impl LogLimit {
    pub(crate) const fn new(lines_a_second: u32) -> Self {
        Self { lines: lines_a_second, window: Mutex::new(Window { began: None, lines: 0, held_back: 0 }) }
    }

    /// Whether a line may be logged now; inside, how many were held back before it, if any.
    pub(crate) fn allows(&self, now: Instant) -> Option<Option<u64>> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.began.is_none_or(|began| now.saturating_duration_since(began) >= WINDOW) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines == self.lines {
            window.held_back += 1;
            return None;
        }
        window.lines += 1;
        let held_back = std::mem::take(&mut window.held_back);
        Some((held_back > 0).then_some(held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_a_second_pass_and_the_next_one_tells_of_the_others() {
        let start = Instant::now();
        let limit = LogLimit::new(2);
        let at = |ms| limit.allows(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(1), at(2), at(999)], [Some(None), Some(None), None, None]);
        assert_eq!([at(1000), at(1001), at(1002)], [Some(Some(2)), Some(None), None]);
        assert_eq!(at(5000), Some(Some(1)));
    }
}
