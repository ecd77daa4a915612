//! The words of the live view. Pure.

use std::time::Duration;

use super::cells;
use crate::camera::Shared;
use crate::losses::ByCause;
use crate::supervisor::State;

/// Cells that a name takes at most, and cells of a format.
const WIDEST_NAME: usize = 24;
const FORMAT: usize = 18;

/// One camera at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) id: u8,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) cause: Option<&'static str>,
    pub(super) format: String,
    pub(super) grabbed: u64,
    pub(super) encoded: u64,
    pub(super) encode_time: Duration,
    pub(super) dropped: ByCause,
}

impl Sample {
    pub(super) fn of(camera: &Shared) -> Self {
        let health = camera.health();
        let actual = &health.actual;
        let size = actual.width.zip(actual.height).map(|(width, height)| format!("{width}x{height}"));
        let format = [size, actual.pixel_format.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Self {
            id: camera.id,
            name: camera.settings().name,
            state: health.state.as_str(),
            cause: health.cause.map(crate::capture::Cause::as_str),
            format,
            grabbed: camera.recent.grabbed(),
            encoded: camera.encoded(),
            encode_time: camera.encode_time(),
            dropped: camera.dropped(),
        }
    }

    pub(super) fn streams(&self) -> bool {
        self.state == State::Streaming.as_str()
    }

    pub(super) fn in_words(&self) -> String {
        match self.cause {
            Some(cause) => format!("{}: {cause}", self.state),
            None => self.state.to_owned(),
        }
    }
}

/// A line a camera; rates are over `span`, which lies between the two samples.
pub(super) fn lines(before: &[Sample], now: &[Sample], span: Duration) -> Vec<String> {
    let widest = now.iter().map(|camera| cells::width(&camera.name)).max().unwrap_or(0).min(WIDEST_NAME);
    now.iter()
        .map(|camera| {
            let before = before.iter().find(|before| before.id == camera.id).unwrap_or(camera);
            let [grabbed, streamed] = rates(before, camera, span);
            let mut line = format!(
                "{:>3} {}  {:<20} {} grabbed {grabbed:>6.1}/s  streamed {streamed:>5.1}/s  encode {:>5.2} ms",
                camera.id,
                cells::padded(&camera.name, widest),
                camera.in_words(),
                cells::padded(&camera.format, FORMAT),
                camera.encode_time.as_secs_f64() * 1000.0,
            );
            if !camera.dropped.is_empty() {
                line += &format!("  lost: {}", by_cause(&camera.dropped));
            }
            line
        })
        .collect()
}

/// Frames grabbed and streamed per second.
pub(super) fn rates(before: &Sample, now: &Sample, span: Duration) -> [f64; 2] {
    let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / span.as_secs_f64().max(0.001);
    [rate(now.grabbed, before.grabbed), rate(now.encoded, before.encoded)]
}

pub(super) fn by_cause(lost: &ByCause) -> String {
    lost.iter().map(|(cause, frames)| format!("{frames} {cause}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(id: u8, grabbed: u64, lost: &[(&'static str, u64)]) -> Sample {
        Sample {
            id,
            name: "Gate".into(),
            state: "streaming",
            format: "640x480 Mono8".into(),
            grabbed,
            encoded: grabbed / 10,
            encode_time: Duration::from_micros(420),
            dropped: lost.iter().copied().collect(),
            ..Sample::default()
        }
    }

    #[test]
    fn a_line_shows_rates_over_the_time_between_the_samples_and_what_was_lost() {
        let before = [camera(0, 100, &[])];
        let now = [camera(0, 900, &[("missing packets", 3)])];
        let line = &lines(&before, &now, Duration::from_secs(2))[0];
        for words in [
            "Gate",
            "streaming",
            "640x480 Mono8",
            "grabbed  400.0/s",
            "streamed  40.0/s",
            "0.42 ms",
            "lost: 3 missing packets",
        ] {
            assert!(line.contains(words), "{words} in {line}");
        }
    }

    #[test]
    fn a_camera_that_is_lost_says_why() {
        let lost = Sample { state: "lost", cause: Some("no device"), ..camera(1, 0, &[]) };
        assert!(lines(&[], &[lost], Duration::from_secs(1))[0].contains("lost: no device"));
    }

    #[test]
    fn columns_stand_below_each_other_whatever_letters_a_name_has() {
        let named = |id, name: &str| Sample { name: name.into(), ..camera(id, 0, &[]) };
        let now = [named(0, "前門"), named(1, "Gate"), named(2, "Hof")];
        let lines = lines(&now, &now, Duration::from_secs(1));
        let at = |line: &String| line.find("streaming").map(|at| cells::width(&line[..at]));
        assert_eq!(lines.iter().map(at).collect::<Vec<_>>(), [Some(10); 3], "{lines:#?}");
    }
}
