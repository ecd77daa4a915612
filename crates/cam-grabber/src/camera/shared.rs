//! What everybody sees of a camera while its own thread works with it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cameracast_config as config;
use frame_bundle::control::Limits;

use crate::capture::{Actual, CameraError, Cause};
use crate::losses::ByCause;
use crate::recent::{Depth, Recent};
use crate::settings;
use crate::stages::{Passage, Stages};
use crate::supervisor::State;

/// What the rest of the process sees of a camera.
#[derive(Debug)]
pub struct Shared {
    /// Its id on the wire.
    pub id: u8,
    /// Its newest frames.
    pub recent: Recent,
    settings: Mutex<config::Camera>,
    health: Mutex<Health>,
    limits: Mutex<Limited>,
    removed: AtomicBool,
    encoded: AtomicU64,
    encode_us: AtomicU64,
    stages: Mutex<Stages>,
    /// Lost before they reached us, and lost on our side.
    lost: Mutex<ByCause>,
    dropped: Mutex<ByCause>,
    statistics: Mutex<ByCause>,
}

/// What can be set of a camera.
#[derive(Debug)]
struct Limited {
    /// The stream's own rate: no camera's share of it can be more.
    stream_fps: f64,
    limits: Limits,
}

/// How a camera is.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// In one word.
    pub state: State,
    /// Why it does not stream.
    pub cause: Option<Cause>,
    /// What it is and delivers, as long as it is known.
    pub actual: Actual,
}

impl Health {
    /// State and cause for a person: `lost: no device`.
    pub fn in_words(&self) -> String {
        match self.cause {
            Some(cause) => format!("{}: {cause}", self.state.as_str()),
            None => self.state.as_str().to_owned(),
        }
    }
}

impl Shared {
    pub(super) fn new(settings: config::Camera, stream_fps: f64, depth: Depth) -> Self {
        let id = settings.id;
        Self {
            id,
            recent: Recent::new(depth),
            settings: Mutex::new(settings),
            health: Mutex::new(Health { state: State::Opening, cause: None, actual: Actual::default() }),
            limits: Mutex::new(Limited { stream_fps, limits: settings::limits(None, stream_fps, false) }),
            removed: AtomicBool::new(false),
            encoded: AtomicU64::new(0),
            encode_us: AtomicU64::new(0),
            stages: Mutex::default(),
            lost: Mutex::default(),
            dropped: Mutex::default(),
            statistics: Mutex::default(),
        }
    }

    /// Its own rate in the stream, where it has one.
    pub fn stream_fps(&self) -> Option<f64> {
        lock(&self.settings).stream_fps
    }

    /// Its own JPEG quality, where it has one.
    pub fn jpeg_quality(&self) -> Option<u8> {
        lock(&self.settings).jpeg_quality
    }

    /// As the camera is set now.
    pub fn settings(&self) -> config::Camera {
        lock(&self.settings).clone()
    }

    /// How it is.
    pub fn health(&self) -> Health {
        lock(&self.health).clone()
    }

    /// What can be set of it, as far as it is known.
    pub fn limits(&self) -> Limits {
        lock(&self.limits).limits.clone()
    }

    /// It delivers frames now.
    pub fn is_live(&self) -> bool {
        lock(&self.health).state == State::Streaming
    }

    /// A frame was encoded.
    pub fn count_encoded(&self, took: Duration) {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        self.encode_us.store(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// How long the newest encoded frame took.
    pub fn encode_time(&self) -> Duration {
        Duration::from_micros(self.encode_us.load(Ordering::Relaxed))
    }

    /// Frames encoded since the start.
    pub fn encoded(&self) -> u64 {
        self.encoded.load(Ordering::Relaxed)
    }

    /// A frame is in the socket.
    pub fn count_written(&self, passage: Passage, written: Instant) {
        lock(&self.stages).count(passage, written);
    }

    /// How long frames took so far.
    pub fn stages(&self) -> Stages {
        lock(&self.stages).clone()
    }

    /// A frame was lost on our side.
    pub fn count_dropped(&self, cause: &'static str) {
        *lock(&self.dropped).entry(cause).or_default() += 1;
    }

    /// Frames lost since the start, by cause.
    pub fn dropped(&self) -> ByCause {
        let mut all = lock(&self.lost).clone();
        for (cause, frames) in lock(&self.dropped).iter() {
            *all.entry(cause).or_default() += frames;
        }
        all
    }

    /// What the SDK counts beside frames, since the start.
    pub fn statistics(&self) -> ByCause {
        lock(&self.statistics).clone()
    }

    /// What can be changed without opening the camera anew, or is about to be used by the next opening.
    pub(super) fn set(&self, settings: config::Camera) {
        *lock(&self.settings) = settings;
    }

    pub(super) fn set_actual(&self, actual: Actual) {
        lock(&self.health).actual = actual;
    }

    /// What the camera itself allows, where it is known.
    pub(super) fn set_limits(&self, own: Option<&Limits>, compresses_itself: bool) {
        let mut limited = lock(&self.limits);
        limited.limits = settings::limits(own, limited.stream_fps, compresses_itself);
    }

    /// The stream has another rate.
    pub fn set_stream_rate(&self, fps: f64) {
        let mut limited = lock(&self.limits);
        let compresses_itself = limited.limits.jpeg_quality.is_none();
        *limited = Limited { stream_fps: fps, limits: settings::limits(Some(&limited.limits), fps, compresses_itself) };
    }

    /// The camera is one of ours no more.
    pub fn remove(&self) {
        self.removed.store(true, Ordering::Release);
    }

    /// Whether it is one of ours no more: nothing of it is to be sent.
    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    /// The answer to who asked for settings that the camera refuses.
    pub(super) fn goes_on(&self, error: &CameraError) -> String {
        format!("camera {} goes on as it was: {error}", self.id)
    }

    /// Gives how it was before, where that is something else.
    pub(super) fn set_state(&self, state: State, cause: Option<Cause>) -> Option<Health> {
        let mut health = lock(&self.health);
        if (health.state, health.cause) == (state, cause) {
            return None;
        }
        let before = health.clone();
        (health.state, health.cause) = (state, cause);
        Some(before)
    }

    pub(super) fn set_counts(&self, lost: ByCause, statistics: ByCause) {
        *lock(&self.lost) = lost;
        *lock(&self.statistics) = statistics;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Plain values, replaced whole: a panic elsewhere leaves none of them half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
