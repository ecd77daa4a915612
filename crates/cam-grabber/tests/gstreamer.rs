//! Frames out of real GStreamer pipelines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use cam_grabber::capture::{BayerOrder, Camera, CameraError, Cause, Frame, Grabbed, Gstreamer, PixelFormat, Source};
use cameracast_config as config;

const SOON: Duration = Duration::from_secs(5);

fn wanted() -> config::Camera {
    config::Camera::new(0, config::Source::Gstreamer { pipeline: String::new() })
}

fn open(pipeline: &str) -> Result<Box<dyn Camera>, CameraError> {
    Gstreamer::pipeline(pipeline, &wanted()).open()
}

fn refused(pipeline: &str) -> CameraError {
    open(pipeline).err().unwrap_or_else(|| panic!("taken: {pipeline}"))
}

fn next(camera: &mut dyn Camera) -> Frame {
    match camera.grab(SOON).unwrap() {
        Grabbed::Frame(frame) => frame,
        other => panic!("{other:?}"),
    }
}

fn first_frame(pipeline: &str) -> Frame {
    next(&mut *open(pipeline).unwrap())
}

/// A sample of a plane: row, column in samples of `bytes` each.
fn sample(frame: &Frame, plane: usize, row: usize, column: usize, bytes: usize) -> &[u8] {
    let at = frame.layout.planes[plane].offset + row * frame.layout.planes[plane].stride + column * bytes;
    &frame.data[at..at + bytes]
}

/// A live picture of one colour. Its width is such that GStreamer pads most rows.
fn colour(caps: &str, rgb: u32) -> String {
    format!(
        "videotestsrc is-live=true pattern=solid-color foreground-color={:#x} \
         ! {caps},width=98,height=50,framerate=60/1",
        0xff00_0000_u32 | rgb
    )
}

const RED: u32 = 0xff_0000;

#[test]
fn each_raw_format_has_its_layout_and_its_samples_in_place() {
    // Red in BT.601 of limited range: Y 81, U 90, V 240.
    let (y, u, v) = (81, 90, 240);
    /// The plane and its samples, in groups that repeat.
    type Samples<'a> = &'a [(usize, &'a [u8])];
    let expected: [(&str, PixelFormat, Samples<'_>); 6] = [
        ("RGB", PixelFormat::Rgb8, &[(0, &[255, 0, 0])]),
        ("BGR", PixelFormat::Bgr8, &[(0, &[0, 0, 255])]),
        ("YUY2", PixelFormat::Yuyv, &[(0, &[y, u, y, v])]),
        ("UYVY", PixelFormat::Uyvy, &[(0, &[u, y, v, y])]),
        ("I420", PixelFormat::I420, &[(0, &[y]), (1, &[u]), (2, &[v])]),
        ("NV12", PixelFormat::Nv12, &[(0, &[y]), (1, &[u, v])]),
    ];
    for (name, format, planes) in expected {
        let frame = first_frame(&colour(&format!("video/x-raw,format={name},colorimetry=bt601"), RED));
        assert_eq!((frame.layout.format, frame.layout.width, frame.layout.height), (format, 98, 50), "{name}");
        assert!(frame.layout.size() <= frame.data.len(), "{name}");
        for (plane, value) in planes {
            let bytes = value.len();
            // A group of a chroma plane, or of packed 4:2:2, is two pixels wide.
            let columns = if *plane > 0 || bytes == 4 { 49 } else { 98 };
            let rows = if *plane > 0 { 25 } else { 50 };
            for (row, column) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 2)] {
                let got = sample(&frame, *plane, row, column, bytes);
                let near = got.iter().zip(*value).all(|(a, b)| a.abs_diff(*b) <= 1);
                assert!(near, "{name}, plane {plane}, row {row}, column {column}: {got:?} is not {value:?}");
            }
        }
        let is_yuv = !name.contains('B');
        assert_eq!(frame.layout.limited_range, is_yuv, "{name}");
    }
}

#[test]
fn gray_has_eight_or_sixteen_bits() {
    let rgb = colour("video/x-raw,format=RGB", 0xff_ffff);
    let gray = first_frame(&format!("{rgb} ! videoconvert ! video/x-raw,format=GRAY8"));
    assert_eq!(gray.layout.format, PixelFormat::Mono8);
    assert_eq!(sample(&gray, 0, 49, 97, 1), [255]);
    let gray = first_frame(&format!("{rgb} ! videoconvert ! video/x-raw,format=GRAY16_LE"));
    assert_eq!(gray.layout.format, PixelFormat::Mono16 { bits: 16 });
    assert_eq!(sample(&gray, 0, 49, 97, 2)[1], 255);
}

#[test]
fn full_range_is_told_from_limited_range() {
    // The test source itself draws in limited range, whatever its caps say.
    let rgb = colour("video/x-raw,format=RGB", RED);
    let full = first_frame(&format!("{rgb} ! videoconvert ! video/x-raw,format=I420,colorimetry=1:4:0:0"));
    assert!(!full.layout.limited_range);
    assert!(sample(&full, 2, 0, 0, 1)[0] > 250);
}

#[test]
fn a_mosaic_has_its_colours_where_its_order_says() {
    let orders = [
        ("rggb", BayerOrder::Rggb, (0, 0)),
        ("grbg", BayerOrder::Grbg, (0, 1)),
        ("gbrg", BayerOrder::Gbrg, (1, 0)),
        ("bggr", BayerOrder::Bggr, (1, 1)),
    ];
    for (name, order, red_at) in orders {
        let frame = first_frame(&colour(&format!("video/x-bayer,format={name}"), RED));
        assert_eq!(frame.layout.format, PixelFormat::Bayer8(order));
        for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1), (48, 96), (49, 97)] {
            let expected = if (row % 2, column % 2) == red_at { 255 } else { 0 };
            assert_eq!(sample(&frame, 0, row, column, 1), [expected], "{name}, row {row}, column {column}");
        }
    }
}

