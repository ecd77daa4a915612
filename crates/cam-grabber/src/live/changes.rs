//! What is told where there is no terminal: what has changed since it was told last. Pure.

use std::collections::BTreeMap;
use std::fmt;
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

/// Something to tell of a camera.
#[derive(Debug, PartialEq)]
pub(super) struct News<'a> {
    pub(super) camera: u8,
    pub(super) name: &'a str,
    pub(super) text: String,
    /// Frames that were lost.
    pub(super) lost: u64,
}

impl fmt::Display for News<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "camera {} ({}): {}", self.camera, self.name, self.text)
    }
}

impl Changes {
    /// What is to be told now; rates are over `span`, which lies between the two samples.
    pub(super) fn news<'a>(&mut self, before: &[Sample], now: &'a [Sample], span: Duration) -> Vec<News<'a>> {
        self.told.retain(|id, _| now.iter().any(|camera| camera.id == *id));
        let of = |camera: &'a Sample| {
            let before = before.iter().find(|before| before.id == camera.id)?;
            let told = self.told.entry(camera.id).or_default();
            let mut parts = told.state_or_rates(before, camera, span);
            let lost = told.losses(camera);
            if !lost.is_empty() {
                parts.push(format!("lost {}", by_cause(&lost)));
            }
            let lost = lost.values().sum();
            (!parts.is_empty()).then(|| News { camera: camera.id, name: &camera.name, text: parts.join(", "), lost })
        };
        now.iter().filter_map(of).collect()
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

    fn losses(&mut self, now: &Sample) -> ByCause {
        let mut lost = now.dropped.clone();
        for (cause, frames) in &mut lost {
            *frames = frames.saturating_sub(self.dropped.get(cause).copied().unwrap_or(0));
        }
        lost.retain(|_, frames| *frames > 0);
        self.dropped.clone_from(&now.dropped);
        lost
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
        let told = |changes: &mut Changes, grabbed| {
            let now = [camera(0, grabbed, &[])];
            changes.news(&[camera(0, 0, &[])], &now, SECOND).iter().map(News::to_string).collect::<Vec<_>>()
        };
        let first = "camera 0 (Gate): streaming, grabbed 400.0/s, streamed 40.0/s, encode 0.42 ms";
        assert_eq!(told(&mut changes, 400), [first]);
        for uneven in [400, 398, 410, 365] {
            assert!(told(&mut changes, uneven).is_empty(), "{uneven}");
        }
        let slower = "camera 0 (Gate): grabbed 100.0/s, streamed 10.0/s, encode 0.42 ms";
        assert_eq!(told(&mut changes, 100), [slower]);
    }

    #[test]
    fn a_slow_camera_is_not_told_at_each_of_its_frames() {
        let mut changes = Changes::default();
        assert_eq!(changes.news(&[camera(0, 0, &[])], &[camera(0, 1, &[])], SECOND).len(), 1);
        for frames in [0, 1, 2, 0, 2] {
            assert_eq!(changes.news(&[camera(0, 0, &[])], &[camera(0, frames, &[])], SECOND), []);
        }
    }

    #[test]
    fn what_was_lost_since_is_told_of_each_camera_with_how_many_frames_that_are() {
        let mut changes = Changes::default();
        let before = [camera(0, 9, &[("underrun", 2)]), camera(1, 9, &[])];
        changes.news(&before, &before, SECOND);
        assert_eq!(changes.news(&before, &before, SECOND), []);
        let now = [camera(0, 9, &[("underrun", 2), ("timeout", 1)]), camera(1, 9, &[("underrun", 4)])];
        let news = changes.news(&before, &now, SECOND);
        let told: Vec<_> = news.iter().map(|news| (news.to_string(), news.lost)).collect();
        let lost = [("camera 0 (Gate): lost 1 timeout", 1), ("camera 1 (Gate): lost 4 underrun", 4)];
        assert_eq!(told, lost.map(|(text, lost)| (text.to_owned(), lost)));
        assert_eq!(changes.news(&now, &now, SECOND), []);
    }

    #[test]
    fn a_state_is_told_with_its_cause_and_without_rates_that_are_none() {
        let mut changes = Changes::default();
        let lost = Sample { state: "lost", cause: Some("no device"), ..camera(1, 0, &[]) };
        let all = [lost];
        let news = changes.news(&all, &all, SECOND);
        assert_eq!(news.iter().map(News::to_string).collect::<Vec<_>>(), ["camera 1 (Gate): lost: no device"]);
    }
}
