//! Cameras that are not there, are taken, die, hang, or lose frames.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cam_grabber::capture::{Camera, CameraError, Cause, Grabbed};

use crate::fake_camera::FakeCamera;
use crate::taking::{SOON, assert_all_accounted_for, first_frame, open, open_in_the_end, take, take_until, wanted};

/// A register: not 0 while somebody controls the camera.
const CONTROL_PRIVILEGE: u32 = 0x0A00;

#[test]
fn a_camera_that_is_not_there_is_no_device() {
    let simulator = FakeCamera::start(&[]);
    let asked = Instant::now();
    let error = open("127.77.0.200", &wanted()).err().unwrap();
    assert_eq!(error.cause, Cause::NoDevice);
    assert!(error.message.contains("127.77.0.200"), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(2));

    let asked = Instant::now();
    loop {
        let error = open("ABSENT", &wanted()).err().unwrap();
        assert_eq!(error.cause, Cause::NoDevice);
        assert!(error.message.contains("ABSENT"), "{error}");
        // A camera that is held up for as long as a search takes is not in it.
        if error.message.contains(&simulator.id()) {
            break;
        }
        assert!(asked.elapsed() < 2 * SOON, "{error}");
    }
}

#[test]
fn cameras_that_do_not_answer_do_not_delay_the_opening_of_another() {
    let mutes = [(); 4].map(|()| FakeCamera::start(&[]));
    let simulator = FakeCamera::start(&[]);
    mutes.iter().for_each(FakeCamera::pause);
    let refused = mutes.each_ref().map(|mute| {
        let address = mute.address();
        std::thread::spawn(move || open(&address, &wanted()).err().unwrap())
    });
    // One after the other they would take aravis 10 s.
    let asked = Instant::now();
    first_frame(&mut *open(&simulator.address(), &wanted()).unwrap());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    for thread in refused {
        assert_eq!(thread.join().unwrap().cause, Cause::NoDevice);
    }
}

#[test]
fn a_camera_that_somebody_controls_is_busy_and_not_disturbed() {
    let simulator = FakeCamera::start(&[]);
    let mut theirs = open(&simulator.address(), &wanted()).unwrap();
    take(&mut *theirs, 10, drop);

    let error = open(&simulator.address(), &wanted()).err().unwrap();
    assert_eq!(error.cause, Cause::Busy);
    assert!(error.message.contains(&simulator.address()), "{error}");

    let taken = take(&mut *theirs, 50, drop);
    assert_all_accounted_for(&taken, &theirs.lost());
    drop(theirs);
    first_frame(&mut *open(&simulator.address(), &wanted()).unwrap());
}

#[test]
fn a_camera_whose_controller_was_killed_is_free_again_although_it_is_asked_all_the_time() {
    let simulator = FakeCamera::start(&[]);
    let mut other = Command::new("arv-camera-test-0.8");
    other.args(["-n", &simulator.address()]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut other = other.spawn().expect("apt-get install aravis-tools-cli");
    let deadline = Instant::now() + SOON;
    while simulator.register(CONTROL_PRIVILEGE) == 0 {
        assert!(Instant::now() < deadline, "the other controller never came");
        std::thread::yield_now();
    }
    assert_eq!(open(&simulator.address(), &wanted()).err().unwrap().cause, Cause::Busy);
    other.kill().unwrap();
    other.wait().unwrap();
    first_frame(&mut *open_in_the_end(&simulator.address()));
}

/// What `grab` says in the end, once no frame comes any more.
fn until_lost(camera: &mut dyn Camera) -> CameraError {
    let deadline = Instant::now() + 2 * SOON;
    loop {
        assert!(Instant::now() < deadline, "nothing noticed");
        if let Err(error) = camera.grab(Duration::from_millis(100)) {
            return error;
        }
    }
}

#[test]
fn a_camera_that_dies_is_lost_and_opens_when_it_is_back() {
    let mut simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    take(&mut *camera, 20, drop);
    simulator.kill();

    let error = until_lost(&mut *camera);
    assert_eq!(error.cause, Cause::ControlLost);
    assert!(error.message.contains(&simulator.address()), "{error}");
    drop(camera);
    assert_eq!(open(&simulator.address(), &wanted()).err().unwrap().cause, Cause::NoDevice);

    simulator.switch_on_again();
    first_frame(&mut *open(&simulator.address(), &wanted()).unwrap());
}

#[test]
fn a_dead_camera_is_closed_soon_and_the_goodbyes_do_not_disturb_it_when_it_is_back() {
    let mut simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    take(&mut *camera, 20, drop);
    simulator.kill();
    let killed = Instant::now();
    drop(camera);
    // One register access of a dead camera takes 2.5 s; closing makes several.
    assert!(killed.elapsed() < Duration::from_millis(2400), "{:?}", killed.elapsed());

    simulator.switch_on_again();
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    // Three goodbyes, 2.5 to 5 s each: time has to pass. A frame that is not taken is one that never came or was counted.
    let back = Instant::now();
    let taken = take_until(&mut *camera, |_| back.elapsed() > Duration::from_secs(9), drop);
    assert_all_accounted_for(&taken, &camera.lost());
}

#[test]
fn a_camera_that_was_stopped_is_lost_and_opens_when_it_goes_on() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    take(&mut *camera, 20, drop);
    simulator.pause();
    assert_eq!(until_lost(&mut *camera).cause, Cause::ControlLost);
    simulator.go_on();
    drop(camera);
    first_frame(&mut *open_in_the_end(&simulator.address()));
}

#[test]
fn frames_that_find_all_buffers_held_are_an_underrun_and_not_a_hang() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let mut held = Vec::new();
    let before = take(&mut *camera, 16, |frame| held.push(frame));
    let deadline = Instant::now() + SOON;
    while camera.statistics()["underrun packets"] < 100 {
        assert!(Instant::now() < deadline, "no underrun");
        assert!(matches!(camera.grab(Duration::from_millis(20)).unwrap(), Grabbed::Nothing));
    }
    // Frames are dropped wherever they were used.
    std::thread::spawn(move || drop(held)).join().unwrap();
    let after = take(&mut *camera, 20, drop);

    let lost = camera.lost();
    assert!(lost["underrun"] > 0, "{lost:?}");
    let sent = after.numbers.last().unwrap() - before.numbers[0] + 1;
    let grabbed = (before.numbers.len() + after.numbers.len()) as u64;
    let incomplete = before.incomplete + after.incomplete_before + after.incomplete;
    assert_eq!(sent, grabbed + incomplete + lost.values().sum::<u64>());
}

#[test]
fn frames_with_lost_packets_are_counted_by_cause_and_not_delivered() {
    let simulator = FakeCamera::start(&["-r", "3"]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let taken = take(&mut *camera, 300, |frame| assert_eq!(frame.data.len(), 640 * 480));
    assert!(taken.incomplete > 0);
    assert!(camera.statistics()["missing packets"] > 0);
    assert_all_accounted_for(&taken, &camera.lost());
}
