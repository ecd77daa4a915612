//! What is told where there is no terminal: what has changed since it was told last, all cameras in one line. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::text::{Sample, by_cause, rates};
use crate::losses::ByCause;

/// Frames that a rate may differ by from one look to the next although nothing changed: one at each end.
const UNEVEN: f64 = 2.0;
/// A rate that differs by less, as a part of itself, is the same rate.
const SAME: f64 = 0.2;

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Changes {
    told: BTreeMap<u8, Told>,
}

#[derive(Clone, Debug, Default)]
struct Told {
    state: String,
    grabbed: f64,
    streamed: f64,
    dropped: ByCause,
}

/// Something to tell.
#[derive(Debug, PartialEq)]
pub(super) struct News {
    pub(super) line: String,
    /// Frames were lost.
    pub(super) lost: bool,
}

impl Changes {
    /// What is to be told now; rates are over `span`, which lies between the two samples.
    pub(super) fn news(&mut self, before: &[Sample], now: &[Sample], span: Duration) -> Option<News> {
        let mut lost = false;
        let cameras: Vec<String> = now
            .iter()
            .filter_map(|camera| {
                let before = before.iter().find(|before| before.id == camera.id)?;
                let told = self.told.entry(camera.id).or_default();
                let mut parts = Vec::new();
                parts.extend(told.state_or_rates(before, camera, span));
                if let Some(frames) = told.losses(camera) {
                    parts.push(format!("lost {frames}"));
                    lost = true;
                }
                (!parts.is_empty()).then(|| format!("camera {} ({}): {}", camera.id, camera.name, parts.join(", ")))
            })
            .collect();
        (!cameras.is_empty()).then(|| News { line: cameras.join("; "), lost })
    }
}

impl Told {
    fn state_or_rates(&mut self, before: &Sample, now: &Sample, span: Duration) -> Vec<String> {
        let state = now.in_words();
        let [grabbed, streamed] = rates(before, now, span);
        let other_state = self.state != state;
        let other_rates = differ(self.grabbed, grabbed, span) || differ(self.streamed, streamed, span);
        if !other_state && !other_rates {
            return Vec::new();
        }
        let streams = now.streams() || other_rates;
        *self = Self { state: state.clone(), grabbed, streamed, dropped: std::mem::take(&mut self.dropped) };
        let mut parts = Vec::new();
        if other_state {
            parts.push(state);
        }
        if streams {
            let encode_ms = now.encode_time.as_secs_f64() * 1000.0;
            parts.push(format!("grabbed {grabbed:.1}/s, streamed {streamed:.1}/s, encode {encode_ms:.2} ms"));
        }
        parts
    }

    fn losses(&mut self, now: &Sample) -> Option<String> {
        let mut lost = now.dropped.clone();
        for (cause, frames) in &mut lost {
            *frames = frames.saturating_sub(self.dropped.get(cause).copied().unwrap_or(0));
        }
        lost.retain(|_, frames| *frames > 0);
        self.dropped.clone_from(&now.dropped);
        (!lost.is_empty()).then(|| by_cause(&lost))
    }
}

fn differ(told: f64, now: f64, span: Duration) -> bool {
    (now - told).abs() > (UNEVEN / span.as_secs_f64()).max(SAME * told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn camera(id: u8, grabbed: u64, lost: &[(&'static str, u64)]) -> Sample {
        Sample {
            id,
            name: "Gate".into(),
            state: "streaming",
            grabbed,
            encoded: grabbed / 10,
            encode_time: Duration::from_micros(420),
            dropped: lost.iter().copied().collect(),
            ..Sample::default()
        }
    }

    #[test]
    fn a_camera_that_streams_is_told_once_and_again_when_its_rate_is_another_one() {
        let mut changes = Changes::default();
        let news = changes.news(&[camera(0, 0, &[])], &[camera(0, 400, &[])], SECOND).unwrap();
        assert_eq!(news.line, "camera 0 (Gate): streaming, grabbed 400.0/s, streamed 40.0/s, encode 0.42 ms");
        assert!(!news.lost);
        for uneven in [400, 398, 410, 365] {
            assert_eq!(changes.news(&[camera(0, 0, &[])], &[camera(0, uneven, &[])], SECOND), None, "{uneven}");
        }
        let news = changes.news(&[camera(0, 0, &[])], &[camera(0, 100, &[])], SECOND).unwrap();
        assert_eq!(news.line, "camera 0 (Gate): grabbed 100.0/s, streamed 10.0/s, encode 0.42 ms");
    }

    #[test]
    fn a_slow_camera_is_not_told_at_each_of_its_frames() {
        let mut changes = Changes::default();
        assert!(changes.news(&[camera(0, 0, &[])], &[camera(0, 1, &[])], SECOND).is_some());
        for frames in [0, 1, 2, 0, 2] {
            assert_eq!(changes.news(&[camera(0, 0, &[])], &[camera(0, frames, &[])], SECOND), None);
        }
    }

    #[test]
    fn what_was_lost_since_is_told_of_all_cameras_in_one_line() {
        let mut changes = Changes::default();
        let before = [camera(0, 9, &[("underrun", 2)]), camera(1, 9, &[])];
        changes.news(&before, &before, SECOND);
        assert_eq!(changes.news(&before, &before, SECOND), None);
        let now = [camera(0, 9, &[("underrun", 2), ("timeout", 1)]), camera(1, 9, &[("underrun", 4)])];
        let news = changes.news(&before, &now, SECOND).unwrap();
        assert_eq!(news.line, "camera 0 (Gate): lost 1 timeout; camera 1 (Gate): lost 4 underrun");
        assert!(news.lost);
        assert_eq!(changes.news(&now, &now, SECOND), None);
    }

    #[test]
    fn a_state_is_told_with_its_cause_and_without_rates_that_are_none() {
        let mut changes = Changes::default();
        let lost = Sample { state: "lost", cause: Some("no device"), ..camera(1, 0, &[]) };
        let news = changes.news(std::slice::from_ref(&lost), std::slice::from_ref(&lost), SECOND).unwrap();
        assert_eq!(news.line, "camera 1 (Gate): lost: no device");
    }
}
