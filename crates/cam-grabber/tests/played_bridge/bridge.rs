//! Our end of the connection to a grabber.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use frame_bundle::codec::PacketCodec;
use frame_bundle::control::{self, CameraState, FromBridge, FromGrabber, Settings};
use frame_bundle::{FrameBundle, Packet};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Framed;

pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

struct Grabber(Child);

impl Drop for Grabber {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bridge with one grabber, which ends with it.
pub(crate) struct Bridge {
    packets: Framed<UnixStream, PacketCodec>,
    /// All of a test: states come every second, whatever happens.
    until: Instant,
    grabber: Grabber,
    folder: tempfile::TempDir,
}

pub(crate) enum Heard {
    Bundle(FrameBundle),
    State(Vec<CameraState>),
    Result { request: u64, outcome: Result<Settings, String> },
}

impl Bridge {
    pub(crate) async fn start(cameras: &str) -> Self {
        Self::start_with(cameras, |command| command).await
    }

    /// Of a grabber that is told more.
    pub(crate) async fn start_with(cameras: &str, more: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(config(folder.path()), cameras).unwrap();
        let listener = UnixListener::bind(socket(folder.path())).unwrap();
        let grabber = Grabber(more(&mut command(folder.path())).spawn().unwrap());
        let packets = greet(&listener).await;
        Self { packets, until: Instant::now() + PATIENCE, grabber, folder }
    }

    /// Killed, and started again; the grabber lives on.
    pub(crate) async fn restart(self) -> Self {
        let Self { packets, grabber, folder, .. } = self;
        drop(packets);
        std::fs::remove_file(socket(folder.path())).unwrap();
        let listener = UnixListener::bind(socket(folder.path())).unwrap();
        let packets = greet(&listener).await;
        Self { packets, until: Instant::now() + PATIENCE, grabber, folder }
    }

    /// The grabber is killed, and started again.
    pub(crate) async fn restart_grabber(self) -> Self {
        let Self { packets, grabber, folder, .. } = self;
        drop(grabber);
        drop(packets);
        std::fs::remove_file(socket(folder.path())).unwrap();
        let listener = UnixListener::bind(socket(folder.path())).unwrap();
        let grabber = Grabber(command(folder.path()).spawn().unwrap());
        let packets = greet(&listener).await;
        Self { packets, until: Instant::now() + PATIENCE, grabber, folder }
    }

    pub(crate) async fn say(&mut self, message: &FromBridge) {
        say(&mut self.packets, message).await;
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        let next = timeout_at(self.until, self.packets.next()).await;
        match next.expect("what the test waits for happens in time").expect("it stays connected").unwrap() {
            Packet::Bundle(payload) => Heard::Bundle(FrameBundle::parse(payload).unwrap()),
            Packet::Control(payload) => match control::read(&payload).unwrap() {
                FromGrabber::State { cameras, .. } => Heard::State(cameras),
                FromGrabber::Result { request, ok, applied, error, .. } => {
                    let outcome = if ok { Ok(applied.unwrap_or_default()) } else { Err(error.unwrap()) };
                    Heard::Result { request, outcome }
                }
                FromGrabber::Unknown => panic!("a message that nobody knows"),
            },
        }
    }

    /// Asks for a change, and waits for its answer.
    pub(crate) async fn configured(&mut self, request: u64, camera: u8, set: Settings) -> Result<Settings, String> {
        self.say(&configure(request, camera, set)).await;
        self.result_of(request).await
    }

    pub(crate) async fn result_of(&mut self, number: u64) -> Result<Settings, String> {
        loop {
            if let Heard::Result { request, outcome } = self.hear().await
                && request == number
            {
                return outcome;
            }
        }
    }

    /// Stops a camera, and waits until that is answered and told. Either may come first, and the state comes once: of a
    /// camera that rests nothing changes.
    pub(crate) async fn stop(&mut self, number: u64, camera: u8) {
        self.say(&FromBridge::Stop { request: number, camera }).await;
        let (mut answered, mut stopped) = (false, false);
        while !(answered && stopped) {
            match self.hear().await {
                Heard::Result { request, outcome } if request == number => {
                    outcome.unwrap();
                    answered = true;
                }
                Heard::State(cameras) => {
                    stopped |= cameras.iter().any(|told| told.camera == camera && told.state == "stopped");
                }
                Heard::Result { .. } | Heard::Bundle(_) => {}
            }
        }
    }

    /// The next frame of a camera for which this holds.
    pub(crate) async fn frame_where(&mut self, camera: u8, holds: impl Fn(&frame_bundle::Frame) -> bool) {
        loop {
            if let Heard::Bundle(bundle) = self.hear().await
                && bundle.frame(camera).is_some_and(|frame| holds(&frame))
            {
                return;
            }
        }
    }

    /// The next state of a camera for which this holds.
    pub(crate) async fn state_where(&mut self, id: u8, holds: impl Fn(&CameraState) -> bool) -> CameraState {
        loop {
            if let Heard::State(cameras) = self.hear().await
                && let Some(state) = cameras.into_iter().find(|camera| camera.camera == id && holds(camera))
            {
                return state;
            }
        }
    }

    /// The next frames of a camera: their capture times in µs, and their numbers.
    pub(crate) async fn frames(&mut self, camera: u8, count: usize) -> Vec<(u64, u64)> {
        let mut frames = Vec::new();
        while frames.len() < count {
            if let Heard::Bundle(bundle) = self.hear().await
                && let Some(info) = bundle.capture_info(camera)
            {
                frames.push((info.capture_time_us, info.frame_number));
            }
        }
        frames
    }
}

fn config(folder: &Path) -> PathBuf {
    folder.join("cameracast.toml")
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cam-grabber"));
    command.env("CAMERACAST_LOG", "warn").arg("--config").arg(config(folder)).arg("--socket").arg(socket(folder));
    command
}

async fn greet(listener: &UnixListener) -> Framed<UnixStream, PacketCodec> {
    let (stream, _) = timeout(PATIENCE, listener.accept()).await.expect("the grabber connects").unwrap();
    let mut packets = Framed::new(stream, PacketCodec::default());
    say(&mut packets, &FromBridge::Hello { versions: vec![1], features: vec!["control".into()] }).await;
    packets
}

async fn say(packets: &mut Framed<UnixStream, PacketCodec>, message: &FromBridge) {
    packets.send(Packet::Control(control::write(message).unwrap())).await.unwrap();
}

/// 160x120 at 30 frames a second; further keys can follow.
pub(crate) fn pattern(id: u8) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"pattern\"\nwidth = 160\nheight = 120\n")
}

/// Further keys can follow.
pub(crate) fn pipeline(id: u8, pipeline: &str) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"gstreamer\"\ndevice = '{pipeline}'\n")
}

pub(crate) fn configure(request: u64, camera: u8, set: Settings) -> FromBridge {
    FromBridge::Configure { request, camera, set }
}

/// A size to set.
pub(crate) fn size(width: u32, height: u32) -> Settings {
    Settings { width: Some(width), height: Some(height), ..Settings::default() }
}
