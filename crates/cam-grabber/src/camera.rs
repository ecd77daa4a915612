//! One camera: the thread that owns it, and what the rest of the process sees of it.
//!
//! The thread ends when its [`Handle`] is dropped. Every call of the SDK is made on it, so that a stuck one hurts nobody.

mod configure;
#[cfg(all(test, loom))]
mod races;
mod shared;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use cameracast_config as config;
use frame_bundle::control::{Limits, Settings};
use tokio::sync::{Notify, oneshot};
use tracing::{debug, info, warn};

pub use self::shared::{Health, Shared};
use crate::capture::{self, Camera, CameraError, Cause, Frame, Grabbed, Layout, PixelFormat, Source};
use crate::continuity::Continuity;
use crate::losses::{Losses, Totals};
use crate::recent::Depth;
use crate::supervisor::{Faults, State, Step, Supervisor};

/// Requests that wait for a camera whose SDK is busy.
const COMMANDS: usize = 16;
/// How often the SDK is asked what it lost and counted.
const COUNTS_EVERY: Duration = Duration::from_millis(500);

/// What holds once a command is carried out, or one sentence why it was not.
pub type Reply = oneshot::Sender<Result<Settings, String>>;

/// What a camera's thread can be told.
#[derive(Debug)]
pub enum Command {
    /// Open a stopped camera again, at once.
    Start(Reply),
    /// Close the camera and leave it closed.
    Stop(Reply),
    /// Let it take one picture, where it waits for a software trigger.
    Trigger(Reply),
    /// Change settings. Where the camera has to be opened anew for them and refuses, it goes on with those it had.
    Configure(Settings, Reply),
    /// Be as the configuration says from now on; not where nobody waits for it any more.
    Follow(Box<config::Camera>, Reply),
}

/// Holds a camera's thread.
#[derive(Debug)]
pub struct Handle {
    /// What everybody may see.
    pub shared: Arc<Shared>,
    commands: mpsc::SyncSender<Command>,
    thread: thread::JoinHandle<()>,
}

impl Handle {
    /// Starts the thread; it opens the camera and says `arrived` at each frame and each change of its state.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        settings: config::Camera,
        stream_fps: f64,
        depth: Depth,
        arrived: Arc<Notify>,
    ) -> std::io::Result<Self> {
        let (worker, commands) = Worker::new(&settings, stream_fps, depth, arrived);
        let shared = Arc::clone(&worker.shared);
        let name = format!("camera-{}", settings.id);
        let thread = thread::Builder::new().name(name).spawn(move || worker.run())?;
        Ok(Self { shared, commands, thread })
    }

    /// Tells the thread something; commands are carried out one after the other.
    ///
    /// # Errors
    /// One sentence, where too many wait already.
    pub fn tell(&self, command: Command) -> Result<(), String> {
        self.commands.try_send(command).map_err(|_| {
            format!(
                "camera {} has {COMMANDS} requests before this one; try again when they are answered",
                self.shared.id
            )
        })
    }

    /// Lets the thread end and gives what it can be waited for by.
    pub fn end(self) -> thread::JoinHandle<()> {
        self.thread
    }
}

struct Worker {
    shared: Arc<Shared>,
    supervisor: Supervisor,
    source: Box<dyn Source>,
    camera: Option<Box<dyn Camera>>,
    continuity: Continuity,
    losses: Losses,
    statistics: Totals,
    counts_read_at: Instant,
    commands: mpsc::Receiver<Command>,
    arrived: Arc<Notify>,
    /// Of the newest frame: sources may change it while they run.
    layout: Option<Layout>,
    /// As far as its frames have shown.
    compresses_itself: bool,
    /// Of the camera when it was open last.
    own_limits: Option<Limits>,
    /// What was wrong with the newest frame that was not whole.
    incomplete: &'static str,
}

/// The handle is gone: the thread is to end.
struct Quit;

impl Worker {
    /// One that has not begun, and what it is told by.
    fn new(
        settings: &config::Camera,
        stream_fps: f64,
        depth: Depth,
        arrived: Arc<Notify>,
    ) -> (Self, mpsc::SyncSender<Command>) {
        let (commands, received) = mpsc::sync_channel(COMMANDS);
        let worker = Self {
            supervisor: Supervisor::new(Instant::now(), fastrand::u64(..)),
            source: capture::source(settings),
            camera: None,
            continuity: Continuity::default(),
            shared: Arc::new(Shared::new(settings.clone(), stream_fps, depth)),
            commands: received,
            arrived,
            losses: Losses::default(),
            statistics: Totals::default(),
            counts_read_at: Instant::now(),
            layout: None,
            compresses_itself: false,
            own_limits: None,
            incomplete: "incomplete",
        };
        (worker, commands)
    }

    fn run(mut self) {
        while let Ok(()) = self.turn() {}
        self.close();
    }

    fn turn(&mut self) -> Result<(), Quit> {
        match self.commands.try_recv() {
            Ok(command) => self.obey(command),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Err(Quit),
        }
        let step = self.supervisor.step(Instant::now());
        self.show_state();
        match step {
            Step::Open => match self.source.open() {
                Ok(camera) => self.opened(camera),
                Err(error) => self.failed(&error),
            },
            Step::Grab(timeout) => self.grab(timeout),
            Step::Close => self.close(),
            Step::Rest(until) => self.rest(until)?,
        }
        self.show_state();
        Ok(())
    }

