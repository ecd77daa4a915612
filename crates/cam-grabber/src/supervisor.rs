//! Decides what a camera's thread does next: open, grab, close, rest. Pure: time comes in, steps come out.
//!
//! ```text
//!            opened            first frame
//! Opening ───────────▶ Opening ───────────▶ Streaming ──── silence ───▶ Stalled
//!    ▲ │ failed           (Waiting,             │ error                   │ closed
//!    │ ▼                   if triggered)        ▼                         │
//!   Lost ◀──────────────────────────────────── Lost ◀─────────────────────┘ not back
//! ```
//!
//! A camera whose frames all come incomplete is `Stalled`, too, and stays open: opened anew it would send the same, and
//! what it sends is counted. The first whole frame makes it `Streaming` again.

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
/// Frames that came incomplete, one after the other: so many are no accident, however seldom a trigger comes.
const INCOMPLETE_IN_A_ROW: u32 = 4;
/// Cameras take a while from their start to their first frame.
const FIRST_FRAME: Duration = Duration::from_secs(3);
/// How long one call for a frame may take, so that commands are heard.
const GRAB: Duration = Duration::from_millis(100);
/// The same for a camera that waits for its trigger: the command may be just that.
const GRAB_ARMED: Duration = Duration::from_millis(20);

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
    /// It is open and went silent, and is opened anew; or not one of its frames comes whole.
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
    /// Since when silence counts: the last frame, whole or not, or the opening.
    heard_at: Instant,
    /// The last whole frame, or the opening.
    whole_at: Instant,
    /// Frames that came incomplete since then.
    incomplete: u32,
    /// Since when frames come without a fault.
    good_since: Option<Instant>,
    declared_period: Duration,
    rate: Rate,
    triggered: bool,
    backoff: Backoff,
    faults: Faults,
    /// It was given up while it was open, and has not been opened since.
    given_up: bool,
}

/// What happened to a camera since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How often it went silent, or sent nothing whole any more.
    pub stalls: u64,
    /// How often it was opened again after it had been given up.
    pub reopened: u64,
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
            whole_at: now,
            incomplete: 0,
            good_since: None,
            declared_period: Duration::ZERO,
            rate: Rate::default(),
            triggered: false,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed),
            faults: Faults::default(),
            given_up: false,
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

    /// What happened to it since the start.
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// What to do now.
    pub fn step(&mut self, now: Instant) -> Step {
        if self.open {
            self.judge(now);
        }
        match self.state {
            State::Stopped if self.open => self.close(),
            State::Stopped => Step::Rest(None),
            State::Stalled | State::Lost if self.open && self.given_up => self.close(),
            _ if self.open => Step::Grab(if self.triggered { GRAB_ARMED } else { GRAB }),
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
        (self.heard_at, self.whole_at, self.incomplete) = (now, now, 0);
        self.faults.reopened += u64::from(std::mem::take(&mut self.given_up));
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

    /// A whole frame came.
    pub fn frame(&mut self, now: Instant) {
        (self.heard_at, self.whole_at, self.incomplete) = (now, now, 0);
        self.rate.frame(now);
        (self.state, self.cause) = (State::Streaming, None);
        let good_since = *self.good_since.get_or_insert(now);
        if now.saturating_duration_since(good_since) >= GOOD_WHILE {
            self.backoff.reset();
        }
    }

    /// A frame came that is not whole: the camera lives, and nobody can see it.
    pub fn incomplete_frame(&mut self, now: Instant) {
        self.heard_at = now;
        self.incomplete = self.incomplete.saturating_add(1);
    }

    /// Nobody asked the camera for frames for a while: that was not its silence.
    pub fn not_asked(&mut self, now: Instant) {
        (self.heard_at, self.whole_at) = (now, now);
    }

    /// The camera could not be opened, or failed while it was open.
    pub fn failed(&mut self, now: Instant, cause: Cause) {
        self.give_up(now, State::Lost, cause);
    }

    /// Close it and leave it closed.
    pub fn stop(&mut self) {
        (self.state, self.cause, self.good_since) = (State::Stopped, None, None);
        self.given_up = false;
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

    /// What an open camera's silence means, if it is silent.
    fn judge(&mut self, now: Instant) {
        let allowed = match self.state {
            State::Opening => FIRST_FRAME.max(self.silence_allowed()),
            State::Streaming | State::Waiting | State::Stalled => self.silence_allowed(),
            State::Lost | State::Stopped => return,
        };
        let longer_than_allowed = |since| now.saturating_duration_since(since) > allowed;
        if self.given_up || !longer_than_allowed(self.whole_at) {
            return;
        }
        let silent = longer_than_allowed(self.heard_at);
        match self.state {
            // Silence is no fault of a camera whose trigger is silent; but nobody is to wait for it.
            _ if self.triggered && self.incomplete < INCOMPLETE_IN_A_ROW => self.state = State::Waiting,
            State::Stalled if self.triggered || !silent => {}
            _ if self.triggered || !silent => self.stalled(Cause::IncompleteFrames),
            State::Opening => self.give_up(now, State::Stalled, Cause::NoFrames),
            _ => self.give_up(now, State::Stalled, Cause::Stalled),
        }
    }

    fn silence_allowed(&self) -> Duration {
        let period = self.rate.period().unwrap_or_default().max(self.declared_period);
        SILENCE.max(period.saturating_mul(SILENT_PERIODS))
    }

    fn give_up(&mut self, now: Instant, state: State, cause: Cause) {
        if self.state != State::Stopped {
            if state == State::Stalled {
                self.stalled(cause);
            }
            (self.state, self.cause, self.good_since) = (state, Some(cause), None);
            self.given_up |= self.open;
            self.try_at = now + self.backoff.pause();
        }
    }

    fn stalled(&mut self, cause: Cause) {
        // One that is silent after its incomplete frames has stalled once.
        self.faults.stalls += u64::from(self.state != State::Stalled);
        (self.state, self.cause, self.good_since) = (State::Stalled, Some(cause), None);
    }

    fn close(&mut self) -> Step {
        self.open = false;
        Step::Close
    }
}

#[cfg(test)]
mod tests;
