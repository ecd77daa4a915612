//! The way to the bridge: connects and reconnects by itself, puts encoded frames together into bundles, and carries control.
//!
//! There is no queue: the pipeline gets a [`Turn`] when a bridge is connected and everything before has gone into the
//! socket, and chooses its frames only then. The kernel's buffer holds about two bundles. A bridge that says no hello gets
//! plain bundles.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use frame_bundle::codec::{PacketCodec, PacketError};
use frame_bundle::control::{self, FromBridge, FromGrabber};
use frame_bundle::{BundleBuilder, CaptureInfo, Frame, Packet};
use futures_util::StreamExt;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::codec::FramedRead;
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::camera::Shared;
use crate::capture::unix_us;
use crate::control::{Control, refusal};
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
/// Below this a buffer costs more than it saves.
const SMALLEST_BUFFER: usize = 32 << 10;

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
        let task = Task { muxer: Muxer { session: options.session, next_seq: 0 }, options, reporter, control, offer };
        tokio::spawn(task.run());
        Self { turns }
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
}

impl Task {
    async fn run(mut self) {
        let seed = self.options.session;
        let mut absent = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed);
        let mut unwanted = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE_UNWANTED, seed);
        let mut told: Option<String> = None;
        while !self.offer.is_closed() {
            let pause = match connect(&self.options).await {
                Ok(stream) => {
                    let since = Instant::now();
                    info!(socket = %self.options.socket.display(), "connected to the bridge");
                    let end = self.serve(stream).await;
                    absent.reset();
                    told = None;
                    if matches!(end, End::NotNeeded) {
                        return;
                    }
                    if since.elapsed() >= GOOD_WHILE {
                        unwanted.reset();
                        info!("the bridge is gone ({end}); reconnecting");
                    } else {
                        info!("the bridge is gone at once ({end}); if it lives, its log says why; reconnecting");
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
            tokio::time::sleep(pause).await;
        }
    }

    /// Serves one connection until it ends; gives why.
    async fn serve(&mut self, stream: UnixStream) -> End {
        let (read, write) = stream.into_split();
        let mut link = Link {
            write,
            codec: PacketCodec::with_max_bundle_size(self.options.max_bundle_size),
            controls: FramedRead::new(read, PacketCodec::default()),
            greeted: false,
            requests: JoinSet::new(),
            buffer: 0,
        };
        self.reporter.forget();
        let mut reports = interval(REPORT_EVERY);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // The next turn is offered only when everything before is in the socket.
            let (turn, sent) = oneshot::channel();
            if self.offer.send(Turn(turn)).await.is_err() {
                return End::NotNeeded;
            }
            let pictures = match link.until_sent(sent, &mut reports, &mut self.reporter, &self.control).await {
                Ok(Some(pictures)) => pictures,
                Ok(None) => continue, // the turn was given back
                Err(end) => return end,
            };
            let payload = match self.muxer.bundle(&pictures) {
                Ok(payload) => payload,
                Err(error) => {
                    warn!("a bundle could not be made: {error}");
                    continue;
                }
            };
            link.keep_buffer_short(payload.len());
            if let Err(end) = link.write(Packet::Bundle(payload)).await {
                return end;
            }
            let written = Instant::now();
            pictures.iter().for_each(|picture| picture.camera.count_written(picture.passage, written));
        }
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("it closed the connection")]
    Closed,
    #[error("{0}")]
    Packet(#[from] PacketError),
    #[error("{0}")]
    Control(#[from] control::BadControl),
    #[error("the grabber ends")]
    NotNeeded,
}

/// One connection to a bridge.
struct Link {
    write: OwnedWriteHalf,
    codec: PacketCodec,
    controls: FramedRead<OwnedReadHalf, PacketCodec>,
    /// The bridge has said hello: it takes control messages.
    greeted: bool,
    requests: JoinSet<FromGrabber>,
    /// What was asked of the kernel as our end's buffer, in bytes.
    buffer: usize,
}

impl Link {
    /// Carries control both ways until the pipeline has something to send. `None` where it gave its turn back.
    async fn until_sent(
        &mut self,
        mut sent: oneshot::Receiver<Vec<Picture>>,
        reports: &mut tokio::time::Interval,
        reporter: &mut Reporter,
        control: &Control,
    ) -> Result<Option<Vec<Picture>>, End> {
        loop {
            tokio::select! {
                biased; // control is rare; with hello in hand, the first thing a bridge gets is how the cameras are
                Some(Ok(result)) = self.requests.join_next() => self.say(&result).await?,
                packet = self.controls.next() => match packet {
                    Some(Ok(Packet::Control(payload))) => self.hear(&payload, control).await?,
                    Some(Ok(Packet::Bundle(_))) => debug!("the bridge sent a bundle; it is ignored"),
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(End::Closed),
                },
                _ = reports.tick(), if self.greeted => {
                    for report in reporter.changes() {
                        self.say(&report).await?;
                    }
                }
                pictures = &mut sent => return Ok(pictures.ok()),
            }
        }
    }

    async fn hear(&mut self, payload: &[u8], control: &Control) -> Result<(), End> {
        match control::read::<FromBridge>(payload) {
            Ok(FromBridge::Hello { .. }) => self.greeted = true,
            // A newer bridge may say more than we know.
            Ok(FromBridge::Unknown) => debug!("the bridge said something that this version does not know"),
            // In the order in which they come; each camera bounds how many wait for it.
            Ok(request) => drop(self.requests.spawn(control.begin(request).answer())),
            Err(error) => match error.request() {
                Some(request) => self.say(&refusal(request, error.to_string())).await?,
                None => debug!("{error}"),
            },
        }
        Ok(())
    }

    async fn say(&mut self, message: &FromGrabber) -> Result<(), End> {
        self.write(Packet::Control(control::write(message)?)).await
    }

    /// The kernel's buffer is a queue of old pictures: it gets room for about two bundles (the kernel doubles what is
    /// asked, for its own book-keeping). Bundles vary; only what is far off is set anew.
    fn keep_buffer_short(&mut self, bundle: usize) {
        let wanted = bundle.max(SMALLEST_BUFFER);
        if (wanted / 2..=2 * wanted).contains(&self.buffer) {
            return;
        }
        match SockRef::from(self.write.as_ref()).set_send_buffer_size(wanted) {
            Ok(()) => self.buffer = wanted,
            Err(error) => debug!("send buffer: {error}"),
        }
    }

    async fn write(&mut self, packet: Packet) -> Result<(), End> {
        let (header, payload) = self.codec.header(packet)?;
        let mut both = bytes::Buf::chain(header, payload);
        self.write.write_all_buf(&mut both).await.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => End::Closed,
            _ => PacketError::Io(error).into(),
        })
    }
}

async fn connect(options: &Options) -> io::Result<UnixStream> {
    let socket = &options.socket;
    let named = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => io::Error::new(
            error.kind(),
            format!("no bridge at {} yet (start ws-bridge, or name its socket with --socket)", socket.display()),
        ),
        io::ErrorKind::PermissionDenied => io::Error::new(
            error.kind(),
            format!(
                "the bridge's socket {} may not be opened: run as the bridge's user, or join the socket's group and add this user to allowed_uids",
                socket.display()
            ),
        ),
        _ => io::Error::new(error.kind(), format!("socket {}: {error}", socket.display())),
    };
    let stream = UnixStream::connect(socket).await.map_err(named)?;
    check_peer(&stream, options)?;
    Ok(stream)
}

/// Pictures go only to a bridge of the same user, root, or somebody allowed.
fn check_peer(stream: &UnixStream, options: &Options) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if peer == own || peer == 0 || options.allowed_uids.contains(&peer) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "the bridge at {} belongs to uid {peer}, not to {own} or root: add it to allowed_uids",
            options.socket.display()
        ),
    ))
}
