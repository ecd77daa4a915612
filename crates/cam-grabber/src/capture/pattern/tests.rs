//! The pattern as a camera: what it says it is, what it delivers, when.

use super::*;
use crate::capture::PixelFormat;

const SECOND: Duration = Duration::from_secs(1);

fn camera() -> config::Camera {
    config::Camera { name: "Front gate".into(), ..config::Camera::new(3, config::Source::Pattern) }
}

fn open(camera: &config::Camera) -> Box<dyn Camera> {
    Pattern::new(camera).open().unwrap()
}

fn frame(grabbed: Grabbed) -> Frame {
    match grabbed {
        Grabbed::Frame(frame) => frame,
        other => panic!("{other:?} instead of a frame"),
    }
}

fn refusal(camera: &config::Camera) -> CameraError {
    Pattern::new(camera).open().err().unwrap()
}

#[test]
fn where_nothing_is_configured_it_is_a_vga_camera_with_30_fps() {
    let mut camera = open(&camera());
    let expected = Actual {
        model: Some("Test pattern".into()),
        serial: None,
        width: Some(640),
        height: Some(480),
        fps: Some(30.0),
        pixel_format: Some("I420".into()),
        ..Actual::default()
    };
    assert_eq!(*camera.actual(), expected);

    let frame = frame(camera.grab(SECOND).unwrap());
    // The first, unless the machine was late for it.
    let late = camera.lost()["not fetched in time"];
    assert_eq!((frame.number, frame.layout), (late, Layout::packed(PixelFormat::I420, 640, 480)));
    assert_eq!(frame.data.len(), frame.layout.size());
}

#[test]
fn size_rate_and_format_are_those_asked_for() {
    let asked = config::Camera {
        region: Some([8, 8, 33, 17]),
        fps: Some(400.0),
        pixel_format: Some("yuyv".into()),
        ..camera()
    };
    let mut camera = open(&asked);
    let actual = camera.actual();
    assert_eq!((actual.width, actual.height, actual.fps), (Some(33), Some(17), Some(400.0)));
    assert_eq!(actual.pixel_format.as_deref(), Some("YUY2"));
    let frame = frame(camera.grab(SECOND).unwrap());
    assert_eq!(frame.layout, Layout::packed(PixelFormat::Yuyv, 33, 17));
}

#[test]
fn frames_are_numbered_and_their_times_are_exactly_a_period_apart() {
    let mut camera = open(&config::Camera { fps: Some(200.0), ..camera() });
    let frames: Vec<_> = (0..6).map(|_| frame(camera.grab(SECOND).unwrap())).collect();
    for pair in frames.windows(2) {
        // Where the machine was late, numbers are missing, and their time has passed.
        let numbers = pair[1].number - pair[0].number;
        let times = pair[1].time.unix_us - pair[0].time.unix_us;
        assert!(times.abs_diff(5000 * numbers) <= 1, "{times} µs for {numbers} frames");
        assert!(pair[1].time.arrived > pair[0].time.arrived);
    }
    let last = frames.last().unwrap();
    assert_eq!(last.number + 1, 6 + camera.lost()["not fetched in time"]);
}

#[test]
fn a_slow_camera_gives_nothing_within_a_short_timeout_and_its_first_frame_at_once() {
    let mut camera = open(&config::Camera { fps: Some(0.2), ..camera() });
    frame(camera.grab(Duration::ZERO).unwrap());
    assert!(matches!(camera.grab(Duration::from_millis(5)), Ok(Grabbed::Nothing)));
    assert_eq!(camera.lost()["not fetched in time"], 0);
}

#[test]
fn an_unknown_format_is_refused_with_those_that_there_are() {
    let error = refusal(&config::Camera { pixel_format: Some("RGBa8".into()), ..camera() });
    assert_eq!(error.cause, Cause::BadFormat);
    for name in ["\"RGBa8\"", "I420", "NV12", "YUY2", "UYVY", "RGB8", "BGR8", "Mono12", "BayerBG8"] {
        assert!(error.message.contains(name), "{name} is not in: {}", error.message);
    }
}

#[test]
fn sizes_and_rates_without_sense_are_refused() {
    let cases = [
        config::Camera { width: Some(0), ..camera() },
        config::Camera { height: Some(8193), ..camera() },
        config::Camera { fps: Some(0.0), ..camera() },
        config::Camera { fps: Some(f64::NAN), ..camera() },
    ];
    for camera in cases {
        assert_eq!(refusal(&camera).cause, Cause::BadFormat);
    }
}
