//! Frames as they come from a camera that is well.

use std::collections::BTreeSet;
use std::time::Instant;

use cam_grabber::capture::{BayerOrder, Layout, PixelFormat};
use cameracast_config as config;

use crate::fake_camera::FakeCamera;
use crate::taking::{assert_all_accounted_for, first_frame, nothing_wanted, open, open_in_the_end, take, wanted};

#[test]
fn a_camera_opened_by_address_delivers_its_frames_with_rising_numbers() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();

    let actual = camera.actual();
    assert_eq!((actual.width, actual.height, actual.fps), (Some(640), Some(480), Some(100.0)));
    assert_eq!(actual.model.as_deref(), Some("Fake"));
    assert_eq!(actual.serial.as_deref(), Some(simulator.serial()));
    assert_eq!(actual.pixel_format.as_deref(), Some("Mono8"));
    assert!(!actual.triggered);

    // The simulator starts to count at 65400: this goes over the wrap of its 16-bit ids.
    let mut times = Vec::new();
    let taken = take(&mut *camera, 300, |frame| {
        assert_eq!(frame.layout, Layout::packed(PixelFormat::Mono8, 640, 480));
        assert_eq!(frame.data.len(), 640 * 480);
        times.push(frame.time);
    });
    assert!(taken.numbers.is_sorted_by(|a, b| a < b));
    assert!(*taken.numbers.last().unwrap() > 65_535);
    assert_all_accounted_for(&taken, &camera.lost());
    assert!(times.is_sorted_by_key(|time| (time.arrived, time.unix_us)));
    assert!(times.iter().all(|time| time.arrived <= Instant::now()));
}

#[test]
fn pictures_are_whole_and_in_place() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let frame = first_frame(&mut *camera);
    // The simulator draws diagonal ramps modulo 255: each row is the row above, one pixel further.
    let rows: Vec<&[u8]> = frame.data.chunks_exact(frame.layout.planes[0].stride).collect();
    assert_eq!(rows.len(), 480);
    for pair in rows.windows(2) {
        assert_eq!(pair[0][1..], pair[1][..639]);
    }
    assert!(rows[0].iter().collect::<BTreeSet<_>>().len() > 200);
}

#[test]
fn a_camera_is_opened_by_id_and_by_serial_number() {
    let simulator = FakeCamera::start(&[]);
    for name in [simulator.id(), simulator.serial().to_owned()] {
        let mut camera = open_in_the_end(&name);
        assert_eq!(camera.actual().serial.as_deref(), Some(simulator.serial()), "{name}");
        first_frame(&mut *camera);
    }
}

#[test]
fn several_cameras_are_opened_at_once() {
    let simulators = [(); 3].map(|()| FakeCamera::start(&[]));
    let opened = simulators.each_ref().map(|simulator| {
        let address = simulator.address();
        std::thread::spawn(move || first_frame(&mut *open(&address, &wanted()).unwrap()).layout)
    });
    for layout in opened.map(|thread| thread.join().unwrap()) {
        assert_eq!(layout, Layout::packed(PixelFormat::Mono8, 640, 480));
    }
}

#[test]
fn frames_are_the_cameras_own_buffers_and_stay_untouched_while_they_are_held() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let held = first_frame(&mut *camera);
    let copy = held.data.to_vec();
    let mut places = BTreeSet::new();
    take(&mut *camera, 200, |frame| {
        places.insert(frame.data.as_ptr());
    });
    assert!(places.len() < 16, "{} buffers", places.len());
    assert!(!places.contains(&held.data.as_ptr()));
    assert!(held.data == copy);
    drop(camera);
    assert!(held.data == copy, "a frame outlives its camera");
}

#[test]
fn each_format_that_can_be_encoded_has_its_layout() {
    let simulator = FakeCamera::start(&[]);
    for (name, format) in [
        ("Mono8", PixelFormat::Mono8),
        ("Mono16", PixelFormat::Mono16 { bits: 16 }),
        ("RGB8", PixelFormat::Rgb8),
        ("BayerRG8", PixelFormat::Bayer8(BayerOrder::Rggb)),
        ("BayerGR8", PixelFormat::Bayer8(BayerOrder::Grbg)),
        ("BayerGB8", PixelFormat::Bayer8(BayerOrder::Gbrg)),
        ("BayerBG8", PixelFormat::Bayer8(BayerOrder::Bggr)),
    ] {
        let mut camera =
            open(&simulator.address(), &config::Camera { pixel_format: Some(name.into()), ..wanted() }).unwrap();
        let frame = first_frame(&mut *camera);
        assert_eq!(frame.layout, Layout::packed(format, 640, 480), "{name}");
        assert_eq!(frame.data.len(), frame.layout.size(), "{name}");
    }
}

#[test]
fn left_to_itself_a_colour_camera_gives_its_mosaic_in_its_own_size() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &nothing_wanted()).unwrap();
    let layout = first_frame(&mut *camera).layout;
    assert!(matches!(layout.format, PixelFormat::Bayer8(_)));
    assert_eq!((layout.width, layout.height), (512, 512));
}

#[test]
fn a_region_is_a_part_of_the_sensor() {
    let simulator = FakeCamera::start(&[]);
    let region = config::Camera { region: Some([100, 60, 320, 200]), width: None, height: None, ..wanted() };
    let frame = first_frame(&mut *open(&simulator.address(), &region).unwrap());
    assert_eq!((frame.layout.width, frame.layout.height), (320, 200));
    // A size without a region is at the sensor's first pixel again.
    let frame = first_frame(&mut *open(&simulator.address(), &wanted()).unwrap());
    assert_eq!((frame.layout.width, frame.layout.height), (640, 480));
}