#[test]
fn a_cameras_jpegs_pass_through() {
    let frame = first_frame("videotestsrc is-live=true ! video/x-raw,width=98,height=50 ! jpegenc");
    assert_eq!((frame.layout.format, frame.layout.width, frame.layout.height), (PixelFormat::Jpeg, 98, 50));
    assert!(frame.data.starts_with(&[0xff, 0xd8]) && frame.data.ends_with(&[0xff, 0xd9]));
}

#[test]
fn jpegs_are_marked_to_be_completed_where_that_is_configured_and_raw_frames_never() {
    let completing = config::Camera { complete_jpeg: true, ..wanted() };
    for (encoder, format) in [("", PixelFormat::I420), ("! jpegenc", PixelFormat::JpegToComplete)] {
        let pipeline = format!("videotestsrc is-live=true ! video/x-raw,format=I420 {encoder}");
        let mut camera = Gstreamer::pipeline(&pipeline, &completing).open().unwrap();
        assert_eq!(next(&mut *camera).layout.format, format);
    }
}

#[test]
fn what_was_negotiated_is_reported() {
    let camera = open("videotestsrc is-live=true ! video/x-raw,format=YUY2,width=64,height=48,framerate=25/1").unwrap();
    let actual = camera.actual();
    assert_eq!((actual.width, actual.height, actual.fps), (Some(64), Some(48), Some(25.0)));
    assert_eq!(actual.pixel_format.as_deref(), Some("YUY2"));
}

#[test]
fn size_rate_and_format_of_the_configuration_are_asked_of_the_pipeline() {
    let asked = config::Camera {
        width: Some(80),
        height: Some(60),
        fps: Some(50.0),
        pixel_format: Some("NV12".into()),
        ..wanted()
    };
    let camera = Gstreamer::pipeline("videotestsrc is-live=true", &asked).open().unwrap();
    let actual = camera.actual();
    assert_eq!((actual.width, actual.height, actual.fps), (Some(80), Some(60), Some(50.0)));
    assert_eq!(actual.pixel_format.as_deref(), Some("NV12"));

    let error = Gstreamer::pipeline("videotestsrc ! video/x-raw,width=64", &asked).open().err().unwrap();
    assert_eq!(error.cause, Cause::BadFormat);
    let unknown = config::Camera { pixel_format: Some("H264".into()), ..wanted() };
    let error = Gstreamer::pipeline("videotestsrc", &unknown).open().err().unwrap();
    assert_eq!(error.cause, Cause::BadFormat);
    assert!(error.message.contains("H264") && error.message.contains("NV12"), "{error}");
}

