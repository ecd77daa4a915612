//! `/stream` for programs that play video: a hundred frames each, and every one another picture.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Picture, Process, python, still};
use serde_json::{Value, json};

use crate::pattern;
use crate::stage::Stage;

const FRAMES: usize = 100;

#[tokio::test]
async fn opencv_reads_a_hundred_moving_frames_in_their_true_colours() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let last = stage.place.file("last.rgb");
    let mut command = python::client("opencv_reader.py")?;
    command.arg(stage.http("/stream/0")).args(["--frames", &FRAMES.to_string(), "--save"]).arg(&last);
    let ended = Process::start("OpenCV", &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "{}", ended.stderr);

    let seen: Value = serde_json::from_str(&ended.stdout).with_context(|| ended.stdout.clone())?;
    assert_eq!(seen["sizes"], json!([[640, 480]]));
    assert_eq!(seen["changes"], FRAMES - 1, "frames that differ from the one before");
    let rgb = std::fs::read(last)?;
    pattern::has_its_colours(&Picture { width: 640, height: 480, rgb })
}

#[tokio::test]
async fn ffmpeg_reads_a_hundred_moving_frames_in_their_true_colours() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let first = stage.place.file("first.rgb");
    let mut command = Process::client("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "warning", "-i", &stage.http("/stream")]);
    // A line with the frame's hash for each, and the first one as pixels.
    command.args(["-frames:v", &FRAMES.to_string(), "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
    command.args(["-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo"]).arg(&first);
    let ended = Process::start("ffmpeg", &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "{}", ended.stderr);

    let (about, frames): (Vec<_>, Vec<_>) = ended.stdout.lines().partition(|line| line.starts_with('#'));
    ensure!(about.contains(&"#dimensions 0: 640x480"), "{about:?}");
    let hashes: BTreeSet<_> = frames.iter().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!((frames.len(), hashes.len()), (FRAMES, FRAMES), "frames, and how many of them differ");
    pattern::has_its_colours(&Picture { width: 640, height: 480, rgb: std::fs::read(first)? })
}

#[tokio::test]
async fn gstreamer_reads_a_hundred_frames_in_their_true_colours() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let source = format!("souphttpsrc location={} ! multipartdemux ! jpegdec", stage.http("/stream"));
    let mut command = Process::client("gst-launch-1.0");
    command.arg("-v").args(source.split_whitespace());
    command.args(["!", "fakesink", "silent=false", &format!("num-buffers={FRAMES}")]);
    let ended = Process::start("gst-launch-1.0", &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "{}", ended.stderr);

    let frames = ended.stdout.lines().filter(|line| line.contains("last-message = chain")).count();
    assert_eq!(frames, FRAMES);
    pattern::has_its_colours(&still(&format!("{source} ! identity eos-after=2"), 640, 480).await?)
}
