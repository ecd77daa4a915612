//! Decides what a camera's thread does next: open, grab, close, rest. Pure: time comes in, steps come out.
//!
//! ```text
//!            opened            first frame
//! Opening ───────────▶ Opening ───────────▶ Streaming ──── silence ───▶ Stalled
//!    ▲ │ failed           (Waiting,             │ error                   │ closed
//!    │ ▼                   if triggered)        ▼                         │
//!   Lost ◀──────────────────────────────────── Lost ◀─────────────────────┘ not back
//! ```

use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::capture::{Actual, Cause};
use crate::rate::Rate;

/// The pause after the first failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A camera that streamed this long without a fault starts over with the first pause.
const GOOD_WHILE: Duration = Duration::from_secs(60);
/// Silence is a stall after this long, or after [`SILENT_PERIODS`] frame periods, whichever is longer.
const SILENCE: Duration = Duration::from_secs(1);
const SILENT_PERIODS: u32 = 4;
/// Cameras take a while from their start to their first frame.
const FIRST_FRAME: Duration = Duration::from_secs(3);
/// How long one call for a frame may take, so that commands are heard.
const GRAB: Duration = Duration::from_millis(100);

/// What a camera's thread is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the camera, then say [`Supervisor::opened`] or [`Supervisor::failed`].
    Open,
    /// Wait for a frame, at most this long.
    Grab(Duration),
    /// Drop the camera, then ask again.
    Close,
    /// Nothing to do before then; a stopped camera rests until it is started.
    Rest(Option<Instant>),
}

/// How a camera is, in the words of the wire contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being opened, or has not yet sent its first frame.
    Opening,
    /// Frames come.
    Streaming,
    /// It is armed and waits for its trigger.
    Waiting,
    /// It is open and went silent; it is opened anew.
    Stalled,
    /// It cannot be used; it is tried again and again.
    Lost,
    /// Somebody stopped it.
    Stopped,
}

impl State {
    /// The word of the wire contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Streaming => "streaming",
            Self::Waiting => "waiting",
            Self::Stalled => "stalled",
            Self::Lost => "lost",
            Self::Stopped => "stopped",
        }
    }
}

/// The state machine of one camera.
#[derive(Debug)]
pub struct Supervisor {
    state: State,
    cause: Option<Cause>,
    /// Whether the thread holds an open camera.
    open: bool,
    /// The next try, while it is not open.
    try_at: Instant,
    /// Since when silence counts: the last frame, or the opening.
    heard_at: Instant,
    /// Since when frames come without a fault.
    good_since: Option<Instant>,
    declared_period: Duration,
    rate: Rate,
    triggered: bool,
    backoff: Backoff,
}

