//! The search for cameras. A program of its own, as it opens every camera that is free.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

#[path = "genicam/fake_camera.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod fake_camera;
#[path = "genicam/taking.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod taking;

use std::time::Instant;

use cam_grabber::capture::discover::{FoundSize, Transport, cameras};
use fake_camera::FakeCamera;
use taking::{SOON, assert_all_accounted_for, first_frame, open, take, wanted};

#[test]
fn a_search_finds_cameras_with_what_they_offer_and_leaves_those_in_use_alone() {
    let free = FakeCamera::start(&[]);
    let used = FakeCamera::start(&[]);
    let mut camera = open(&used.address(), &wanted()).unwrap();
    take(&mut *camera, 10, drop);

    let asked = Instant::now();
    let found = cameras();
    assert!(asked.elapsed() < SOON);

    let find = |serial: &str| found.iter().find(|found| found.serial.as_deref() == Some(serial)).unwrap();
    let (free_found, used_found) = (find(free.serial()), find(used.serial()));
    assert_eq!((free_found.source, free_found.transport), ("genicam", Transport::Gige));
    assert_eq!(free_found.device, free.address());
    assert_eq!(free_found.address.as_deref(), Some(&*free.address()));
    assert_eq!(free_found.model.as_deref(), Some("Fake"));
    assert_eq!(free_found.controlled_by_other, Some(false));
    let mono = free_found.formats.iter().find(|format| format.pixel_format == "Mono8").unwrap();
    assert_eq!(mono.sizes, [FoundSize { width: (1, 2048), height: (1, 2048), fps: Some((0.1, 1000.0)) }]);
    assert_eq!(used_found.controlled_by_other, Some(true));

    let taken = take(&mut *camera, 100, drop);
    assert_all_accounted_for(&taken, &camera.lost());
    // What was found can be put into the configuration as it is.
    first_frame(&mut *open(&free_found.device, &wanted()).unwrap());
}
