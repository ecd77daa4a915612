//! What is set while a camera streams, by a bridge's requests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cam_grabber::camera::Shared;
use cam_grabber::cameras::Cameras;
use cam_grabber::capture::{Bounds, Cause, Change, Limits};
use cam_grabber::control::Control;
use cameracast_config as config;
use config::Auto;
use frame_bundle::control::{FromBridge, FromGrabber, Settings};

use crate::fake_camera::FakeCamera;
use crate::gvsp::silent;
use crate::settings::assert_has;
use crate::taking::{SOON, nothing_wanted, open, take, wanted};

/// How soon a camera is back that was closed for settings which it does not take.
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// At 2 FPS: a busy machine may hold such a camera up for longer before it counts as stalled.
fn slow() -> config::Camera {
    config::Camera { fps: Some(2.0), ..wanted() }
}

/// A grabber with one camera.
struct Grabber {
    cameras: Cameras,
    camera: Arc<Shared>,
}

impl Grabber {
    async fn with(simulator: &FakeCamera, camera: config::Camera) -> Self {
        let camera = config::Camera { source: config::Source::Genicam { device: simulator.address() }, ..camera };
        let cameras = Cameras::start(&[camera], &config::Stream::default());
        let camera = cameras.all().remove(0);
        Self { cameras, camera }
    }

