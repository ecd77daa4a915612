//! Keeps a camera's frame numbers and capture times rising over re-openings and clocks that jump. Pure.

use crate::capture::Frame;

/// One camera's numbers and times so far.
#[derive(Clone, Debug, Default)]
pub struct Continuity {
    /// Added to the camera's numbers, wrapping; set anew by the first frame after an opening.
    offset: Option<u64>,
    last_number: Option<u64>,
    last_us: u64,
    /// Frames that the numbers say were there and that never came as frames.
    missing: u64,
}

impl Continuity {
    /// The camera was opened anew: its numbers may start anywhere.
    pub fn reopened(&mut self) {
        self.offset = None;
    }

    /// Sets a frame's number and time so that both only grow. A time that went back (its camera's clock was set) is
    /// held at the last one.
    pub fn apply(&mut self, frame: &mut Frame) {
        let offset = *self.offset.get_or_insert_with(|| {
            let next = self.last_number.map_or(frame.number, |last| last + 1);
            next.wrapping_sub(frame.number)
        });
        let mut number = frame.number.wrapping_add(offset);
        if let Some(last) = self.last_number {
            if number <= last {
                number = last + 1;
                self.offset = Some(number.wrapping_sub(frame.number));
            }
            self.missing += number - last - 1;
        }
        self.last_number = Some(number);
        self.last_us = self.last_us.max(frame.time.unix_us);
        (frame.number, frame.time.unix_us) = (number, self.last_us);
    }

    /// Frames that the numbers say were there and that never came as frames.
    pub fn missing(&self) -> u64 {
        self.missing
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;

    use super::*;
    use crate::capture::{CaptureTime, Clock, Layout, PixelFormat};

    fn through(continuity: &mut Continuity, number: u64, unix_us: u64) -> (u64, u64) {
        let mut frame = Frame {
            data: Bytes::new(),
            layout: Layout::packed(PixelFormat::Mono8, 0, 0),
            time: CaptureTime { arrived: Instant::now(), unix_us, clock: Clock::CAMERA },
            number,
        };
        continuity.apply(&mut frame);
        (frame.number, frame.time.unix_us)
    }

    #[test]
    fn numbers_go_on_over_a_reopening_and_gaps_within_one_opening_are_missing_frames() {
        let mut continuity = Continuity::default();
        assert_eq!(through(&mut continuity, 7, 10).0, 7);
        assert_eq!(through(&mut continuity, 10, 20).0, 10);
        assert_eq!(continuity.missing(), 2);
        continuity.reopened();
        assert_eq!(through(&mut continuity, 1, 30).0, 11);
        assert_eq!(through(&mut continuity, 2, 40).0, 12);
        continuity.reopened();
        assert_eq!(through(&mut continuity, 65_000, 50).0, 13);
        assert_eq!(continuity.missing(), 2);
    }

    #[test]
    fn a_number_that_goes_back_without_a_reopening_counts_on() {
        let mut continuity = Continuity::default();
        through(&mut continuity, 100, 10);
        assert_eq!(through(&mut continuity, 3, 20).0, 101);
        assert_eq!(through(&mut continuity, 4, 30).0, 102);
    }

    #[test]
    fn a_clock_that_jumps_back_never_shows() {
        let mut continuity = Continuity::default();
        assert_eq!(through(&mut continuity, 1, 1000).1, 1000);
        assert_eq!(through(&mut continuity, 2, 400).1, 1000);
        assert_eq!(through(&mut continuity, 3, 1400).1, 1400);
    }
}
