//! What GStreamer's threads hand to the camera's thread: frames, the caps, and the end.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use cameracast_service::sync::{Condvar, Mutex, MutexGuard, wait_timeout_while};
use gstreamer as gst;

use super::numbers::Numbers;
use crate::capture::arrival::Arrivals;
use crate::capture::{CameraError, CaptureTime};

/// Frames that wait for the camera's thread. It does nothing but take them, so that more than one is rare; when it is
/// held up, the oldest goes and is counted as `queue full`.
const FRAMES: usize = 4;

/// A frame as it arrived.
pub(super) struct Arrived {
    pub(super) sample: gst::Sample,
    pub(super) time: CaptureTime,
    pub(super) number: u64,
}

/// What the camera's thread gets.
pub(super) enum Next {
    Frame(Arrived),
    Ended(CameraError),
    Nothing,
}

/// Shared by the camera's thread and the pipeline's. Nothing is dropped before it was counted.
pub(super) struct Inbox {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    frames: VecDeque<Arrived>,
    caps: Option<gst::Caps>,
    ended: Option<CameraError>,
    overflowed: u64,
    numbers: Numbers,
    arrivals: Arrivals,
}

impl Inbox {
    pub(super) fn new(numbers: Numbers) -> Self {
        let frames = VecDeque::with_capacity(FRAMES);
        let arrivals = Arrivals::default();
        let inner = Inner { frames, caps: None, ended: None, overflowed: 0, numbers, arrivals };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// Takes a frame that is `age` old by the pipeline's clock.
    pub(super) fn push(&self, sample: gst::Sample, age: Option<Duration>) {
        let mut inner = self.lock();
        // The largest offset means none.
        let offset = sample.buffer().map(gst::BufferRef::offset).filter(|offset| *offset != u64::MAX);
        let number = inner.numbers.next(offset);
        let time = inner.arrivals.at(Instant::now(), age);
        // Freed after the lock: it may be the last reference to a buffer.
        let oldest = if inner.frames.len() < FRAMES { None } else { inner.frames.pop_front() };
        inner.overflowed += u64::from(oldest.is_some());
        inner.frames.push_back(Arrived { sample, time, number });
        drop(inner);
        self.changed.notify_all();
    }

    pub(super) fn set_caps(&self, caps: gst::Caps) {
        self.lock().caps = Some(caps);
        self.changed.notify_all();
    }

    /// The pipeline is over; the first reason is the real one.
    pub(super) fn end(&self, why: CameraError) {
        self.lock().ended.get_or_insert(why);
        self.changed.notify_all();
    }

    /// The next frame; the end when all frames before it are taken.
    pub(super) fn next(&self, timeout: Duration) -> Next {
        let mut inner = self.wait(timeout, |inner| !inner.frames.is_empty() || inner.ended.is_some());
        match (inner.frames.pop_front(), &inner.ended) {
            (Some(frame), _) => Next::Frame(frame),
            (None, Some(why)) => Next::Ended(why.clone()),
            (None, None) => Next::Nothing,
        }
    }

    /// The caps as soon as they are negotiated; `None` after the timeout.
    ///
    /// # Errors
    /// The pipeline ended before.
    pub(super) fn wait_for_caps(&self, timeout: Duration) -> Result<Option<gst::Caps>, CameraError> {
        let inner = self.wait(timeout, |inner| inner.caps.is_some() || inner.ended.is_some());
        match &inner.ended {
            Some(why) => Err(why.clone()),
            None => Ok(inner.caps.clone()),
        }
    }

    /// Waits for the first frame, which stays here.
    ///
    /// # Errors
    /// The pipeline ended before one came.
    pub(super) fn wait_for_frame(&self, timeout: Duration) -> Result<(), CameraError> {
        let inner = self.wait(timeout, |inner| !inner.frames.is_empty() || inner.ended.is_some());
        match &inner.ended {
            Some(why) if inner.frames.is_empty() => Err(why.clone()),
            _ => Ok(()),
        }
    }

    pub(super) fn ended(&self) -> Option<CameraError> {
        self.lock().ended.clone()
    }

    /// Frames that were not taken in time, and frames that the driver dropped.
    pub(super) fn lost(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.overflowed, inner.numbers.dropped())
    }

    fn wait(&self, timeout: Duration, until: impl Fn(&Inner) -> bool) -> MutexGuard<'_, Inner> {
        wait_timeout_while(&self.changed, self.lock(), timeout, |inner| !until(inner))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, loom))]
mod races;
