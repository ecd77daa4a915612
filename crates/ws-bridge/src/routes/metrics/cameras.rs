//! What is told of each camera.

use std::time::Instant;

use super::text::{Kind, Label, Text};
use crate::camera::Camera;
use crate::ledger::{ByName, Counted, Ledger};
use crate::scene::Scene;

/// In the words of the wire contract.
const STATES: [&str; 6] = ["streaming", "opening", "stalled", "lost", "stopped", "waiting"];

/// A camera with its labels, and what its grabber counts where it tells.
struct Told<'a> {
    camera: &'a Camera,
    id: String,
    name: String,
    counted: Option<Counted>,
}

impl<'a> Told<'a> {
    fn of(camera: &'a Camera, ledger: &Ledger) -> Self {
        Self { camera, id: camera.id.to_string(), name: camera.name(), counted: ledger.counted(camera.id) }
    }
}

impl Told<'_> {
    fn labels(&self) -> [Label<'_>; 2] {
        [("camera", &self.id), ("name", &self.name)]
    }

    fn and<'a>(&'a self, name: &'a str, value: &'a str) -> [Label<'a>; 3] {
        let [camera, called] = self.labels();
        [camera, called, (name, value)]
    }
}

pub(super) fn write(text: &mut Text, scene: &Scene, ledger: &Ledger, now: Instant) {
    let cameras: Vec<Told<'_>> = scene.cameras.values().map(|camera| Told::of(camera, ledger)).collect();

    let name = "cameracast_camera_received_frames_total";
    let mut family = text.family(name, Kind::Counter, "Frames that reached the bridge.");
    for told in &cameras {
        family.add(&told.labels(), ledger.received(told.camera.id));
    }
    let name = "cameracast_camera_frame_age_seconds";
    let mut family = text.family(name, Kind::Gauge, "Since the newest frame reached the bridge.");
    for told in &cameras {
        if let Some(newest) = &told.camera.newest {
            family.add(&told.labels(), now.saturating_duration_since(newest.at).as_secs_f64());
        }
    }
    let name = "cameracast_camera_state";
    let mut family = text.family(name, Kind::Gauge, "1 for the state that the camera is in, 0 for all others.");
    for told in &cameras {
        for state in STATES {
            family.add(&told.and("state", state), u8::from(told.camera.state() == state));
        }
    }
    counted(text, &cameras);
}

/// What the grabber counts.
fn counted(text: &mut Text, cameras: &[Told<'_>]) {
    let counted = || cameras.iter().filter_map(|told| Some((told, told.counted.as_ref()?)));

    let name = "cameracast_camera_grabbed_frames_total";
    let mut family = text.family(name, Kind::Counter, "Frames taken from the camera, streamed or not.");
    counted().for_each(|(told, counted)| family.add(&told.labels(), counted.grabbed));

    let name = "cameracast_camera_encoded_frames_total";
    let mut family = text.family(name, Kind::Counter, "Frames that were made ready to be streamed.");
    counted().for_each(|(told, counted)| family.add(&told.labels(), counted.encoded));

    let name = "cameracast_camera_dropped_frames_total";
    let help = "Frames that were lost, by cause; those that nobody was to see are none.";
    by_name(text, (name, help, "cause"), counted().map(|(told, counted)| (told, &counted.dropped)));

    let name = "cameracast_camera_events_total";
    let help = "What is counted beside frames: stalls, openings after a fault, and what the camera's SDK counts.";
    by_name(text, (name, help, "event"), counted().map(|(told, counted)| (told, &counted.statistics)));

    let name = "cameracast_camera_stage_seconds";
    let help = "How long streamed frames took from their capture until they were in the bridge's socket, by stage.";
    let mut family = text.family(name, Kind::Histogram, help);
    for (told, Counted { stages, .. }) in counted() {
        for (stage, histogram) in [
            ("select", &stages.select_us),
            ("wait", &stages.wait_us),
            ("encode", &stages.encode_us),
            ("write", &stages.write_us),
        ] {
            if histogram.count > 0 {
                family.histogram_of_us(&told.and("stage", stage), histogram);
            }
        }
    }
}

fn by_name<'a>(
    text: &mut Text,
    (name, help, label): (&'static str, &str, &str),
    cameras: impl Iterator<Item = (&'a Told<'a>, &'a ByName)>,
) {
    let mut family = text.family(name, Kind::Counter, help);
    for (told, counts) in cameras {
        for (what, count) in counts {
            family.add(&told.and(label, what), count);
        }
    }
}
