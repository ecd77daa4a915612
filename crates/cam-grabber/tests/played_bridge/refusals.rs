//! What a camera does not take is refused with what it does take, and disturbs nothing.

use std::time::Duration;

use frame_bundle::control::{Bounds, FromBridge, Limits, Settings};

use tokio::time::Instant;

use crate::bridge::{Bridge, Heard, configure, pattern, pipeline, size};

/// Between two frames of a source at 2 frames a second, and how far that may be off where it runs on: a pattern's
/// capture times are when its frames were due, a pipeline's are read from its clock, on a busy machine a moment late.
const PERIOD: Duration = Duration::from_millis(500);
const OF_A_PATTERN: Duration = Duration::from_millis(1);
const OF_A_PIPELINE: Duration = Duration::from_millis(100);

/// How soon a camera is back that was closed for settings which it does not take.
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// So slow that a busy machine may hold it up for a second, and it does not count as stalled.
const FIXED: &str = "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120,framerate=2/1";

fn bounds<T>(min: T, max: T) -> Option<Bounds<T>> {
    Some(Bounds { min, max })
}

#[tokio::test]
async fn what_can_be_set_of_each_camera_is_told() {
    let jpeg = "videotestsrc is-live=true ! video/x-raw,width=160,height=[ 100, 200 ],framerate=10/1 ! jpegenc";
    let any = "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=[ 64, 640 ]";
    let cameras = pattern(0) + "stream_fps = 5\n" + &pipeline(1, FIXED) + &pipeline(2, jpeg) + &pipeline(3, any);
    let mut bridge = Bridge::start(&("[stream]\nfps = 25\n".to_owned() + &cameras)).await;
    let in_the_stream = Limits { stream_fps: bounds(0.1, 25.0), jpeg_quality: bounds(1, 100), ..Limits::default() };
    let rate = bounds(0.01, 100_000.0);
    let expected = [
        Limits { width: bounds(1, 8192), height: bounds(1, 8192), camera_fps: rate, ..in_the_stream.clone() },
        in_the_stream.clone(),
        Limits { jpeg_quality: None, height: bounds(100, 200), ..in_the_stream.clone() },
        Limits { width: bounds(64, 640), height: bounds(1, 65_535), camera_fps: rate, ..in_the_stream },
    ];
    for (camera, limits) in (0..).zip(expected) {
        let told = bridge.state_where(camera, |camera| camera.state == "streaming").await;
        assert_eq!(told.limits, limits, "camera {camera}");
    }
}

/// Capture times in µs and frame numbers of a source that was not opened anew in between.
fn assert_even(frames: &[(u64, u64)], jitter: Duration) {
    for pair in frames.windows(2) {
        let (time, number) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        let off = Duration::from_micros(time).abs_diff(PERIOD * number as u32);
        assert!(off < jitter, "{number} frames in {time} µs: {frames:?}");
    }
}

/// What the answers are to these requests to camera 0. Its frames come evenly all the while: it was not interrupted.
async fn refused_without_an_interruption(camera: &str, jitter: Duration, requests: Vec<Settings>) -> Vec<String> {
    let mut bridge = Bridge::start(camera).await;
    bridge.frames(0, 1).await;
    let mut answers = Vec::new();
    let mut frames = Vec::new();
    for (request, set) in (0..).zip(requests) {
        bridge.say(&configure(request, 0, set)).await;
        // The answer, and two frames after it: where it is opened again, they come at another time.
        let (mut answered, mut after) = (false, 0);
        while after < 2 {
            match bridge.hear().await {
                Heard::Bundle(bundle) => {
                    let info = bundle.capture_info(0);
                    after += usize::from(answered && info.is_some());
                    frames.extend(info.map(|info| (info.capture_time_us, info.frame_number)));
                }
                Heard::Result { outcome, .. } => {
                    answers.push(outcome.unwrap_err());
                    answered = true;
                }
                Heard::State(_) => {}
            }
        }
    }
    assert_even(&frames, jitter);
    answers
}

