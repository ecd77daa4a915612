//! `cameracast.toml`, read once for both processes: keys, units, ranges, and errors with their line.
//!
//! `examples/cameracast.toml` shows every key. [`Config::parse`] finds all mistakes of a file at once:
//! `toml` reads the text and goes on after what is no TOML (`syntax`), `parse` is the reference of keys and ranges
//! and takes them out of a `section` one by one as the `kinds` of values they must be, and a `report` gathers
//! what is wrong.

mod default;
mod keys;
mod kinds;
mod load;
mod network;
mod parse;
mod problem;
mod report;
mod secret;
mod section;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;
mod warnings;
mod wording;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use load::LoadError;
pub use network::{Network, NoNetwork};
pub use problem::{Problem, Problems};
pub use secret::Secret;
pub use tokens::{Token, TokenError, Tokens};
pub use warnings::many_cameras;

/// Where the two processes meet unless configured otherwise.
pub const DEFAULT_SOCKET: &str = "/tmp/cam_stream.sock";
/// What both processes read where no `--config` is given and it exists.
pub const DEFAULT_FILE: &str = "/etc/cameracast/cameracast.toml";

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The Unix socket, a path of 1–107 bytes; default [`DEFAULT_SOCKET`].
    pub socket: PathBuf,
    /// User ids that may connect to the socket beside our own and root, 0–4294967295 each; default none.
    pub allowed_uids: Vec<u32>,
    /// What goes to viewers.
    pub stream: Stream,
    /// The cameras, in the order of the file; empty: those that are found.
    pub cameras: Vec<Camera>,
    /// The bridge.
    pub bridge: Bridge,
}

/// `[stream]`: what goes to viewers.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Bundles per second at most; 0.1–1000, default 30.
    pub fps: f64,
    /// 1–100, default 80.
    pub jpeg_quality: u8,
    /// Default [`Encoder::Turbo`].
    pub encoder: Encoder,
    /// Default [`BundleMode::Latest`].
    pub bundle: BundleMode,
    /// How long a bundle waits for a camera that has nothing new; 0–10000 ms; see [`Stream::max_wait`].
    pub max_wait_ms: Option<f64>,
    /// `synchronized`: how far apart capture times may lie; 0–1000 ms, default 5.
    pub tolerance_ms: f64,
}

impl Stream {
    /// How long a bundle waits for a camera that has nothing new: `max_wait_ms`, or half a bundle period.
    pub fn max_wait(&self) -> Duration {
        match self.max_wait_ms {
            Some(ms) => Duration::from_secs_f64(ms / 1000.0),
            None => Duration::from_secs_f64(0.5 / self.fps),
        }
    }
}

/// Which JPEG encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// libjpeg-turbo.
    Turbo,
    /// jpeg-encoder, pure Rust.
    Rust,
}

/// Which frames go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleMode {
    /// The newest frame of each camera that has a new one.
    Latest,
    /// Only when every live camera has a new frame, or `max_wait_ms` is over.
    Complete,
    /// Frames whose capture times lie within `tolerance_ms`.
    Synchronized,
}

/// One `[[camera]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Unique, 0–255.
    pub id: u8,
    /// What a person calls it, 1–100 characters; default `Camera N`.
    pub name: String,
    /// How it is reached, with what finds it there.
    pub source: Source,
    /// 1–65535 pixels, together with `height`; the camera's own where left out.
    pub width: Option<u32>,
    /// 1–65535 pixels, together with `width`; the camera's own where left out.
    pub height: Option<u32>,
    /// GenICam: a part of the sensor instead of `width` and `height`: x, y (0–65535), width, height (1–65535), pixels.
    pub region: Option<[u32; 4]>,
    /// Grab rate asked of the camera, frames per second; 0.01–100000.
    pub fps: Option<f64>,
    /// GenICam or GStreamer name; the best that the camera offers where left out.
    pub pixel_format: Option<String>,
    /// GenICam: 0.001–1000000000 µs; as the camera has it where left out.
    pub exposure_us: Option<Auto<f64>>,
    /// GenICam: −100–100 dB; as the camera has it where left out.
    pub gain_db: Option<Auto<f64>>,
    /// GenICam: the camera's own name of a trigger source, `Line0`, `Software`, or `Off`; as the camera has it where left
    /// out.
    pub trigger: Option<String>,
    /// GigE Vision: bytes of a packet, 576–16000; negotiated where left out.
    pub packet_size: Option<u32>,
    /// GigE Vision: pause between packets, 0–1000000000 ns; computed where left out.
    pub packet_delay_ns: Option<u64>,
    /// GenICam features by name.
    pub features: BTreeMap<String, Value>,
    /// V4L2 controls by name.
    pub controls: BTreeMap<String, i64>,
    /// V4L2 and GStreamer: a JPEG without its end gets one, and is not dropped; default `false`.
    pub complete_jpeg: bool,
    /// This camera only, frames per second; 0.1 to `stream.fps`.
    pub stream_fps: Option<f64>,
    /// This camera only, 1–100.
    pub jpeg_quality: Option<u8>,
}

/// How a camera is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// GigE Vision or USB3 Vision by IP address, id, serial number or user name.
    Genicam {
        /// Which one.
        device: String,
    },
    /// A V4L2 device by path.
    V4l2 {
        /// `/dev/video0`, or a path below `/dev/v4l/by-id` or `by-path`.
        device: PathBuf,
    },
    /// Any GStreamer pipeline.
    Gstreamer {
        /// The pipeline without its sink.
        pipeline: String,
    },
    /// A moving test picture.
    Pattern,
}

impl Source {
    /// The word of the configuration file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Genicam { .. } => "genicam",
            Self::V4l2 { .. } => "v4l2",
            Self::Gstreamer { .. } => "gstreamer",
            Self::Pattern => "pattern",
        }
    }
}

/// A value, or the camera's own automatic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Auto<T> {
    /// `"auto"`.
    Auto,
    /// A fixed value.
    Fixed(T),
}

/// The value of a GenICam feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A string, or the name of an enumeration's entry.
    Text(String),
}

/// `[bridge]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bridge {
    /// Address and port; default `0.0.0.0:8765`.
    pub listen: std::net::SocketAddr,
    /// Viewers at a time; 1–1000000, default 1024.
    pub max_clients: usize,
    /// Viewers of one address at a time; 1–1000000, no limit where left out.
    pub max_clients_per_address: Option<usize>,
    /// The largest bundle taken from a grabber, in MiB; 1–1024, default 64.
    pub max_bundle_mib: usize,
    /// What lets somebody watch; everybody may where left out. [`Bridge::tokens`] reads it.
    pub view_token: Option<Token>,
    /// What lets somebody change cameras, and watch; where left out, who sits at the bridge's machine may.
    pub control_token: Option<Token>,
    /// Certificate and key; plain HTTP where left out.
    pub tls: Option<TlsFiles>,
    /// Pages that may open WebSockets beside the bridge's own, in lower case: `https://example.com:8443`.
    pub allowed_origins: Vec<String>,
    /// Whether pages from anywhere may read; default `false`.
    pub cors: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where people find the bridge, if a proxy stands before it: `https://example.com/cams/`.
    pub public_url: Option<String>,
}

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those between it and the root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}
