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
use taking::{SOON, assert_all_accounted_for, first_frame, open, open_in_the_end, take, wanted};

#[test]
fn a_search_finds_cameras_with_what_they_offer_and_leaves_those_in_use_alone() {
    let free = FakeCamera::start(&[]);
    let used = FakeCamera::start(&[]);
    let mut camera = open(&used.address(), &wanted()).unwrap();
    take(&mut *camera, 10, drop);

    let began = Instant::now();
    let free_found = loop {
        let asked = Instant::now();
        let found = cameras();
        assert!(asked.elapsed() < SOON);
        let find = |serial: &str, controlled: bool| {
            let of_serial = found.iter().find(|found| found.serial.as_deref() == Some(serial));
            of_serial.filter(|found| found.controlled_by_other == Some(controlled)).cloned()
        };
        // One that is held up for as long as a search takes is not in it, or not with all that it would say; and the
        // next search may find that this one has it open.
        if let (Some(free), Some(_)) = (find(free.serial(), false), find(used.serial(), true)) {
            break free;
        }
        assert!(began.elapsed() < 2 * SOON, "{found:?}");
    };
    assert_eq!((free_found.source, free_found.transport), ("genicam", Transport::Gige));
    assert_eq!(free_found.device, free.address());
    assert_eq!(free_found.address.as_deref(), Some(&*free.address()));
    assert_eq!(free_found.model.as_deref(), Some("Fake"));
    let mono = free_found.formats.iter().find(|format| format.pixel_format == "Mono8").unwrap();
    assert_eq!(mono.sizes, [FoundSize { width: (1, 2048), height: (1, 2048), fps: Some((0.1, 1000.0)) }]);

    let taken = take(&mut *camera, 100, drop);
    assert_all_accounted_for(&taken, &camera.lost());
    // What was found can be put into the configuration as it is.
    first_frame(&mut *open_in_the_end(&free_found.device));
}
