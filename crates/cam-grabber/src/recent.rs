//! The newest frames of one camera: where its thread, which never waits, hands over to the pipeline.
//!
//! The queue is bounded: [`Depth`] frames. When it is full the oldest goes back to the camera's SDK, unconverted; that is
//! no loss, the stream is slower than the camera. What was grabbed is counted here.

use std::collections::VecDeque;
use std::sync::PoisonError;

use cameracast_service::sync::{Mutex, MutexGuard};

use crate::capture::Frame;
use crate::rate::Rate;

/// How many frames are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The newest alone.
    Newest,
    /// A few to choose from, where frames are paired by their time: 6, which is how far a camera may be behind another one
    /// (at 400 a second: 15 ms; examples/cameracast.toml says so). An SDK lends 16 buffers; most must stay with it.
    ToPair,
}

impl Depth {
    fn frames(self) -> usize {
        match self {
            Self::Newest => 1,
            Self::ToPair => 6,
        }
    }
}

/// The newest-wins slot of one camera.
#[derive(Debug)]
pub struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    depth: Depth,
    frames: VecDeque<Frame>,
    rate: Rate,
    grabbed: u64,
}

/// What can be chosen from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Frames that nobody has had, oldest first, by their capture time in µs of Unix time.
    pub fresh: Vec<u64>,
    /// How fast frames come.
    pub rate: Rate,
}

impl Recent {
    /// An empty slot.
    pub fn new(depth: Depth) -> Self {
        let (frames, rate, grabbed) = Default::default();
        Self { inner: Mutex::new(Inner { depth, frames, rate, grabbed }) }
    }

    /// Keeps so many from now on; those that are too many are given back.
    pub fn set_depth(&self, depth: Depth) {
        let mut inner = self.lock();
        inner.depth = depth;
        let too_many = inner.frames.len().saturating_sub(depth.frames());
        let given_back: Vec<Frame> = inner.frames.drain(..too_many).collect();
        drop(inner);
        drop(given_back);
    }

    /// A frame has come. Gives the one that had to make room, to be dropped outside of the lock.
    pub fn put(&self, frame: Frame) -> Option<Frame> {
        let mut inner = self.lock();
        inner.grabbed += 1;
        inner.rate.frame(frame.time.arrived);
        let pushed_out = if inner.frames.len() == inner.depth.frames() { inner.frames.pop_front() } else { None };
        inner.frames.push_back(frame);
        pushed_out
    }

    /// What is there.
    pub fn offer(&self) -> Offer {
        let inner = self.lock();
        Offer { fresh: inner.frames.iter().map(|frame| frame.time.unix_us).collect(), rate: inner.rate.clone() }
    }

    /// Takes the newest frame that was captured at `unix_us` or before; older ones are given back. Where only the newest is
    /// kept, a still newer one may have come since it was chosen: then that one is taken.
    pub fn take(&self, unix_us: u64) -> Option<Frame> {
        let mut inner = self.lock();
        let chosen = inner.frames.iter().rposition(|frame| frame.time.unix_us <= unix_us);
        let newer = (inner.depth == Depth::Newest && !inner.frames.is_empty()).then_some(0);
        let up_to = chosen.or(newer)?;
        let mut taken: Vec<Frame> = inner.frames.drain(..=up_to).collect();
        drop(inner);
        taken.pop()
    }

    /// Gives everything back: the camera is closed, what is left of it is no longer live.
    pub fn clear(&self) {
        let mut inner = self.lock();
        let frames = std::mem::take(&mut inner.frames);
        inner.rate = Rate::default();
        drop(inner);
        drop(frames);
    }

    /// Frames that came since the start.
    pub fn grabbed(&self) -> u64 {
        self.lock().grabbed
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here can leave the queue half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, loom))]
pub(crate) mod races;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;

    use super::*;
    use crate::capture::{CaptureTime, Clock, Layout, PixelFormat};

    fn frame(unix_us: u64) -> Frame {
        Frame {
            data: Bytes::new(),
            layout: Layout::packed(PixelFormat::Mono8, 0, 0),
            time: CaptureTime { arrived: Instant::now(), unix_us, clock: Clock::ARRIVAL },
            number: unix_us,
        }
    }

    #[test]
    fn the_newest_frame_wins_and_every_frame_is_counted() {
        let recent = Recent::new(Depth::Newest);
        assert!(recent.put(frame(1)).is_none());
        assert_eq!(recent.put(frame(2)).map(|old| old.number), Some(1));
        assert_eq!(recent.offer().fresh, [2]);
        assert!(recent.put(frame(3)).is_some());
        assert_eq!(recent.take(2).map(|newest| newest.number), Some(3), "one that came in between is not lost");
        assert!(recent.take(3).is_none(), "a frame is taken once");
        assert_eq!(recent.grabbed(), 3);
    }

    #[test]
    fn a_few_frames_are_kept_for_pairing_and_taking_one_gives_back_the_older_ones() {
        let recent = Recent::new(Depth::ToPair);
        for at in 1..=7 {
            recent.put(frame(at * 10));
        }
        assert_eq!(recent.offer().fresh, [20, 30, 40, 50, 60, 70]);
        assert_eq!(recent.take(45).map(|taken| taken.number), Some(40));
        assert_eq!(recent.offer().fresh, [50, 60, 70]);
    }

    #[test]
    fn how_many_are_kept_can_change_and_the_newest_stay() {
        let recent = Recent::new(Depth::ToPair);
        (1..=6).for_each(|at| drop(recent.put(frame(at))));
        recent.set_depth(Depth::Newest);
        assert_eq!(recent.offer().fresh, [6]);
        assert_eq!(recent.put(frame(7)).map(|old| old.number), Some(6));
        recent.set_depth(Depth::ToPair);
        assert!(recent.put(frame(8)).is_none());
    }

    #[test]
    fn a_closed_camera_leaves_no_frame_behind() {
        let recent = Recent::new(Depth::Newest);
        recent.put(frame(1));
        recent.clear();
        assert_eq!(recent.offer(), Offer::default());
        assert_eq!(recent.grabbed(), 1);
    }
}
