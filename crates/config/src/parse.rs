//! From text to [`Config`]: the reference of tables, keys and ranges.

mod bridge;
mod camera;

use std::path::PathBuf;

use crate::keys::{BRIDGE, FILE, STREAM};
use crate::kinds::{OneOf, Text, number, plain, whole};
use crate::report::Report;
use crate::section::Section;
use crate::{BundleMode, Config, Encoder, Problems, Stream, syntax};

impl Config {
    /// Reads the text of a configuration file; what it leaves out has its default.
    ///
    /// # Errors
    /// All mistakes, each with its line.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let mut report = Report::default();
        let (_, errors) = syntax::read(text, &mut report);
        let mended = syntax::mended(text, &errors);
        let (document, _) = syntax::read(&mended, &mut report);
        let config = Section::read((1, Some(&document)), &FILE, &mut report, file);
        match report.into_problems() {
            problems if problems.is_empty() => Ok(config),
            problems => Err(Problems(problems)),
        }
    }
}

fn file(s: &mut Section<'_>) -> Config {
    let default = Config::default();
    let socket = s.take("socket", SOCKET);
    let allowed_uids = s.list("allowed_uids", whole(0..=u32::MAX, ""), "user ids");
    let stream = s.table("stream", &STREAM, stream);
    let cameras = camera::all(s, stream.fps);
    let bridge = s.table("bridge", &BRIDGE, bridge::read);
    Config {
        socket: socket.unwrap_or(default.socket),
        allowed_uids: allowed_uids.unwrap_or(default.allowed_uids),
        stream,
        cameras,
        bridge,
    }
}

fn stream(s: &mut Section<'_>) -> Stream {
    let default = Stream::default();
    // A rate that is wrong is reported once, and not again for every camera whose own rate is above the default.
    let fps = if s.has("fps") { f64::INFINITY } else { default.fps };
    Stream {
        fps: s.take("fps", number(0.1..=1000.0, "bundles per second")).unwrap_or(fps),
        jpeg_quality: s.take("jpeg_quality", whole(1..=100, "")).unwrap_or(default.jpeg_quality),
        encoder: s.take("encoder", ENCODER).unwrap_or(default.encoder),
        bundle: s.take("bundle", BUNDLE).unwrap_or(default.bundle),
        max_wait_ms: s.take("max_wait_ms", number(0.0..=10_000.0, "ms")),
        tolerance_ms: s.take("tolerance_ms", number(0.0..=1000.0, "ms")).unwrap_or(default.tolerance_ms),
    }
}

const ENCODER: OneOf<Encoder> = OneOf(&[("turbo", Encoder::Turbo), ("rust", Encoder::Rust)]);

const BUNDLE: OneOf<BundleMode> = OneOf(&[
    ("latest", BundleMode::Latest),
    ("complete", BundleMode::Complete),
    ("synchronized", BundleMode::Synchronized),
]);

/// 107 bytes and a 0 are what `sockaddr_un` holds, see unix(7).
const SOCKET: Text<PathBuf> = Text {
    expected: "a path of 1 to 107 bytes without control characters",
    read: |text| plain(text).filter(|path| path.len() <= 107).map(PathBuf::from),
};
