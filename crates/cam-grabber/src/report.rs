//! What the bridge is told about the cameras.

use std::collections::BTreeMap;

use cameracast_config as config;
use frame_bundle::control::{CameraState, Format, FromGrabber};

use crate::camera::Shared;
use crate::cameras::Cameras;
use crate::losses::ByCause;
use crate::supervisor::State;

/// Tells how the cameras are: all of them first, then those that changed.
#[derive(Debug)]
pub struct Reporter {
    cameras: Cameras,
    session: u64,
    demo: bool,
    told: BTreeMap<u8, CameraState>,
    told_once: bool,
}

/// Cameras in one message: it stays below the size of a control message, however much there is to say of each.
const CAMERAS_A_MESSAGE: usize = 8;

impl Reporter {
    /// A reporter over these cameras, in this life of the process.
    pub fn new(cameras: Cameras, session: u64, demo: bool) -> Self {
        Self { cameras, session, demo, told: BTreeMap::new(), told_once: false }
    }

    /// Somebody new listens: everything is told again.
    pub fn forget(&mut self) {
        self.told.clear();
        self.told_once = false;
    }

    /// What has changed since it was last asked. The first answer is never empty, even where no camera is there.
    pub fn changes(&mut self) -> Vec<FromGrabber> {
        let first = !std::mem::replace(&mut self.told_once, true);
        let stream = self.cameras.stream().borrow().clone();
        let now: Vec<CameraState> = self.cameras.all().iter().map(|camera| state(camera, &stream)).collect();
        let removed = self.no_longer_in(&now);
        let is_news = |state: &CameraState| self.told.get(&state.camera) != Some(state);
        let news: Vec<CameraState> = now.into_iter().filter(is_news).collect();
        self.told.extend(news.iter().map(|state| (state.camera, state.clone())));
        let changed = [removed, news].concat();
        let message = |cameras: &[CameraState]| FromGrabber::State {
            session: self.session.to_string(),
            demo: self.demo,
            cameras: cameras.to_vec(),
        };
        match changed[..] {
            [] if first => vec![message(&[])],
            _ => changed.chunks(CAMERAS_A_MESSAGE).map(message).collect(),
        }
    }

    /// The cameras that were told of and are there no more, each as it is told a last time.
    fn no_longer_in(&mut self, now: &[CameraState]) -> Vec<CameraState> {
        let gone = |id: &u8, _: &mut CameraState| now.iter().all(|state| state.camera != *id);
        let removed = self.told.extract_if(.., gone).map(|(_, state)| state);
        let (lost, cause) = (State::Lost.as_str(), Some(CameraState::REMOVED.to_owned()));
        removed.map(|state| CameraState { state: lost.to_owned(), cause: cause.clone(), ..state }).collect()
    }
}

fn state(camera: &Shared, stream: &config::Stream) -> CameraState {
    let settings = camera.settings();
    let health = camera.health();
    let measured_fps = camera.recent.offer().rate.period().map(|period| 1.0 / period.as_secs_f64());
    CameraState {
        camera: camera.id,
        name: settings.name,
        source: settings.source.kind().to_owned(),
        model: health.actual.model,
        serial: health.actual.serial,
        state: health.state.as_str().to_owned(),
        cause: health.cause.map(|cause| cause.as_str().to_owned()),
        requested: Format {
            width: settings.region.map(|[_, _, width, _]| width).or(settings.width),
            height: settings.region.map(|[_, _, _, height]| height).or(settings.height),
            fps: settings.fps,
            pixel_format: settings.pixel_format,
        },
        actual: Format {
            width: health.actual.width,
            height: health.actual.height,
            fps: measured_fps.map(|fps| (fps * 10.0).round() / 10.0).or(health.actual.fps),
            pixel_format: health.actual.pixel_format,
        },
        jpeg_quality: settings.jpeg_quality.unwrap_or(stream.jpeg_quality),
        stream_fps: settings.stream_fps.map_or(stream.fps, |fps| fps.min(stream.fps)),
        exposure_us: health.actual.exposure_us.filter(|us| us.is_finite()),
        gain_db: health.actual.gain_db.filter(|db| db.is_finite()),
        grabbed: camera.recent.grabbed(),
        encoded: camera.encoded(),
        dropped: named(camera.dropped()),
        statistics: named(camera.statistics()),
        stages: camera.stages().report(),
        limits: camera.limits(),
    }
}

