//! The way to the bridge: connects and reconnects by itself, puts encoded frames together into bundles, and carries control.
//!
//! There is no queue: the pipeline gets a [`Turn`] when a bridge is connected and everything before has gone into the
//! socket, and chooses its frames only then. The kernel's buffer holds about two bundles. A bridge that says no hello gets
//! plain bundles; one whose hello lacks our version gets nothing.

mod link;
#[cfg(test)]
mod probed;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cameracast_service::{Beats, Pulse};
use frame_bundle::{BundleBuilder, CaptureInfo, Frame, Packet};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use self::link::{Connection, End, Link};
use crate::backoff::Backoff;
use crate::camera::Shared;
use crate::capture::unix_us;
use crate::control::Control;
use crate::report::Reporter;
use crate::stages::Passage;

/// Pauses between tries to connect: a bridge that comes back is to be found within a fraction of a second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// A connection that lasted less was not wanted, for example because another grabber has the same camera.
const GOOD_WHILE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE_UNWANTED: Duration = Duration::from_secs(5);
/// State reports, at most.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// An encoded frame.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Whose it is.
    pub camera: Arc<Shared>,
    /// The frame.
    pub frame: Frame,
    /// Its time and number.
    pub info: CaptureInfo,
    /// Its way until here.
    pub passage: Passage,
}

/// The pipeline's end of the uplink.
#[derive(Debug)]
pub struct Uplink {
    turns: mpsc::Receiver<Turn>,
    pulse: Pulse,
}

/// The right to send one bundle.
#[derive(Debug)]
pub struct Turn(oneshot::Sender<Vec<Picture>>);

impl Turn {
    /// Sends these frames as one bundle. Where the bridge is gone in the meantime, they are too.
    pub fn send(self, pictures: Vec<Picture>) {
        let _ = self.0.send(pictures);
    }

    /// Waits until the bridge is gone.
    pub async fn gone(&mut self) {
        self.0.closed().await;
    }
}

/// What the uplink needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bridge's Unix socket.
    pub socket: PathBuf,
    /// Whose bridge we talk to, beside our own user's and root's.
    pub allowed_uids: Vec<u32>,
    /// The largest bundle that the bridge takes, in bytes.
    pub max_bundle_size: usize,
    /// Random at each start: where it changes, `seq` starts again.
    pub session: u64,
}

impl Uplink {
    /// Starts the task that keeps the connection. It ends when the uplink is dropped.
    pub fn start(options: Options, reporter: Reporter, control: Control) -> Self {
        let (offer, turns) = mpsc::channel(1);
        let muxer = Muxer { session: options.session, next_seq: 0 };
        let pulse = Pulse::default();
        let task = Task { muxer, options, reporter, control, offer, other_versions: None, beats: pulse.beats() };
        tokio::spawn(task.run());
        Self { turns, pulse }
    }

    /// Beats as long as the task does not get stuck; with a bridge or without.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Waits until a bridge is there and has taken all that was sent. `None` when the uplink has ended.
    pub async fn turn(&mut self) -> Option<Turn> {
        self.turns.recv().await
    }
}

/// Numbers bundles and puts them together.
struct Muxer {
    session: u64,
    next_seq: u64,
}

impl Muxer {
    fn bundle(&mut self, pictures: &[Picture]) -> Result<Bytes, frame_bundle::Unbuildable> {
        let mut bundle = BundleBuilder::new(self.next_seq, unix_us(Instant::now())).session(self.session);
        for Picture { frame, info, .. } in pictures {
            bundle = bundle.frame(frame.clone()).capture_info(*info);
        }
        let payload = bundle.build()?;
        self.next_seq += 1;
        Ok(payload)
    }
}

struct Task {
    options: Options,
    muxer: Muxer,
    reporter: Reporter,
    control: Control,
    offer: mpsc::Sender<Turn>,
    /// Those of the last bridge that does not read ours: it is said once, not at each connection.
    other_versions: Option<Vec<u16>>,
    beats: Beats,
}

