//! GStreamer's own tools as the measure: what a pipeline shows, by `gst-launch-1.0`.

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::{PATIENCE, Picture, Process};

/// The first picture of a pipeline (without its sink), converted by GStreamer.
///
/// # Errors
/// The pipeline does not run, or gives a picture of another size.
pub async fn still(pipeline: &str, width: usize, height: usize) -> Result<Picture> {
    let file = NamedTempFile::new()?;
    let mut command = Process::client("gst-launch-1.0");
    command.arg("-q").args(pipeline.split_whitespace());
    // Four bytes a pixel: rows of three would be padded.
    command.args(["!", "videoconvert", "!", "video/x-raw,format=RGBx", "!", "filesink"]);
    command.arg(format!("location={}", file.path().display()));
    let ended = Process::start("gst-launch-1.0", &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "«{pipeline}» fails: {}{}", ended.stdout, ended.stderr);

    let rgbx = std::fs::read(file.path())?;
    let first = rgbx.get(..4 * width * height);
    let first = first.with_context(|| format!("«{pipeline}» gave {} bytes, not {width}x{height}", rgbx.len()))?;
    Ok(Picture { width, height, rgb: first.chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied().collect() })
}