#[tokio::test]
async fn what_a_patterns_limits_tell_is_refused_with_them_and_without_an_interruption() {
    let rate = |fps| Settings { camera_fps: Some(fps), ..Settings::default() };
    let requests = vec![
        size(9000, 480),
        size(0, 0),
        rate(1e9),
        rate(f64::MIN_POSITIVE),
        Settings { jpeg_quality: Some(0), ..Settings::default() },
        Settings { stream_fps: Some(31.0), ..Settings::default() },
        Settings { exposure_us: Some(800.0), ..Settings::default() },
        Settings { trigger: Some("Off".into()), ..size(320, 240) },
        Settings::default(),
    ];
    let answers = refused_without_an_interruption(&(pattern(0) + "fps = 2\n"), OF_A_PATTERN, requests).await;
    let of_genicam = "exposure_us, gain_db and trigger are for genicam cameras; camera 0 is pattern";
    let expected = [
        "width is 9000; from 1 to 8192 is allowed for camera 0",
        "width is 0; from 1 to 8192 is allowed for camera 0",
        "camera_fps is 1000000000; from 0.01 to 100000 is allowed for camera 0",
        "camera_fps is 2.2250738585072014e-308; from 0.01 to 100000 is allowed for camera 0",
        "jpeg_quality is 0; from 1 to 100 is allowed for camera 0",
        "stream_fps is 31; from 0.1 to 30 is allowed for camera 0",
        of_genicam,
        of_genicam,
        "nothing to set: ",
    ];
    for (answer, expected) in answers.iter().zip(expected) {
        assert!(answer.starts_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn what_a_pipeline_fixes_is_refused_with_what_it_does_not_and_without_an_interruption() {
    let quality_too = Settings { jpeg_quality: Some(50), ..size(320, 240) };
    let rate = Settings { camera_fps: Some(20.0), ..Settings::default() };
    let gain = Settings { gain_db: Some(1.0), ..Settings::default() };
    let answers =
        refused_without_an_interruption(&pipeline(0, FIXED), OF_A_PIPELINE, vec![quality_too, rate, gain]).await;
    let can = "what can be is stream_fps (0.1 to 30), jpeg_quality (1 to 100)";
    assert_eq!(answers[0], format!("width of camera 0 cannot be set; {can}"));
    assert_eq!(answers[1], format!("camera_fps of camera 0 cannot be set; {can}"));
    assert_eq!(answers[2], "exposure_us, gain_db and trigger are for genicam cameras; camera 0 is gstreamer");
}

#[tokio::test]
async fn what_a_pipeline_does_not_offer_is_refused_with_what_it_does_and_without_an_interruption() {
    let two_rates = "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=[ 16, 640 ],framerate={ 2/1, 25/1 }";
    let camera = pipeline(0, two_rates) + "fps = 2\n";
    let rate = |fps| Settings { camera_fps: Some(fps), ..Settings::default() };
    let mut answers =
        refused_without_an_interruption(&camera, OF_A_PIPELINE, vec![rate(20.0), rate(50.0), size(800, 600)]).await;
    assert_eq!(answers.pop().unwrap(), "width is 800; from 16 to 640 is allowed for camera 0");
    assert_eq!(answers.pop().unwrap(), "camera_fps is 50; from 2 to 25 is allowed for camera 0");
    let answer = answers.pop().unwrap();
    assert!(answer.starts_with("camera 0 goes on as it was: bad format: pipeline `videotestsrc"), "{answer}");
    assert!(answer.ends_with("it does not offer 20 FPS; it offers 2, 25"), "{answer}");
}

#[tokio::test]
async fn what_only_the_opening_tells_is_refused_and_the_camera_is_back_at_once_as_it_was() {
    // Encoders say that they take any size, and what is before these two is out of sight.
    let small = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! jpegenc ! both.";
    let mut bridge = Bridge::start(&pipeline(0, &format!("{small} {small} input-selector name=both"))).await;
    bridge.frame_where(0, |_| true).await;
    let mut took = Vec::new();
    for request in 0..3 {
        let asked = Instant::now();
        let refused = bridge.configured(request, 0, size(320, 240)).await.unwrap_err();
        assert!(refused.starts_with("camera 0 goes on as it was: bad format: "), "{refused}");
        assert!(!refused.contains('\n'), "{refused}");
        bridge.frame_where(0, |frame| (frame.width, frame.height) == (160, 120)).await;
        took.push(asked.elapsed());
    }
    println!("back after {took:?}");
    // The shortest: a busy machine may hold one up.
    assert!(took.iter().min() < Some(&BACK_WITHIN), "back after {took:?}");
}

#[tokio::test]
async fn a_camera_that_was_told_what_it_has_already_is_not_interrupted() {
    let mut bridge = Bridge::start(&pipeline(0, FIXED)).await;
    let before = bridge.frames(0, 1).await;
    let set = Settings { jpeg_quality: Some(50), ..size(160, 120) };
    assert_eq!(bridge.configured(1, 0, set.clone()).await, Ok(set));
    assert_even(&[before, bridge.frames(0, 2).await].concat(), OF_A_PIPELINE);
}

#[tokio::test]
async fn a_camera_that_compresses_by_itself_refuses_a_quality() {
    let jpeg = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=10/1 ! jpegenc";
    let mut bridge = Bridge::start(&pipeline(0, jpeg)).await;
    bridge.frames(0, 1).await;
    let refused = bridge.configured(1, 0, Settings { jpeg_quality: Some(50), ..Settings::default() }).await;
    assert!(refused.unwrap_err().contains("compresses its pictures itself"));
}

#[tokio::test]
async fn a_camera_that_is_not_there_is_named() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge.say(&FromBridge::Stop { request: 3, camera: 7 }).await;
    assert!(bridge.result_of(3).await.unwrap_err().contains("no camera 7"));
}
