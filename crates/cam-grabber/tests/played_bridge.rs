//! The real binary, connected to a bridge that this test plays.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use frame_bundle::codec::PacketCodec;
use frame_bundle::control::{self, CameraState, FromBridge, FromGrabber, Settings, Stages};
use frame_bundle::{FrameBundle, Packet};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Framed;

const PATIENCE: Duration = Duration::from_secs(40);

struct Grabber(Child);

impl Drop for Grabber {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Our end of the connection to a grabber.
struct Bridge {
    packets: Framed<UnixStream, PacketCodec>,
    /// All of a test: states come every second, whatever happens.
    until: Instant,
    _grabber: Grabber,
    _folder: tempfile::TempDir,
}

enum Heard {
    Bundle(FrameBundle),
    State(Vec<CameraState>),
    Result { request: u64, outcome: Result<Settings, String> },
}

impl Bridge {
    async fn start(cameras: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let listener = UnixListener::bind(file("socket")).unwrap();
        std::fs::write(file("cameracast.toml"), cameras).unwrap();
        let grabber = Grabber(spawn(&file("cameracast.toml"), &file("socket")));
        let (stream, _) = timeout(PATIENCE, listener.accept()).await.expect("the grabber connects").unwrap();
        let mut bridge = Self {
            packets: Framed::new(stream, PacketCodec::default()),
            until: Instant::now() + PATIENCE,
            _grabber: grabber,
            _folder: folder,
        };
        bridge.say(&FromBridge::Hello { versions: vec![1], features: vec!["control".into()] }).await;
        bridge
    }

    async fn say(&mut self, message: &FromBridge) {
        self.packets.send(Packet::Control(control::write(message).unwrap())).await.unwrap();
    }

    async fn hear(&mut self) -> Heard {
        let next = timeout_at(self.until, self.packets.next()).await;
        match next.expect("what the test waits for happens in time").expect("it stays connected").unwrap() {
            Packet::Bundle(payload) => Heard::Bundle(FrameBundle::parse(payload).unwrap()),
            Packet::Control(payload) => match control::read(&payload).unwrap() {
                FromGrabber::State { cameras, .. } => Heard::State(cameras),
                FromGrabber::Result { request, ok, applied, error } => {
                    let outcome = if ok { Ok(applied.unwrap_or_default()) } else { Err(error.unwrap()) };
                    Heard::Result { request, outcome }
                }
                FromGrabber::Unknown => panic!("a message that nobody knows"),
            },
        }
    }

    async fn result_of(&mut self, number: u64) -> Result<Settings, String> {
        loop {
            if let Heard::Result { request, outcome } = self.hear().await
                && request == number
            {
                return outcome;
            }
        }
    }

    /// The next frame of a camera for which this holds.
    async fn frame_where(&mut self, camera: u8, holds: impl Fn(&frame_bundle::Frame) -> bool) {
        loop {
            if let Heard::Bundle(bundle) = self.hear().await
                && bundle.frame(camera).is_some_and(|frame| holds(&frame))
            {
                return;
            }
        }
    }

    async fn state_where(&mut self, id: u8, holds: impl Fn(&CameraState) -> bool) {
        loop {
            if let Heard::State(cameras) = self.hear().await
                && cameras.iter().any(|camera| camera.camera == id && holds(camera))
            {
                return;
            }
        }
    }
}

fn spawn(config: &Path, socket: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cam-grabber"))
        .args(["--log", "warn", "--config"])
        .arg(config)
        .arg("--socket")
        .arg(socket)
        .spawn()
        .unwrap()
}

fn pattern(id: u8) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"pattern\"\nwidth = 160\nheight = 120\n")
}

fn configure(request: u64, camera: u8, set: Settings) -> FromBridge {
    FromBridge::Configure { request, camera, set }
}

#[tokio::test]
async fn requests_for_a_camera_are_carried_out_in_their_order() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge.frame_where(0, |_| true).await;
    for round in 0..20 {
        bridge.say(&FromBridge::Stop { request: 2 * round, camera: 0 }).await;
        bridge.say(&FromBridge::Start { request: 2 * round + 1, camera: 0 }).await;
        assert_eq!(bridge.result_of(2 * round + 1).await, Ok(Settings::default()));
        bridge.frame_where(0, |_| true).await;
    }
}