#[test]
fn raw_video_that_cannot_be_encoded_is_converted() {
    let frame = first_frame(&colour("video/x-raw,format=ARGB64", RED));
    assert_eq!((frame.layout.width, frame.layout.height), (98, 50));
}

#[test]
fn every_frame_of_a_fast_camera_is_taken_or_counted() {
    let fast =
        "videotestsrc is-live=true pattern=black ! video/x-raw,format=GRAY8,width=640,height=480,framerate=400/1";
    let mut camera = open(fast).unwrap();
    let first = next(&mut *camera);
    let mut numbers = vec![first.number];
    let mut times = vec![first.time];
    let mut lost = 0;
    // What is counted may lie behind the frame that was taken last, where this thread was held up after it.
    while numbers.len() < 400 || (numbers.last().unwrap() + 1 != numbers.len() as u64 + lost && numbers.len() < 500) {
        let frame = next(&mut *camera);
        numbers.push(frame.number);
        times.push(frame.time);
        lost = camera.lost().values().sum();
    }
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert_eq!(numbers.last().unwrap() + 1, numbers.len() as u64 + lost);
    assert!(times.is_sorted_by_key(|time| (time.arrived, time.unix_us)));
    // Taken at the source's own clock, whenever we came round to it: 400 frames are a second.
    let took = times.last().unwrap().arrived - times[0].arrived;
    let of_taken = (numbers.len() - 1) as f64 / 400.0;
    assert!((took.as_secs_f64() - of_taken).abs() < 0.1 + lost as f64 / 400.0, "{took:?}");
}

#[test]
fn frames_that_nobody_takes_are_dropped_oldest_first_and_counted() {
    let mut camera = open("videotestsrc is-live=true num-buffers=60 ! video/x-raw,framerate=200/1").unwrap();
    let deadline = Instant::now() + SOON;
    while camera.lost().get("queue full") != Some(&56) {
        assert!(Instant::now() < deadline, "{:?}", camera.lost());
        std::thread::yield_now();
    }
    let numbers: Vec<u64> = (0..4).map(|_| next(&mut *camera).number).collect();
    assert_eq!(numbers, [56, 57, 58, 59]);
}

#[test]
fn frames_are_gstreamers_own_buffers_and_stay_untouched_while_they_are_held() {
    let mut camera = open("videotestsrc is-live=true pattern=snow ! video/x-raw,format=RGB,framerate=200/1").unwrap();
    let held = next(&mut *camera);
    let copy = held.data.to_vec();
    let mut places = BTreeSet::new();
    for _ in 0..50 {
        places.insert(next(&mut *camera).data.as_ptr());
    }
    assert!(places.len() < 10, "a pool, not {} copies", places.len());
    assert!(held.data == copy);
    drop(camera);
    assert!(held.data == copy, "a frame outlives its camera");
}

#[test]
fn a_size_that_changes_while_it_runs_is_followed() {
    let mut camera = open(
        "concat name=both ! identity \
         videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=64,height=48,framerate=50/1 ! both. \
         videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=32,height=24,framerate=50/1 ! both.",
    );
    // The last chain gets the sink, so the pipeline has to end in what is joined.
    assert!(camera.is_err());
    // Slow enough that none is dropped before it is taken, also on a busy machine.
    camera = open(
        "videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=64,height=48,framerate=3/1 ! both. \
         videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=32,height=24,framerate=3/1 ! both. \
         concat name=both",
    );
    let mut camera = camera.unwrap();
    let sizes: Vec<u32> = (0..6).map(|_| next(&mut *camera).layout.width).collect();
    assert_eq!(sizes, [64, 64, 64, 32, 32, 32]);
    assert_eq!(camera.actual().width, Some(32));
}

