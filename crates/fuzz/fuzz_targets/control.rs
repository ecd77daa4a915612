//! Control messages in both directions. What is read, written and read again is the same; whatever a grabber says of its
//! cameras, viewers are told of them in sound JSON, and Prometheus in lines that it takes.
#![no_main]

use std::collections::{BTreeSet, HashSet};
use std::fmt::Debug;
use std::sync::Arc;

use frame_bundle::control::{self, CameraState, FromBridge, FromGrabber};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use ws_bridge::fuzzing;
use ws_bridge::hub::Hub;
use ws_bridge::scene::Peer;

fuzz_target!(|payload: &[u8]| {
    if let Some(message) = read::<FromBridge>(payload)
        && message != FromBridge::Unknown
    {
        is_written_as_it_was_read(&message);
    }
    if let Some(message) = read::<FromGrabber>(payload)
        && message != FromGrabber::Unknown
    {
        is_written_as_it_was_read(&message);
        if let FromGrabber::State { session, demo, cameras } = message {
            show(&session, demo, &cameras);
        }
    }
});

fn read<M: for<'a> Deserialize<'a>>(payload: &[u8]) -> Option<M> {
    match control::read(payload) {
        Ok(message) => Some(message),
        Err(bad) => {
            assert!(bad.to_string().starts_with("control message: "));
            None
        }
    }
}

fn is_written_as_it_was_read<M: Debug + PartialEq + Serialize + for<'a> Deserialize<'a>>(message: &M) {
    let written = control::write(message).expect("what was read can be written");
    let again: M = control::read(&written).expect("what was written can be read");
    assert_eq!(&again, message);
    assert_eq!(control::write(&again).expect("it was written before"), written);
}

/// Shows cameras as a bridge does that has just been told of them.
fn show(session: &str, demo: bool, cameras: &[CameraState]) {
    let hub = Arc::new(Hub::default());
    let grabber = hub.attach(Peer { pid: None, uid: 0 });
    grabber.report(session, demo, cameras).expect("nobody else has cameras");
    let scene = hub.scene();
    let meta: serde_json::Value = serde_json::from_slice(&scene.meta.text).expect("viewers are sent JSON");
    let mut expected = BTreeSet::new();
    for camera in cameras {
        if camera.is_removed() {
            expected.remove(&camera.camera)
        } else {
            expected.insert(camera.camera)
        };
    }
    let told = meta["cameras"].as_array().expect("a list").iter().filter_map(|camera| camera["camera_id"].as_u64());
    assert!(told.eq(expected.into_iter().map(u64::from)));

    // What is counted in one life is added to what was in those before.
    for life in ["another life", session] {
        grabber.report(life, demo, cameras).expect("nobody else has cameras");
    }
    check_metrics(&fuzzing::metrics_of_grabbers(&hub));
}

/// Prometheus refuses all of it where a line is none, or a value stands there twice.
fn check_metrics(text: &str) {
    let mut seen = HashSet::new();
    for line in text.split_terminator('\n').filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a value stands in each line");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(seen.insert(series), "{series} stands there twice");
        let Some((_, labels)) = series.split_once('{') else { continue };
        let mut labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line} is cut"));
        while !labels.is_empty() {
            let (_, value) = labels.split_once("=\"").unwrap_or_else(|| panic!("{line} has a label without a value"));
            let end = end_of_value(value).unwrap_or_else(|| panic!("{line} has a label without its end"));
            labels = &value[end + 1..];
            labels = labels.strip_prefix(',').unwrap_or(labels);
        }
    }
}

/// Where the quote stands that ends a label's value.
fn end_of_value(value: &str) -> Option<usize> {
    let mut is_escaped = false;
    value.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(at)
    })
}