impl Supervisor {
    /// A camera that is to be opened at once.
    pub fn new(now: Instant, seed: u64) -> Self {
        Self {
            state: State::Opening,
            cause: None,
            open: false,
            try_at: now,
            heard_at: now,
            good_since: None,
            declared_period: Duration::ZERO,
            rate: Rate::default(),
            triggered: false,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed),
        }
    }

    /// How the camera is.
    pub fn state(&self) -> State {
        self.state
    }

    /// Why it does not stream.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// What to do now.
    pub fn step(&mut self, now: Instant) -> Step {
        if self.open && self.is_silent(now) {
            match self.state {
                // Silence is no fault of a camera whose trigger is silent; but nobody is to wait for it.
                _ if self.triggered => self.state = State::Waiting,
                State::Opening => self.give_up(now, State::Stalled, Cause::NoFrames),
                _ => self.give_up(now, State::Stalled, Cause::Stalled),
            }
        }
        match self.state {
            State::Stopped if self.open => self.close(),
            State::Stopped => Step::Rest(None),
            State::Stalled | State::Lost if self.open => self.close(),
            _ if self.open => Step::Grab(GRAB),
            _ if now < self.try_at => Step::Rest(Some(self.try_at)),
            _ => {
                // A camera that is lost stays so in everybody's eyes until it is open again.
                if self.cause.is_none() {
                    self.state = State::Opening;
                }
                Step::Open
            }
        }
    }

    /// The camera is open.
    pub fn opened(&mut self, now: Instant, actual: &Actual) {
        self.open = true;
        self.heard_at = now;
        self.rate = Rate::default();
        self.triggered = actual.triggered;
        self.declared(actual.fps);
        self.state = if self.triggered { State::Waiting } else { State::Opening };
        // One that opens and sends nothing, again and again, does not look well in between.
        self.cause = self.cause.filter(|cause| *cause == Cause::NoFrames && !self.triggered);
    }

    /// The camera says that it delivers frames at this rate from now on.
    pub fn declared(&mut self, fps: Option<f64>) {
        self.declared_period = fps
            .filter(|fps| *fps > 0.0)
            .and_then(|fps| Duration::try_from_secs_f64(1.0 / fps).ok())
            .unwrap_or_default();
    }

    /// A frame came, whole or not: the camera lives.
    pub fn frame(&mut self, now: Instant) {
        self.heard_at = now;
        self.rate.frame(now);
        (self.state, self.cause) = (State::Streaming, None);
        let good_since = *self.good_since.get_or_insert(now);
        if now.saturating_duration_since(good_since) >= GOOD_WHILE {
            self.backoff.reset();
        }
    }

    /// The camera could not be opened, or failed while it was open.
    pub fn failed(&mut self, now: Instant, cause: Cause) {
        self.give_up(now, State::Lost, cause);
    }

    /// Close it and leave it closed.
    pub fn stop(&mut self) {
        (self.state, self.cause, self.good_since) = (State::Stopped, None, None);
    }

    /// Open it again, at once; nothing changes for a camera that is not stopped.
    pub fn start(&mut self, now: Instant) {
        if self.state == State::Stopped {
            self.reopen(now);
        }
    }

    /// Close it and open it again at once: its settings have changed.
    pub fn reopen(&mut self, now: Instant) {
        (self.state, self.cause, self.open, self.try_at) = (State::Opening, None, false, now);
        self.good_since = None;
        self.backoff.reset();
    }

    fn is_silent(&self, now: Instant) -> bool {
        let silence = now.saturating_duration_since(self.heard_at);
        match self.state {
            State::Opening => silence > FIRST_FRAME.max(self.silence_allowed()),
            State::Streaming => silence > self.silence_allowed(),
            State::Waiting | State::Stalled | State::Lost | State::Stopped => false,
        }
    }

    fn silence_allowed(&self) -> Duration {
        let period = self.rate.period().unwrap_or_default().max(self.declared_period);
        SILENCE.max(period.saturating_mul(SILENT_PERIODS))
    }

    fn give_up(&mut self, now: Instant, state: State, cause: Cause) {
        if self.state != State::Stopped {
            (self.state, self.cause, self.good_since) = (state, Some(cause), None);
            self.try_at = now + self.backoff.pause();
        }
    }

    fn close(&mut self) -> Step {
        self.open = false;
        Step::Close
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn camera_at(fps: f64) -> Actual {
        Actual { fps: Some(fps), ..Actual::default() }
    }

    fn streaming(start: Instant, actual: &Actual) -> Supervisor {
        let mut supervisor = Supervisor::new(start, 1);
        assert_eq!(supervisor.step(start), Step::Open);
        supervisor.opened(start, actual);
        supervisor.frame(start);
        assert_eq!(supervisor.state(), State::Streaming);
        supervisor
    }

    /// Steps on until something other than grabbing is asked; gives the time until then and the step.
    fn silence_until_something_happens(
        supervisor: &mut Supervisor,
        start: Instant,
        at_most: Duration,
    ) -> (Duration, Step) {
        let mut now = start;
        loop {
            match supervisor.step(now) {
                Step::Grab(_) if now - start < at_most => now += 10 * MS,
                step => return (now - start, step),
            }
        }
    }

    #[test]
    fn a_camera_that_goes_silent_is_stalled_after_a_second_and_opened_anew() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(100.0));
        let (silence, step) = silence_until_something_happens(&mut supervisor, start, 10_000 * MS);
        assert_eq!(step, Step::Close);
        assert!((1000 * MS..1100 * MS).contains(&silence), "{silence:?}");
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Stalled, Some(Cause::Stalled)));
        let Step::Rest(Some(until)) = supervisor.step(start + silence) else { panic!("it rests before the next try") };
        assert!(until - (start + silence) <= FIRST_PAUSE);
        assert_eq!(supervisor.step(until), Step::Open);
        supervisor.opened(until, &camera_at(100.0));
        supervisor.frame(until + MS);
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
    }

    #[test]
    fn a_camera_at_one_frame_in_two_seconds_is_not_stalled_between_its_frames() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(0.5));
        let (silence, _) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
        assert!((8000 * MS..8100 * MS).contains(&silence), "{silence:?}");
    }

    #[test]
    fn a_camera_that_becomes_slower_while_it_streams_is_given_time_for_its_next_frame() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(30.0));
        supervisor.declared(Some(0.25));
        let (silence, _) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
        assert!((16_000 * MS..16_100 * MS).contains(&silence), "{silence:?}");
    }

    #[test]
    fn the_measured_rate_counts_where_the_camera_names_none_or_a_wrong_one() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(1000.0));
        let mut now = start;
        for _ in 0..100 {
            now += 500 * MS;
            assert_eq!(supervisor.step(now), Step::Grab(GRAB));
            supervisor.frame(now);
        }
        let (silence, _) = silence_until_something_happens(&mut supervisor, now, 60_000 * MS);
        assert!(silence > 1900 * MS, "{silence:?}");
    }

    #[test]
    fn a_camera_that_waits_for_its_trigger_is_never_stalled() {
        let start = Instant::now();
        let mut supervisor = Supervisor::new(start, 1);
        let triggered = Actual { triggered: true, ..camera_at(100.0) };
        supervisor.opened(start, &triggered);
        assert_eq!(supervisor.state(), State::Waiting);
        assert_eq!(supervisor.step(start + 3600 * 1000 * MS), Step::Grab(GRAB));
        supervisor.frame(start + 3600 * 1000 * MS);
        assert_eq!(supervisor.state(), State::Streaming);
        assert_eq!(supervisor.step(start + 7200 * 1000 * MS), Step::Grab(GRAB));
        assert_eq!(supervisor.state(), State::Waiting, "a bundle would wait for a camera that is said to stream");
    }

    #[test]
    fn a_camera_that_opens_and_never_sends_is_named_so() {
        let start = Instant::now();
        let mut supervisor = Supervisor::new(start, 1);
        supervisor.opened(start, &camera_at(30.0));
        let (silence, step) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
        assert_eq!(step, Step::Close);
        assert!((3000 * MS..3100 * MS).contains(&silence), "{silence:?}");
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Stalled, Some(Cause::NoFrames)));
        supervisor.opened(start + silence, &camera_at(30.0));
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Opening, Some(Cause::NoFrames)));
        supervisor.frame(start + silence);
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
    }

    #[test]
    fn failures_back_off_to_two_seconds_and_keep_their_cause_while_it_is_tried_again() {
        let mut now = Instant::now();
        let mut supervisor = Supervisor::new(now, 1);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            assert_eq!(supervisor.step(now), Step::Open);
            supervisor.failed(now, Cause::NoDevice);
            let Step::Rest(Some(until)) = supervisor.step(now) else { panic!("it rests") };
            assert_eq!((supervisor.state(), supervisor.cause()), (State::Lost, Some(Cause::NoDevice)));
            pauses.push(until - now);
            now = until;
        }
        assert!(pauses[0] <= FIRST_PAUSE && pauses[0] >= FIRST_PAUSE.mul_f64(0.8), "{pauses:?}");
        assert!(pauses[5] <= LONGEST_PAUSE && pauses[5] >= LONGEST_PAUSE.mul_f64(0.8), "{pauses:?}");
    }

    #[test]
    fn a_good_minute_resets_the_back_off_and_a_shorter_while_does_not() {
        for (good, reset) in [(59, false), (61, true)] {
            let mut now = Instant::now();
            let mut supervisor = Supervisor::new(now, 1);
            for _ in 0..6 {
                supervisor.failed(now, Cause::NoDevice);
                now += LONGEST_PAUSE;
            }
            supervisor.opened(now, &camera_at(1.0));
            for _ in 0..=good {
                supervisor.frame(now);
                now += 1000 * MS;
            }
            supervisor.failed(now, Cause::Lost);
            assert_eq!(supervisor.step(now), Step::Close);
            let Step::Rest(Some(until)) = supervisor.step(now) else { panic!("it rests") };
            assert_eq!(until - now <= FIRST_PAUSE, reset, "after {good} good seconds");
        }
    }

    #[test]
    fn a_stopped_camera_is_closed_rests_and_opens_at_once_when_started() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(30.0));
        supervisor.stop();
        assert_eq!(supervisor.step(start), Step::Close);
        assert_eq!(supervisor.step(start + 3600 * 1000 * MS), Step::Rest(None));
        assert_eq!(supervisor.state(), State::Stopped);
        let later = start + 7200 * 1000 * MS;
        supervisor.start(later);
        assert_eq!(supervisor.step(later), Step::Open);
        assert_eq!(supervisor.state(), State::Opening);
    }

    #[test]
    fn a_failure_after_stop_does_not_start_it_again() {
        let start = Instant::now();
        let mut supervisor = streaming(start, &camera_at(30.0));
        supervisor.stop();
        supervisor.failed(start, Cause::Lost);
        assert_eq!(supervisor.state(), State::Stopped);
    }
}