#[tokio::test]
async fn a_stopped_camera_rests_until_it_is_started_while_the_others_go_on() {
    let mut bridge = Bridge::start(&(pattern(0) + &pattern(1))).await;
    bridge.frame_where(0, |_| true).await;
    bridge.say(&FromBridge::Stop { request: 1, camera: 0 }).await;
    bridge.result_of(1).await.unwrap();
    bridge.state_where(0, |camera| camera.state == "stopped").await;
    for _ in 0..30 {
        if let Heard::Bundle(bundle) = bridge.hear().await {
            assert!(bundle.frame(0).is_none() && bundle.frame(1).is_some());
        }
    }
    bridge.say(&FromBridge::Start { request: 2, camera: 0 }).await;
    bridge.frame_where(0, |_| true).await;
}

#[tokio::test]
async fn each_frame_in_the_socket_is_told_with_how_long_every_stage_took() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge
        .state_where(0, |camera| {
            let Some(Stages { select_us, wait_us, encode_us, write_us }) = &camera.stages else { return false };
            let counts = [select_us, wait_us, encode_us, write_us].map(|stage| stage.count);
            assert_eq!(counts, [encode_us.count; 4]);
            assert!(encode_us.count <= camera.encoded, "of {} encoded", camera.encoded);
            assert!(encode_us.sum > 0);
            encode_us.count > 10
        })
        .await;
}

#[tokio::test]
async fn two_changes_right_after_each_other_both_hold() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge.frame_where(0, |_| true).await;
    let size = Settings { width: Some(320), height: Some(240), ..Settings::default() };
    let rate = Settings { camera_fps: Some(20.0), ..Settings::default() };
    bridge.say(&configure(1, 0, size.clone())).await;
    bridge.say(&configure(2, 0, rate.clone())).await;
    assert_eq!(bridge.result_of(2).await, Ok(rate));
    bridge.frame_where(0, |frame| (frame.width, frame.height) == (320, 240)).await;
    bridge
        .state_where(0, |camera| {
            (camera.requested.width, camera.requested.fps, camera.actual.width) == (Some(320), Some(20.0), Some(320))
        })
        .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_a_sentence_and_the_camera_goes_on_as_it_was() {
    let pipeline = "[[camera]]\nid = 1\nsource = \"gstreamer\"\n\
                    device = \"videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120,framerate=30/1\"\n";
    let mut bridge = Bridge::start(&(pattern(0) + pipeline)).await;
    bridge.frame_where(1, |_| true).await;
    let quality = Settings { jpeg_quality: Some(0), ..Settings::default() };
    bridge.say(&configure(1, 0, quality)).await;
    assert!(bridge.result_of(1).await.unwrap_err().contains("from 1 to 100"));
    // The pipeline fixes its size: GStreamer refuses another one when it is opened.
    let size = Settings { width: Some(320), height: Some(240), ..Settings::default() };
    bridge.say(&configure(2, 1, size)).await;
    assert!(bridge.result_of(2).await.unwrap_err().contains("camera 1 goes on as it was"));
    bridge.frame_where(1, |frame| frame.width == 160).await;
    bridge.say(&FromBridge::Stop { request: 3, camera: 7 }).await;
    assert!(bridge.result_of(3).await.unwrap_err().contains("no camera 7"));
}

#[tokio::test]
async fn a_source_that_holds_its_frames_back_for_longer_than_a_stall_takes_is_not_stalled() {
    let late = "[[camera]]\nid = 0\nsource = \"gstreamer\"\n\
                device = \"videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120,framerate=30/1 \
                ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 min-threshold-time=1500000000\"\n";
    let mut bridge = Bridge::start(late).await;
    let mut frames = 0;
    while frames < 90 {
        match bridge.hear().await {
            Heard::Bundle(_) => frames += 1,
            Heard::State(cameras) => {
                assert!(cameras.iter().all(|camera| camera.state == "opening" || camera.state == "streaming"));
            }
            Heard::Result { .. } => {}
        }
    }
}

#[tokio::test]
async fn a_picture_too_large_for_the_bridge_is_left_out_and_counted_and_the_other_cameras_go_on() {
    let snow = "[[camera]]\nid = 0\nsource = \"gstreamer\"\njpeg_quality = 100\n\
                device = \"videotestsrc is-live=true pattern=snow \
                ! video/x-raw,format=GRAY8,width=1920,height=1080,framerate=10/1\"\n";
    let mut bridge = Bridge::start(&format!("[bridge]\nmax_bundle_mib = 1\n{snow}{}", pattern(1))).await;
    bridge.state_where(0, |camera| camera.dropped.get("larger than max_bundle_mib").is_some_and(|n| *n > 3)).await;
    bridge.frame_where(1, |_| true).await;
}