impl Task {
    async fn run(mut self) {
        let seed = self.options.session;
        let mut absent = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed);
        let mut unwanted = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE_UNWANTED, seed);
        let mut told: Option<String> = None;
        let mut connections = 0_u64;
        while !self.offer.is_closed() {
            let pause = match self.beats.while_waiting(Connection::open(&self.options)).await {
                Ok(connection) => {
                    let (pid, uid) = (connection.peer.pid(), connection.peer.uid());
                    connections += 1;
                    let since = Instant::now();
                    info!(socket = %self.options.socket.display(), pid, uid, "connected to the bridge");
                    let end = self.serve(connection).await;
                    absent.reset();
                    told = None;
                    if matches!(end, End::NotNeeded) {
                        return;
                    }
                    if end.is_the_bridges_fault() {
                        warn!(
                            connection = connections,
                            pid, uid, "connection to the bridge closed: {end}; reconnecting"
                        );
                    } else if since.elapsed() >= GOOD_WHILE {
                        unwanted.reset();
                        info!(pid, uid, "the bridge is gone ({end}); reconnecting");
                    } else {
                        info!(
                            pid,
                            uid, "the bridge is gone at once ({end}); if it lives, its log says why; reconnecting"
                        );
                    }
                    unwanted.pause()
                }
                Err(error) => {
                    // Said once, not at every try.
                    let error = error.to_string();
                    if told.as_ref() != Some(&error) {
                        info!("{error}; cameras run on, trying again");
                        told = Some(error);
                    }
                    absent.pause()
                }
            };
            self.beats.while_waiting(tokio::time::sleep(pause)).await;
        }
    }

    /// Serves one connection until it ends; gives why.
    async fn serve(&mut self, connection: Connection) -> End {
        let mut link = Link::over(connection, self.options.max_bundle_size);
        self.reporter.forget();
        let mut reports = interval(REPORT_EVERY);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // The next turn is offered only when everything before is in the socket.
            let (turn, sent) = oneshot::channel();
            if self.beats.while_waiting(self.offer.send(Turn(turn))).await.is_err() {
                return End::NotNeeded;
            }
            let until_sent = link.until_sent(sent, &mut reports, &mut self.reporter, &self.control);
            let mut pictures = match self.beats.while_waiting(until_sent).await {
                Ok(Some(pictures)) => pictures,
                Ok(None) => continue, // the turn was given back
                Err(End::OtherVersions(versions)) => return self.wait_for_another_bridge(link, versions).await,
                Err(end) => return end,
            };
            // Of a camera that was removed meanwhile the bridge has been told that it is gone.
            pictures.retain(|picture| !picture.camera.is_removed());
            if pictures.is_empty() {
                continue;
            }
            let payload = match self.muxer.bundle(&pictures) {
                Ok(payload) => payload,
                Err(error) => {
                    warn!("a bundle could not be made: {error}");
                    continue;
                }
            };
            link.keep_buffer_short(payload.len());
            if let Err(end) = self.beats.while_waiting(link.write(Packet::Bundle(payload))).await {
                return end;
            }
            let written = Instant::now();
            pictures.iter().for_each(|picture| picture.camera.count_written(picture.passage, written));
        }
    }

    /// A bridge that does not read our version is left alone until it goes, perhaps for a newer one.
    async fn wait_for_another_bridge(&mut self, mut link: Link, versions: Vec<u16>) -> End {
        if self.other_versions.as_ref() != Some(&versions) {
            let (socket, ours) = (self.options.socket.display(), frame_bundle::VERSION);
            warn!(
                "the bridge at {socket} reads bundles of versions {versions:?} and not of {ours}: nothing is sent to it; run \
                 ws-bridge and cam-grabber of the same release"
            );
            self.other_versions = Some(versions);
        }
        let until_gone = async {
            tokio::select! {
                end = link.until_gone() => end,
                () = self.offer.closed() => End::NotNeeded,
            }
        };
        self.beats.while_waiting(until_gone).await
    }
}