fn named(counts: ByCause) -> BTreeMap<String, u64> {
    counts.into_iter().map(|(what, count)| (what.to_owned(), count)).collect()
}

#[cfg(test)]
mod tests {
    use config::{Camera, Source, Stream};
    use frame_bundle::control::{self, Bounds, Histogram, Limits, Stages};

    use super::*;

    #[test]
    fn a_camera_that_was_removed_is_told_of_once_more_and_then_no_more() {
        let camera = |id| Camera::new(id, Source::Pattern);
        let cameras = Cameras::start(&[camera(0), camera(1)], &Stream::default());
        let mut reporter = Reporter::new(cameras.clone(), 7, false);
        let mut told = || {
            let cameras = reporter.changes().into_iter().flat_map(|message| match message {
                FromGrabber::State { cameras, .. } => cameras,
                other => panic!("{other:?}"),
            });
            cameras.filter(CameraState::is_removed).map(|state| (state.camera, state.state)).collect::<Vec<_>>()
        };
        assert_eq!(told(), []);
        cameras.remove(0);
        assert_eq!(told(), [(0, "lost".to_owned())]);
        assert_eq!(told(), []);
        cameras.add(camera(0));
        cameras.remove(0);
        assert_eq!(told(), [], "nobody has heard of that one");
        reporter.forget();
        cameras.remove(1);
        assert!(matches!(&reporter.changes()[..], [FromGrabber::State { cameras, .. }] if cameras.is_empty()));
    }

    #[test]
    fn a_message_about_cameras_of_which_there_is_most_to_say_is_no_longer_than_a_control_message() {
        let text = |length| "\"".repeat(length);
        let counts = || (0..12).map(|n| (format!("{n:030}"), u64::MAX)).collect();
        let format = || Format { width: None, height: None, fps: Some(f64::MIN), pixel_format: Some(text(32)) };
        let histogram = || Histogram { count: u64::MAX, sum: u64::MAX, buckets: vec![(1_000_000, u64::MAX); 15] };
        let (side, real) = (Some(Bounds { min: 1, max: 65_535 }), Some(Bounds { min: f64::MIN, max: f64::MAX }));
        let camera = CameraState {
            name: text(100),
            source: text(16),
            model: Some(text(64)),
            serial: Some(text(64)),
            state: text(16),
            cause: Some(text(32)),
            requested: format(),
            actual: format(),
            exposure_us: Some(f64::MIN),
            gain_db: Some(f64::MIN),
            grabbed: u64::MAX,
            encoded: u64::MAX,
            dropped: counts(),
            statistics: counts(),
            stages: Some(Stages {
                select_us: histogram(),
                wait_us: histogram(),
                encode_us: histogram(),
                write_us: histogram(),
            }),
            limits: Limits {
                width: side,
                height: side,
                sizes: vec![[65_535, 65_535]; Limits::MOST_SIZES],
                camera_fps: real,
                stream_fps: real,
                jpeg_quality: Some(Bounds { min: 1, max: 100 }),
                exposure_us: real,
                gain_db: real,
                trigger: vec![text(32); Limits::MOST_TRIGGERS],
            },
            ..CameraState::default()
        };
        let session = u64::MAX.to_string();
        let state = FromGrabber::State { session, demo: false, cameras: vec![camera; CAMERAS_A_MESSAGE] };
        let length = control::write(&state).unwrap().len();
        assert!(length <= frame_bundle::MAX_CONTROL_SIZE, "{length}");
    }
}