    async fn set(&self, set: Settings) -> Result<Settings, String> {
        let request = FromBridge::Configure { request: 1, camera: self.camera.id, set };
        match Control::new(self.cameras.clone()).begin(request).answer().await {
            FromGrabber::Result { ok: true, applied, .. } => Ok(applied.unwrap()),
            FromGrabber::Result { error, .. } => Err(error.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// The answer, and every state in which the camera was meanwhile.
    async fn states_while(&self, set: Settings) -> (Result<Settings, String>, BTreeSet<&'static str>) {
        let mut states = BTreeSet::new();
        let mut answer = std::pin::pin!(self.set(set));
        loop {
            states.insert(self.camera.health().state.as_str());
            // Far shorter than it takes to open a camera.
            if let Ok(answer) = tokio::time::timeout(Duration::from_millis(1), &mut answer).await {
                states.insert(self.camera.health().state.as_str());
                return (answer, states);
            }
        }
    }

    async fn until(&self, what: &str, holds: impl Fn(&Shared) -> bool) {
        let deadline = Instant::now() + SOON;
        while !holds(&self.camera) {
            assert!(Instant::now() < deadline, "not {what}: {:?}", self.camera.health());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn until_it_is(&self, state: &str) {
        self.until(state, |camera| camera.health().state.as_str() == state).await;
    }

    async fn next_frame(&self) -> cam_grabber::capture::Frame {
        self.camera.recent.clear();
        self.until("sending", |camera| !camera.recent.offer().fresh.is_empty()).await;
        self.camera.recent.take(u64::MAX).unwrap()
    }
}

impl Drop for Grabber {
    fn drop(&mut self) {
        self.cameras.stop(SOON);
    }
}

#[test]
fn what_can_be_set_is_told_with_the_cameras_own_bounds() {
    let simulator = FakeCamera::start(&[]);
    let expected = Limits {
        width: Some(Bounds { min: 1, max: 2048 }),
        height: Some(Bounds { min: 1, max: 2048 }),
        camera_fps: Some(Bounds { min: 0.1, max: 1000.0 }),
        exposure_us: Some(Bounds { min: 10.0, max: 10_000_000.0 }),
        gain_db: Some(Bounds { min: 0.0, max: 10.0 }),
        trigger: ["Off", "Line0", "Software"].map(Into::into).into(),
        ..Limits::default()
    };
    let camera = open(&simulator.address(), &wanted()).unwrap();
    assert_eq!(*camera.limits(), expected);
    drop(camera);
    let region = config::Camera { region: Some([512, 512, 640, 480]), width: None, height: None, ..wanted() };
    assert_eq!(*open(&simulator.address(), &region).unwrap().limits(), expected, "whatever region it shows now");
}

#[test]
fn exposure_and_gain_are_changed_while_the_camera_streams() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let mut numbers = take(&mut *camera, 10, drop).numbers;
    let bright = config::Camera { exposure_us: Some(Auto::Fixed(2500.0)), gain_db: Some(Auto::Fixed(4.0)), ..wanted() };
    assert_eq!(camera.change(&wanted(), &bright), Ok(Change::Made));
    assert_eq!((camera.actual().exposure_us, camera.actual().gain_db), (Some(2500.0), Some(4.0)));
    numbers.extend(take(&mut *camera, 10, drop).numbers);
    let lost: u64 = camera.lost().values().sum();
    assert!(numbers.is_sorted_by(|before, after| before < after), "one stream, whose numbers go on: {numbers:?}");
    assert!(numbers.last().unwrap() - numbers[0] < 20 + lost + 5, "{numbers:?}, {lost} lost");
    drop(camera);
    assert_has(&simulator, "ExposureTimeAbs", "2500");
    assert_has(&simulator, "GainRaw", "4");
}

#[test]
fn of_an_exposure_that_it_takes_and_a_gain_that_it_does_not_a_camera_keeps_neither() {
    let simulator = FakeCamera::start(&[]);
    let fixed =
        |us, db| config::Camera { exposure_us: Some(Auto::Fixed(us)), gain_db: Some(Auto::Fixed(db)), ..wanted() };
    let mut camera = open(&simulator.address(), &fixed(800.0, 2.0)).unwrap();
    let error = camera.change(&fixed(800.0, 2.0), &fixed(2500.0, 99.0)).unwrap_err();
    assert_eq!(error.cause, Cause::BadFormat);
    assert!(error.message.contains("gain_db = 99.0") && error.message.contains("0.0 to 10.0"), "{error}");
    take(&mut *camera, 10, drop);
    drop(camera);
    assert_has(&simulator, "ExposureTimeAbs", "800");
    assert_has(&simulator, "GainRaw", "2");
}

#[test]
fn a_long_exposure_makes_the_rate_that_is_reckoned_with_slower() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let long = config::Camera { exposure_us: Some(Auto::Fixed(4_000_000.0)), ..wanted() };
    assert_eq!(camera.change(&wanted(), &long), Ok(Change::Made));
    assert_eq!(camera.actual().fps, Some(0.25));
}

#[test]
fn a_camera_that_does_not_answer_is_asked_once_and_then_to_be_opened_anew() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    take(&mut *camera, 1, drop);
    simulator.pause();
    let asked = Instant::now();
    let bright = config::Camera { exposure_us: Some(Auto::Fixed(2500.0)), ..wanted() };
    assert_eq!(camera.change(&wanted(), &bright), Ok(Change::NeedsOpening));
    let took = asked.elapsed();
    println!("known after {took:?}");
    // One register that is waited for; there are eight to be read.
    assert!(took < SOON, "known after {took:?}");
}

#[test]
fn settings_of_which_one_is_refused_leave_the_camera_as_it_was() {
    let simulator = FakeCamera::start(&[]);
    let was = config::Camera { exposure_us: Some(Auto::Fixed(800.0)), ..wanted() };
    drop(open(&simulator.address(), &was).unwrap());
    let refused = config::Camera {
        region: Some([8, 8, 64, 48]),
        fps: Some(5000.0),
        exposure_us: Some(Auto::Fixed(2500.0)),
        pixel_format: Some("BayerRG8".into()),
        ..nothing_wanted()
    };
    assert!(open(&simulator.address(), &refused).is_err());
    for (feature, value) in [
        ("Width", "640"),
        ("Height", "480"),
        ("OffsetX", "0"),
        ("OffsetY", "0"),
        ("ExposureTimeAbs", "800"),
        ("PixelFormat", "Mono8"),
        ("AcquisitionFrameRate", "100"),
    ] {
        assert_has(&simulator, feature, value);
    }
}

/// A width in steps, as most cameras have it.
const IN_STEPS: &str = r#"
    <Integer Name="Width" NameSpace="Standard">
        <pValue>WidthRegister</pValue><Min>16</Min><Max>2048</Max><Inc>16</Inc>
    </Integer>
"#;

#[tokio::test]
async fn a_size_between_the_cameras_steps_is_refused_with_the_nearest_and_without_an_interruption() {
    let simulator = FakeCamera::start_with(IN_STEPS);
    let grabber = Grabber::with(&simulator, slow()).await;
    grabber.until_it_is("streaming").await;
    assert_eq!(grabber.camera.limits().width, Some(Bounds { min: 16, max: 2048 }));
    let (answer, states) = grabber.states_while(Settings { width: Some(650), ..Settings::default() }).await;
    let answer = answer.unwrap_err();
    assert!(answer.contains("goes on as it was") && answer.contains("the nearest are 640 and 656"), "{answer}");
    assert_eq!(states, ["streaming"].into());
}

#[tokio::test]
async fn what_the_limits_tell_is_refused_without_an_interruption() {
    let simulator = FakeCamera::start(&[]);
    let grabber = Grabber::with(&simulator, slow()).await;
    grabber.until_it_is("streaming").await;
    let requests = [
        (Settings { exposure_us: Some(1.0), ..Settings::default() }, "exposure_us is 1; from 10 to 10000000"),
        (Settings { gain_db: Some(11.0), ..Settings::default() }, "gain_db is 11; from 0 to 10"),
        (Settings { width: Some(5000), ..Settings::default() }, "width is 5000; from 1 to 2048"),
        (Settings { camera_fps: Some(2000.0), ..Settings::default() }, "camera_fps is 2000; from 0.1 to 1000"),
        (Settings { trigger: Some("Line9".into()), ..Settings::default() }, "`Line9`; it takes Off, Line0, Software"),
    ];
    for (set, sentence) in requests {
        let (answer, states) = grabber.states_while(set).await;
        let answer = answer.unwrap_err();
        assert!(answer.contains(sentence), "{answer}");
        assert_eq!(states, ["streaming"].into(), "{answer}");
    }
}

#[tokio::test]
async fn exposure_and_gain_are_set_without_an_interruption_and_last_when_it_is_opened_again() {
    let mut simulator = FakeCamera::start(&[]);
    let grabber = Grabber::with(&simulator, slow()).await;
    grabber.until_it_is("streaming").await;
    let set = Settings { exposure_us: Some(2500.0), gain_db: Some(4.0), ..Settings::default() };
    let (answer, states) = grabber.states_while(set.clone()).await;
    assert_eq!(answer, Ok(set));
    assert_eq!(states, ["streaming"].into());
    simulator.kill();
    grabber.until("lost", |camera| camera.health().state.as_str() != "streaming").await;
    simulator.switch_on_again();
    grabber.until_it_is("streaming").await;
    drop(grabber);
    assert_has(&simulator, "ExposureTimeAbs", "2500");
    assert_has(&simulator, "GainRaw", "4");
}

#[tokio::test]
async fn what_only_the_opening_tells_is_refused_and_the_camera_is_back_at_once_as_it_was() {
    let simulator = FakeCamera::start(&[]);
    // Of its own size, which no configuration names.
    let own = config::Camera { width: None, height: None, exposure_us: Some(Auto::Fixed(800.0)), ..wanted() };
    let grabber = Grabber::with(&simulator, own).await;
    let before = grabber.next_frame().await.layout;
    let mut took = Vec::new();
    for _ in 0..3 {
        // A smaller picture could be faster: only the camera knows.
        let set = Settings { width: Some(64), height: Some(48), camera_fps: Some(5000.0), ..Settings::default() };
        let asked = Instant::now();
        let refused = grabber.set(set).await.unwrap_err();
        assert!(refused.contains("goes on as it was") && refused.contains("0.1 to 1000.0"), "{refused}");
        let frame = grabber.next_frame().await;
        took.push(asked.elapsed());
        assert_eq!(frame.layout, before);
    }
    println!("back after {took:?}");
    // The shortest: a busy machine may hold one up.
    assert!(took.iter().min() < Some(&BACK_WITHIN), "back after {took:?}");
}

#[tokio::test]
async fn a_size_is_changed_and_changed_back() {
    let simulator = FakeCamera::start(&[]);
    let grabber = Grabber::with(&simulator, wanted()).await;
    for (width, height) in [(320, 240), (640, 480)] {
        grabber.next_frame().await;
        let set = Settings { width: Some(width), height: Some(height), ..Settings::default() };
        assert_eq!(grabber.set(set.clone()).await, Ok(set));
        let layout = grabber.next_frame().await.layout;
        assert_eq!((layout.width, layout.height), (width, height));
    }
}

#[tokio::test]
async fn a_trigger_is_turned_off_and_on() {
    let simulator = FakeCamera::start(&[]);
    let grabber = Grabber::with(&simulator, config::Camera { fps: None, ..silent() }).await;
    grabber.until_it_is("waiting").await;
    let trigger = |name: &str| Settings { trigger: Some(name.into()), ..Settings::default() };
    assert_eq!(grabber.set(trigger("Off")).await, Ok(trigger("Off")));
    grabber.until_it_is("streaming").await;
    assert_eq!(grabber.set(trigger("Software")).await, Ok(trigger("Software")));
    grabber.until_it_is("waiting").await;
}
