//! Requests that are carried out, what they disturb, and how long they last.

use std::collections::BTreeMap;
use std::time::Duration;

use frame_bundle::control::{FromBridge, Settings};
use tokio::time::Instant;

use crate::bridge::{Bridge, Heard, configure, pattern, pipeline, size};

#[tokio::test]
async fn requests_for_a_camera_are_carried_out_in_their_order() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge.frame_where(0, |_| true).await;
    for round in 0..20 {
        bridge.say(&FromBridge::Stop { request: 2 * round, camera: 0 }).await;
        bridge.say(&FromBridge::Start { request: 2 * round + 1, camera: 0 }).await;
        assert_eq!(bridge.result_of(2 * round + 1).await, Ok(Settings::default()));
        bridge.frame_where(0, |_| true).await;
    }
}

#[tokio::test]
async fn a_stopped_camera_rests_until_it_is_started_while_the_others_go_on() {
    let mut bridge = Bridge::start(&(pattern(0) + &pattern(1))).await;
    bridge.frame_where(0, |_| true).await;
    bridge.stop(1, 0).await;
    // One bundle may have been under way, and one more frame be left until the camera is closed.
    bridge.frames(1, 2).await;
    for _ in 0..30 {
        if let Heard::Bundle(bundle) = bridge.hear().await {
            assert!(bundle.frame(0).is_none() && bundle.frame(1).is_some());
        }
    }
    bridge.say(&FromBridge::Start { request: 2, camera: 0 }).await;
    bridge.frame_where(0, |_| true).await;
}

#[tokio::test]
async fn two_changes_right_after_each_other_both_hold() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge.frame_where(0, |_| true).await;
    let size = Settings { width: Some(320), height: Some(240), ..Settings::default() };
    let rate = Settings { camera_fps: Some(20.0), ..Settings::default() };
    bridge.say(&configure(1, 0, size.clone())).await;
    bridge.say(&configure(2, 0, rate.clone())).await;
    assert_eq!(bridge.result_of(2).await, Ok(rate));
    bridge.frame_where(0, |frame| (frame.width, frame.height) == (320, 240)).await;
    bridge
        .state_where(0, |camera| {
            (camera.requested.width, camera.requested.fps, camera.actual.width) == (Some(320), Some(20.0), Some(320))
        })
        .await;
}

/// The frame numbers of all cameras in what was heard until something is heard for which this holds.
async fn until(bridge: &mut Bridge, numbers: &mut BTreeMap<u8, Vec<u64>>, holds: impl Fn(&Heard) -> bool) {
    loop {
        let heard = bridge.hear().await;
        if let Heard::Bundle(bundle) = &heard {
            for info in bundle.capture_infos() {
                numbers.entry(info.camera_id).or_default().push(info.frame_number);
            }
        }
        if holds(&heard) {
            return;
        }
    }
}

#[tokio::test]
async fn while_a_camera_is_reconfigured_stopped_and_started_the_others_miss_no_frame() {
    // Slow enough that each of their frames is streamed, also on a busy machine.
    let others = pattern(1)
        + "fps = 1\n"
        + &pipeline(2, "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120,framerate=1/1");
    let mut bridge = Bridge::start(&(pattern(0) + &others)).await;
    for camera in [0, 1, 2] {
        bridge.frame_where(camera, |_| true).await;
    }
    let rate = |fps| Settings { camera_fps: Some(fps), ..Settings::default() };
    let mut numbers = BTreeMap::new();
    for request in (0..).step_by(10).take(5) {
        for change in [
            configure(request, 0, size(1280, 720)),
            configure(request + 1, 0, rate(60.0)),
            FromBridge::Stop { request: request + 2, camera: 0 },
            configure(request + 3, 0, size(320, 240)),
            configure(request + 4, 0, rate(30.0)),
            FromBridge::Start { request: request + 5, camera: 0 },
        ] {
            bridge.say(&change).await;
        }
        let is_answer =
            |heard: &Heard| matches!(heard, Heard::Result { request: it, outcome: Ok(_) } if *it == request + 5);
        until(&mut bridge, &mut numbers, is_answer).await;
        // And a frame of each, so that there are some between the changes.
        for camera in [0, 1, 2] {
            let has_frame = |heard: &Heard| matches!(heard, Heard::Bundle(bundle) if bundle.frame(camera).is_some());
            until(&mut bridge, &mut numbers, has_frame).await;
        }
    }
    for camera in [1, 2] {
        let of_camera = &numbers[&camera];
        assert!(of_camera.windows(2).all(|pair| pair[1] == pair[0] + 1), "camera {camera}: {of_camera:?}");
    }
}

#[tokio::test]
async fn a_new_size_is_seen_within_two_seconds() {
    let any_size = pipeline(1, "videotestsrc is-live=true ! video/x-raw,format=I420,framerate=30/1");
    let mut bridge = Bridge::start(&(pattern(0) + &any_size)).await;
    for camera in [0, 1] {
        bridge.frame_where(camera, |_| true).await;
        let mut took = Vec::new();
        for (width, height) in [(1280, 720), (640, 480)] {
            let asked = Instant::now();
            let applied = bridge.configured(camera.into(), camera, size(width, height)).await;
            assert_eq!(applied, Ok(size(width, height)));
            bridge.frame_where(camera, |frame| (frame.width, frame.height) == (width, height)).await;
            took.push(asked.elapsed());
        }
        println!("camera {camera}: seen after {took:?}");
        // The shorter: a busy machine may hold one up.
        assert!(took.iter().min() < Some(&Duration::from_secs(2)), "camera {camera}: seen after {took:?}");
    }
}

#[tokio::test]
async fn what_was_set_and_a_stop_last_over_a_restart_of_the_bridge_and_not_of_the_grabber() {
    let mut bridge = Bridge::start(&(pattern(0) + &pattern(1))).await;
    bridge.frame_where(0, |_| true).await;
    bridge.frame_where(1, |_| true).await;
    bridge.stop(1, 0).await;
    let set = Settings { stream_fps: Some(5.0), jpeg_quality: Some(33), ..size(320, 240) };
    bridge.configured(2, 1, set).await.unwrap();

    let mut bridge = bridge.restart().await;
    // The first that is said of each.
    let stopped = bridge.state_where(0, |_| true).await;
    assert_eq!(stopped.state, "stopped");
    for _ in 0..10 {
        bridge.frame_where(1, |frame| (frame.width, frame.height) == (320, 240)).await;
    }
    let changed = bridge.state_where(1, |_| true).await;
    assert_eq!((changed.stream_fps, changed.jpeg_quality, changed.requested.width), (5.0, 33, Some(320)));
    bridge.say(&FromBridge::Start { request: 3, camera: 0 }).await;
    bridge.frame_where(0, |_| true).await;
    bridge.say(&FromBridge::Stop { request: 4, camera: 0 }).await;
    bridge.result_of(4).await.unwrap();

    let mut bridge = bridge.restart_grabber().await;
    bridge.frame_where(0, |_| true).await;
    let as_configured = bridge.state_where(1, |_| true).await;
    let (stream_fps, quality) = (as_configured.stream_fps, as_configured.jpeg_quality);
    assert_eq!((stream_fps, quality, as_configured.requested.width), (30.0, 80, Some(160)));
}
