//! A grabber by the contract alone: bundles and control messages are bytes by hand, nothing of our own builder.

use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::support::{Bridge, within};

/// One frame by its camera and its data.
pub(crate) type Picture<'a> = (u8, &'a [u8]);

/// A bundle as the original sends it, without extension blocks.
pub(crate) fn bundle(seq: u64, pictures: &[Picture]) -> Vec<u8> {
    let mut out = 0xCAFE_BABE_u32.to_le_bytes().to_vec();
    out.extend(1_u16.to_le_bytes());
    out.extend((pictures.len() as u16).to_le_bytes());
    out.extend(seq.to_le_bytes());
    out.extend((1_000_000 + seq).to_le_bytes());
    for (camera, data) in pictures {
        out.extend([*camera, JPEG, 0, 0]);
        out.extend(640_u32.to_le_bytes());
        out.extend(480_u32.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(*data);
    }
    out
}

const JPEG: u8 = 1;
/// Where the format of a bundle's first frame stands, and its size.
const FORMAT: usize = 24 + 1;
const SIZE: std::ops::Range<usize> = 28..36;

/// The same bundle with its first frame in another format.
pub(crate) fn in_format(mut bundle: Vec<u8>, format: u8) -> Vec<u8> {
    bundle[FORMAT] = format;
    bundle
}

/// The same bundle with its first frame of another size in pixels.
pub(crate) fn in_size(mut bundle: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    bundle[SIZE].copy_from_slice(&[width.to_le_bytes(), height.to_le_bytes()].concat());
    bundle
}

/// Extension block 1 with one entry: when the frame of `camera` was taken, as the host saw it.
pub(crate) fn capture_block(camera: u8, capture_time_us: u64) -> Vec<u8> {
    let head: [u8; 12] = [1, 0, 0, 0, 28, 0, 0, 0, 24, 0, 0, 0];
    [&head[..], &[camera, 0, 0, 0, 0, 0, 0, 0], &capture_time_us.to_le_bytes(), &7_u64.to_le_bytes()].concat()
}

/// Extension block 2.
pub(crate) fn sender_block(session: u64) -> Vec<u8> {
    [&[2, 0, 0, 0, 8, 0, 0, 0], &session.to_le_bytes()[..]].concat()
}

/// A message of the WebSocket, taken apart by hand: number, then each camera with its data.
pub(crate) fn parse(message: &[u8]) -> (u64, Vec<(u8, Vec<u8>)>) {
    let u32_at = |at: usize| u32::from_le_bytes(message[at..at + 4].try_into().unwrap()) as usize;
    let count = u16::from_le_bytes(message[6..8].try_into().unwrap());
    let seq = u64::from_le_bytes(message[8..16].try_into().unwrap());
    let mut at = 24;
    let mut pictures = Vec::new();
    for _ in 0..count {
        let size = u32_at(at + 12);
        pictures.push((message[at], message[at + 16..at + 16 + size].to_vec()));
        at += 16 + size;
    }
    (seq, pictures)
}

pub(crate) fn packet(magic: u32, payload: &[u8]) -> Vec<u8> {
    [&magic.to_le_bytes(), &(payload.len() as u32).to_le_bytes(), payload].concat()
}

/// A camera that streams 640x480, 30 times a second.
pub(crate) fn camera(id: u8) -> Value {
    json!({"camera": id, "name": format!("Camera {id}"), "source": "pattern", "state": "streaming", "cause": null,
           "actual": {"width": 640, "height": 480, "fps": 30.0}, "jpeg_quality": 80, "stream_fps": 30.0})
}

/// The same camera with one thing changed.
pub(crate) fn but(mut camera: Value, key: &str, value: impl Into<Value>) -> Value {
    camera[key] = value.into();
    camera
}

/// Whether the bridge has heard of a camera from a grabber that takes requests.
fn knows(status: &Value, camera: &Value) -> bool {
    let cameras = status["cameras"].as_array().into_iter().flatten();
    cameras.into_iter().any(|known| known["camera_id"] == *camera && !known["reported"].is_null())
}

/// A connected grabber.
pub(crate) struct Feeder(UnixStream);

impl Feeder {
    pub(crate) async fn connect(socket: &Path) -> Self {
        Self(UnixStream::connect(socket).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bundle: &[u8]) {
        self.send_raw(&packet(0xDEAD_BEEF, bundle)).await;
    }

    /// A grabber that takes requests and has said how its cameras are, as soon as the bridge knows of it.
    pub(crate) async fn with_control(bridge: &Bridge, cameras: &[Value]) -> Self {
        let mut feeder = bridge.feeder().await;
        assert_eq!(feeder.hear().await["type"], "hello");
        feeder.report(cameras).await;
        let known = |status: &Value| cameras.iter().all(|camera| knows(status, &camera["camera"]));
        bridge.status_when(known).await;
        feeder
    }

    /// Says how cameras are.
    pub(crate) async fn report(&mut self, cameras: &[Value]) {
        self.say(&json!({"type": "state", "session": "9", "demo": false, "cameras": cameras})).await;
    }

    /// Answers a request with what holds now.
    pub(crate) async fn grant(&mut self, request: &Value, applied: Value) {
        self.say(&json!({"type": "result", "request": request["request"], "ok": true, "applied": applied})).await;
    }

    /// Answers a request with a refusal.
    pub(crate) async fn refuse(&mut self, request: &Value, sentence: &str) {
        self.say(&json!({"type": "result", "request": request["request"], "ok": false, "error": sentence})).await;
    }

    pub(crate) async fn say(&mut self, control: &Value) {
        self.send_raw(&packet(0xDEAD_C0DE, control.to_string().as_bytes())).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        within("the bridge takes what is sent", self.0.write_all(bytes)).await.unwrap();
    }

    /// The next control message of the bridge.
    pub(crate) async fn hear(&mut self) -> Value {
        let mut header = [0; 8];
        within("a packet of the bridge", self.0.read_exact(&mut header)).await.unwrap();
        assert_eq!(header[..4], 0xDEAD_C0DE_u32.to_le_bytes());
        let mut payload = vec![0; u32::from_le_bytes(header[4..].try_into().unwrap()) as usize];
        within("a packet's payload", self.0.read_exact(&mut payload)).await.unwrap();
        serde_json::from_slice(&payload).unwrap()
    }

    /// Waits until the bridge has closed this connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well: the bridge may have left bytes of ours unread.
        let _ = within("the bridge closes the connection", self.0.read_to_end(&mut rest)).await;
    }
}