    fn opened(&mut self, camera: Box<dyn Camera>) {
        self.continuity.reopened();
        self.supervisor.opened(Instant::now(), camera.actual());
        self.shared.set_actual(camera.actual().clone());
        self.own_limits = Some(camera.limits().clone());
        self.show_limits();
        self.camera = Some(camera);
    }

    fn grab(&mut self, timeout: Duration) {
        // The supervisor asks for frames only while a camera is open.
        let Some(camera) = &mut self.camera else { return };
        match camera.grab(timeout) {
            Ok(Grabbed::Frame(frame)) => self.frame(frame),
            Ok(Grabbed::Incomplete(cause)) => {
                self.supervisor.incomplete_frame(Instant::now());
                self.losses.incomplete(cause);
                self.incomplete = cause;
            }
            Ok(Grabbed::Nothing) => {}
            Err(error) => self.failed(&error),
        }
        if self.counts_read_at.elapsed() >= COUNTS_EVERY {
            self.read_counts();
        }
    }

    fn frame(&mut self, mut frame: Frame) {
        // Not when it arrived: a pipeline may hold frames back for longer than a stall takes.
        self.supervisor.frame(Instant::now());
        self.continuity.apply(&mut frame);
        if self.layout.replace(frame.layout) != Some(frame.layout)
            && let Some(camera) = &self.camera
        {
            self.shared.set_actual(camera.actual().clone());
            self.compresses_itself = matches!(frame.layout.format, PixelFormat::Jpeg | PixelFormat::JpegToComplete);
            self.show_limits();
        }
        drop(self.shared.recent.put(frame));
        self.arrived.notify_one();
    }

    fn failed(&mut self, error: &CameraError) {
        // Said once, not at every try.
        if self.supervisor.cause() != Some(error.cause) {
            warn!(camera = self.shared.id, name = %self.shared.settings().name, "{error}; it is tried again");
        }
        self.supervisor.failed(Instant::now(), error.cause);
    }

    fn close(&mut self) {
        self.read_counts();
        self.losses.closed();
        self.statistics.closed();
        self.camera = None;
        self.layout = None;
        self.shared.recent.clear();
    }

    fn read_counts(&mut self) {
        if let Some(camera) = &self.camera {
            self.losses.sdk(camera.lost());
            self.statistics.since_opened(camera.statistics());
        }
        self.counts_read_at = Instant::now();
        let Faults { stalls, reopened } = self.supervisor.faults();
        let mut statistics = self.statistics.sums();
        statistics.extend([("stalls", stalls), ("reopened", reopened)]);
        self.shared.set_counts(self.losses.by_cause(self.continuity.missing()), statistics);
    }

    fn rest(&mut self, until: Option<Instant>) -> Result<(), Quit> {
        let command = match until {
            Some(until) => self.commands.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match command {
            Ok(command) => self.obey(command),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Quit),
        }
        Ok(())
    }

    fn obey(&mut self, command: Command) {
        let (reply, done) = match command {
            Command::Start(reply) => {
                self.supervisor.start(Instant::now());
                (reply, Ok(Settings::default()))
            }
            Command::Stop(reply) => {
                self.supervisor.stop();
                (reply, Ok(Settings::default()))
            }
            Command::Trigger(reply) => (reply, self.trigger().map(|()| Settings::default())),
            Command::Configure(set, reply) => (reply, self.configure(&set)),
            // The configuration may say something else by now.
            Command::Follow(_, reply) if reply.is_closed() => return,
            Command::Follow(wanted, reply) => (reply, self.follow(*wanted).map(|()| Settings::default())),
        };
        let _ = reply.send(done); // who asked may be gone
    }

    fn show_limits(&self) {
        self.shared.set_limits(self.own_limits.as_ref(), self.compresses_itself);
    }

    fn trigger(&self) -> Result<(), String> {
        let id = self.shared.id;
        match &self.camera {
            Some(camera) => camera.trigger().map_err(|why| format!("camera {id} was not triggered: {why}")),
            None => {
                Err(format!("camera {id} is {}: it can be triggered while it is open", self.shared.health().in_words()))
            }
        }
    }

    /// Lets everybody see how the camera is, and says it once in the log.
    fn show_state(&mut self) {
        let (state, cause) = (self.supervisor.state(), self.supervisor.cause());
        let Some(before) = self.shared.set_state(state, cause) else { return };
        self.arrived.notify_one();
        let (camera, name) = (self.shared.id, self.shared.settings().name);
        match (before.state, state) {
            // A trigger comes and is silent again, perhaps every few seconds.
            (State::Waiting, State::Streaming) | (State::Streaming, State::Waiting) => {
                debug!(camera, name, "{}", state.as_str());
            }
            (_, State::Streaming) => info!(camera, name, "streaming {}", before.actual),
            // It opens and sends nothing, again and again: that was said.
            (_, State::Stalled) if cause == before.cause => {}
            (_, State::Stalled) if cause == Some(Cause::IncompleteFrames) => {
                let advice = self.camera.as_ref().map_or_else(String::new, |camera| camera.advice_on_losses());
                warn!(camera, name, "its frames come, but none is whole ({}): {advice}", self.incomplete);
            }
            (_, State::Stalled) => warn!(camera, name, "no frame for too long; it is opened anew"),
            (_, State::Waiting) => info!(camera, name, "armed, waiting for its trigger"),
            (_, State::Stopped) => info!(camera, name, "stopped"),
            (_, State::Opening | State::Lost) => {}
        }
    }
}
