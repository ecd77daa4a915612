//! The words of the live view. Pure.

use std::time::Duration;

use crate::camera::Shared;
use crate::losses::ByCause;

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

    fn in_words(&self) -> String {
        match self.cause {
            Some(cause) => format!("{}: {cause}", self.state),
            None => self.state.to_owned(),
        }
    }
}

/// A line a camera; rates are over `span`, which lies between the two samples.
pub(super) fn lines(before: &[Sample], now: &[Sample], span: Duration) -> Vec<String> {
    let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / span.as_secs_f64().max(0.001);
    let widest = now.iter().map(|camera| camera.name.chars().count()).max().unwrap_or(0).min(24);
    now.iter()
        .map(|camera| {
            let before = before.iter().find(|before| before.id == camera.id).unwrap_or(camera);
            let mut line = format!(
                "{:>3} {:widest$.widest$}  {:<20} {:<18} grabbed {:>6.1}/s  streamed {:>5.1}/s  encode {:>5.2} ms",
                camera.id,
                camera.name,
                camera.in_words(),
                camera.format,
                rate(camera.grabbed, before.grabbed),
                rate(camera.encoded, before.encoded),
                camera.encode_time.as_secs_f64() * 1000.0,
            );
            if !camera.dropped.is_empty() {
                line += &format!("  lost: {}", by_cause(&camera.dropped));
            }
            line
        })
        .collect()
}

/// What was lost between two samples, all cameras in one line; nothing where nothing was.
pub(super) fn lost(before: &[Sample], now: &[Sample]) -> Option<String> {
    let cameras: Vec<String> = now
        .iter()
        .filter_map(|camera| {
            let before = before.iter().find(|before| before.id == camera.id)?;
            let mut lost = camera.dropped.clone();
            for (cause, frames) in &mut lost {
                *frames = frames.saturating_sub(before.dropped.get(cause).copied().unwrap_or(0));
            }
            lost.retain(|_, frames| *frames > 0);
            (!lost.is_empty()).then(|| format!("camera {} ({}): {}", camera.id, camera.name, by_cause(&lost)))
        })
        .collect();
    (!cameras.is_empty()).then(|| format!("frames lost: {}", cameras.join("; ")))
}

fn by_cause(lost: &ByCause) -> String {
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
    fn the_log_tells_what_was_lost_since_and_nothing_where_nothing_was() {
        let before = [camera(0, 1, &[("underrun", 2)]), camera(1, 1, &[])];
        assert_eq!(lost(&before, &before), None);
        let now = [camera(0, 1, &[("underrun", 2), ("timeout", 1)]), camera(1, 1, &[("underrun", 4)])];
        let said = lost(&before, &now);
        assert_eq!(said.as_deref(), Some("frames lost: camera 0 (Gate): 1 timeout; camera 1 (Gate): 4 underrun"));
    }
}
