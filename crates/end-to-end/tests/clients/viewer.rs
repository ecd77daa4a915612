//! Python's `websockets` on the webcam protocol.

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Process, python};
use serde_json::Value;

/// A client that runs.
pub(crate) struct Viewer(Process);

/// What a client was sent, and said, in its order.
pub(crate) struct Seen(Vec<Value>);

impl Viewer {
    /// Watches `url`, says one thing after the other, and leaves `frames` frames after the last answer.
    pub(crate) fn start(url: &str, say: &[&str], frames: usize) -> Result<Self> {
        let mut command = python::client("webcam.py")?;
        command.args([url, "--frames", &frames.to_string()]);
        command.args(say.iter().flat_map(|said| ["--say", said]));
        Ok(Self(Process::start("websockets", &mut command)?))
    }

    /// Waits until it has left.
    pub(crate) async fn seen(mut self) -> Result<Seen> {
        let ended = self.0.ended(PATIENCE).await?;
        ensure!(ended.code == 0, "{}", ended.stderr);
        let lines = ended.stdout.lines().map(serde_json::from_str);
        Ok(Seen(lines.collect::<Result<_, _>>()?))
    }

    /// Waits until it has seen a frame.
    pub(crate) async fn watches(&self) -> Result<()> {
        self.0.wait_for_line("\"whole\"", PATIENCE).await?;
        Ok(())
    }
}

impl Seen {
    /// All, each with `at`, the Unix time in seconds.
    pub(crate) fn all(&self) -> &[Value] {
        &self.0
    }

    /// The texts of a type.
    pub(crate) fn texts(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().map(|seen| &seen["text"]).filter(|text| text["type"] == kind).collect()
    }

    /// The frames, whole and of a readable size.
    pub(crate) fn frames(&self) -> Result<Vec<&Value>> {
        let frames: Vec<_> = self.0.iter().filter(|seen| !seen["whole"].is_null()).collect();
        let bad = frames.iter().find(|frame| frame["whole"] != true || frame["width"].is_null());
        ensure!(bad.is_none(), "a frame that is no whole JPEG: {bad:?}");
        Ok(frames)
    }

    /// When it said its first thing.
    pub(crate) fn said_at(&self) -> Result<f64> {
        let said = self.0.iter().find(|seen| !seen["said"].is_null());
        said.and_then(|said| said["at"].as_f64()).context("it said nothing")
    }

    /// When the first frame of a width came.
    pub(crate) fn first_of_width(&self, width: u64) -> Result<f64> {
        let frame = self.0.iter().find(|seen| seen["width"] == width);
        frame.and_then(|frame| frame["at"].as_f64()).with_context(|| format!("no frame was {width} wide"))
    }

    /// Frames a second, after the last answer: the median over ten frames, as the machine may do other things, too.
    pub(crate) fn rate(&self) -> Result<f64> {
        let answered = self.0.iter().rposition(|seen| seen["text"]["type"] == "result").unwrap_or(0);
        let times: Vec<f64> = self.0[answered..]
            .iter()
            .filter(|seen| !seen["whole"].is_null())
            .filter_map(|frame| frame["at"].as_f64())
            .collect();
        let mut spans: Vec<f64> = times.windows(11).map(|times| times[10] - times[0]).collect();
        spans.sort_by(f64::total_cmp);
        Ok(10.0 / spans.get(spans.len() / 2).context("too few frames")?)
    }
}