#[test]
fn a_file_plays_at_its_own_rate_and_then_comes_to_its_end() {
    let started = Instant::now();
    let mut camera = open("videotestsrc num-buffers=25 ! video/x-raw,framerate=50/1").unwrap();
    let mut frames = 0;
    let error = loop {
        match camera.grab(SOON) {
            Ok(Grabbed::Frame(_)) => frames += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    let took = started.elapsed();
    assert!(took > Duration::from_millis(450), "{took:?}");
    // On a busy machine this thread may come too late for some.
    let lost: u64 = camera.lost().values().sum();
    assert_eq!(frames + lost, 25, "{lost} lost");
    assert_eq!(error.cause, Cause::Lost);
    assert!(error.message.contains("came to its end"), "{error}");
    assert_eq!(camera.grab(SOON).err(), Some(error), "and stays there");
}

#[test]
fn a_source_that_breaks_names_its_error_and_not_an_end() {
    let mut camera = open("videotestsrc is-live=true ! video/x-raw,framerate=100/1 ! identity error-after=10").unwrap();
    let error = loop {
        match camera.grab(SOON) {
            Ok(Grabbed::Frame(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(!error.message.contains("end"), "{error}");
    assert_eq!(error.cause, Cause::Failed);
}

#[test]
fn silence_is_nothing_and_no_error() {
    let mut camera = open("videotestsrc is-live=true ! video/x-raw,framerate=1/10").unwrap();
    next(&mut *camera);
    assert!(matches!(camera.grab(Duration::from_millis(50)).unwrap(), Grabbed::Nothing));
}

#[test]
fn pipelines_that_cannot_be_are_refused_with_gstreamers_sentence() {
    for (pipeline, cause, words) in [
        ("videotestsrc ! ! x", Cause::BadFormat, "syntax error"),
        ("nosuchelement", Cause::BadFormat, "nosuchelement"),
        ("videotestsrc pattern=nonsense", Cause::BadFormat, "pattern"),
        ("audiotestsrc", Cause::BadFormat, "audiotestsrc"),
        ("videotestsrc ! video/x-raw,format=NV12 ! identity ! video/x-raw,format=I420", Cause::BadFormat, "identity"),
        ("videotestsrc ! fakesink", Cause::BadFormat, "fakesink"),
        ("filesrc location=/nonexistent/film ! decodebin", Cause::NoDevice, "/nonexistent/film"),
        ("videotestsrc num-buffers=0", Cause::Lost, "came to its end"),
        ("", Cause::BadFormat, "pipeline ``"),
    ] {
        let asked = Instant::now();
        let error = refused(pipeline);
        assert_eq!(error.cause, cause, "{pipeline}: {error}");
        assert!(error.message.contains(words), "{pipeline}: {error}");
        assert!(!error.message.contains('\n'), "one sentence: {error}");
        assert!(asked.elapsed() < SOON, "{pipeline}");
    }
}

#[test]
fn a_v4l2_device_that_is_not_there_is_no_device() {
    let error = Gstreamer::v4l2(Path::new("/dev/video99"), &wanted()).open().err().unwrap();
    assert_eq!(error.cause, Cause::NoDevice);
    assert!(error.message.contains("/dev/video99"), "{error}");
}

#[test]
fn a_file_that_is_no_v4l2_device_is_no_device_under_either_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let by_id = folder.path().join("usb-Maker_Camera_1234-video-index0");
    std::os::unix::fs::symlink("/dev/null", &by_id).unwrap();
    let error = Gstreamer::v4l2(&by_id, &wanted()).open().err().unwrap();
    assert_eq!(error.cause, Cause::NoDevice, "{error}");
    assert!(error.message.contains("usb-Maker_Camera") && error.message.contains("/dev/null"), "{error}");
}

#[test]
fn a_region_is_nothing_for_v4l2() {
    let region = config::Camera { region: Some([0, 0, 64, 48]), ..wanted() };
    let error = Gstreamer::v4l2(Path::new("/dev/video99"), &region).open().err().unwrap();
    assert_eq!(error.cause, Cause::BadFormat);
    assert!(error.message.contains("region"), "{error}");
}
