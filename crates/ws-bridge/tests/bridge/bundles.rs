//! What comes in over the Unix socket goes out over the WebSocket.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::feeder::{Feeder, bundle, parse, sender_block};
use crate::support::Bridge;

#[tokio::test]
async fn bundles_arrive_byte_for_byte_in_order() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut viewer = bridge.viewer("").await;
    for seq in 0..200_u64 {
        let picture = vec![seq as u8; 1 + 997 * seq as usize];
        let mut sent = bundle(seq, &[(0, &picture), (7, b""), (255, b"\xFF\xD8\xFF\xD9")]);
        sent.extend(sender_block(42));
        sent.extend([0x99, 0x99, 0, 0, 3, 0, 0, 0, 1, 2, 3]); // a block that nobody knows
        feeder.send(&sent).await;
        assert!(viewer.bundle().await == sent, "bundle {seq}");
    }
}

#[tokio::test]
async fn the_cameras_are_described_first_and_again_when_something_changes() {
    let bridge = Bridge::start().await;
    let mut viewer = crate::support::Viewer::connect(&bridge.address, "").await;
    let nothing = json!({"type": "meta", "protocol": "framebundle", "version": 1, "demo": false, "cameras": []});
    assert_eq!(viewer.text().await, nothing);

    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(3, b"x")])).await;
    let described = json!([{"camera_id": 3, "name": null, "width": 640, "height": 480, "fps": null,
                            "state": "streaming", "cause": null}]);
    assert_eq!(viewer.text().await["cameras"], described);

    drop(feeder);
    let lost = &viewer.text().await["cameras"][0];
    assert_eq!((&lost["state"], &lost["cause"]), (&json!("lost"), &json!("grabber gone")));
}

#[tokio::test]
async fn a_grabber_with_control_describes_its_cameras_itself() {
    let bridge = Bridge::start().await;
    let mut viewer = bridge.viewer("").await;
    let mut feeder = bridge.feeder().await;
    assert_eq!(feeder.hear().await, json!({"type": "hello", "versions": [1], "features": ["control"]}));

    let camera = |state: &str, cause: Option<&str>| {
        json!({"camera": 4, "name": "Front gate", "source": "genicam", "state": state, "cause": cause,
               "requested": {"width": 1280}, "actual": {"width": 640, "height": 480, "fps": 400.0, "pixel_format": "Mono8"},
               "jpeg_quality": 80, "stream_fps": 15.0, "grabbed": 1, "encoded": 1, "dropped": {}, "limits": {"gain": [0, 1]}})
    };
    feeder.say(&json!({"type": "state", "session": "9", "demo": true, "cameras": [camera("streaming", None)]})).await;
    let meta = viewer.meta().await;
    let described = json!([{"camera_id": 4, "name": "Front gate", "width": 640, "height": 480, "fps": 15,
                            "state": "streaming", "cause": null}]);
    assert_eq!((&meta["demo"], &meta["cameras"]), (&json!(true), &described));

    feeder.say(&json!({"type": "a later version's"})).await;
    feeder
        .say(&json!({"type": "state", "session": "9", "demo": true, "cameras": [camera("lost", Some("no device"))]}))
        .await;
    let camera = &viewer.meta().await["cameras"][0];
    assert_eq!((&camera["state"], &camera["cause"]), (&json!("lost"), &json!("no device")));
}

#[tokio::test]
async fn a_viewer_that_keeps_up_gets_every_bundle_of_two_grabbers() {
    let bridge = Bridge::start().await;
    let (mut front, mut back) = (bridge.feeder().await, bridge.feeder().await);
    let mut viewer = bridge.viewer("").await;
    for seq in 0..50 {
        let (first, second) = (bundle(seq, &[(0, b"front"), (1, b"front")]), bundle(1000 + seq, &[(2, b"back")]));
        front.send(&first).await;
        assert_eq!(viewer.bundle().await, first);
        back.send(&second).await;
        assert_eq!(viewer.bundle().await, second);
    }
    let status = bridge.status().await;
    assert_eq!(status["clients"][0]["skipped"], 0);
    assert_eq!(status["grabbers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn of_two_grabbers_that_send_at_their_own_pace_no_bundle_is_missing_either() {
    const BUNDLES: u64 = 90;
    let bridge = Bridge::start().await;
    let mut viewer = bridge.viewer("").await;
    // Each at its own pace, but none before its last one has come: of two at once, who is late sees the newer.
    let (front_came, back_came) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(1)));
    let send = |mut feeder: Feeder, came: Arc<Semaphore>, begin: Instant, first: u64, camera: u8| async move {
        let mut ticks = interval_at(begin, Duration::from_secs(1) / 30);
        for seq in first..first + BUNDLES {
            ticks.tick().await;
            came.acquire().await.unwrap().forget();
            feeder.send(&bundle(seq, &[(camera, &[seq as u8; 45_000])])).await;
        }
        feeder
    };
    let now = Instant::now();
    let front = tokio::spawn(send(bridge.feeder().await, front_came.clone(), now, 0, 0));
    let later = now + Duration::from_millis(5);
    let back = tokio::spawn(send(bridge.feeder().await, back_came.clone(), later, 1000, 7));

    let (mut of_front, mut of_back) = (Vec::new(), Vec::new());
    while of_front.len() + of_back.len() < 2 * BUNDLES as usize {
        let came = viewer.bundle().await;
        let (seq, pictures) = parse(&came);
        let camera = pictures[0].0;
        assert!(came == bundle(seq, &[(camera, &[seq as u8; 45_000])]), "bundle {seq} of camera {camera}");
        let (of, came) = if camera == 0 { (&mut of_front, &front_came) } else { (&mut of_back, &back_came) };
        of.push(seq);
        came.add_permits(1);
    }
    assert_eq!(of_front, (0..BUNDLES).collect::<Vec<_>>());
    assert_eq!(of_back, (1000..1000 + BUNDLES).collect::<Vec<_>>());
    let _still_connected = (front.await.unwrap(), back.await.unwrap());
    assert_eq!(bridge.status().await["clients"][0]["skipped"], 0);
}

#[tokio::test]
async fn a_newcomer_sees_every_camera_at_once() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut first = bridge.viewer("").await;
    let sent = [bundle(0, &[(0, b"a"), (1, b"b")]), bundle(1, &[(0, b"c")])];
    for bundle in &sent {
        feeder.send(bundle).await;
        first.bundle().await;
    }
    let mut newcomer = bridge.viewer("").await;
    assert_eq!([newcomer.bundle().await, newcomer.bundle().await], sent);
}

#[tokio::test]
async fn only_the_cameras_that_were_asked_for_come() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut viewer = bridge.viewer("?cameras=1,9").await;
    let mut sent = bundle(5, &[(0, b"zero"), (1, b"one"), (2, b"two")]);
    sent.extend(sender_block(77));
    feeder.send(&sent).await;
    let mut expected = bundle(5, &[(1, b"one")]);
    expected.extend(sender_block(77));
    assert_eq!(viewer.bundle().await, expected);

    feeder.send(&bundle(6, &[(0, b"zero")])).await;
    let last = bundle(7, &[(1, b"one")]);
    feeder.send(&last).await;
    assert_eq!(viewer.bundle().await, last);
}

#[tokio::test]
async fn a_pace_thins_out_evenly_and_is_not_called_a_drop() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let (mut all, mut some) = (bridge.viewer("").await, bridge.viewer("?fps=10").await);
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay); // no bursts, of which a pace takes one
    for seq in 0..100 {
        ticks.tick().await;
        feeder.send(&bundle(seq, &[(0, b"x")])).await;
        all.bundle().await;
    }
    let mut seqs = vec![];
    while seqs.last().is_none_or(|last| *last < 90) {
        seqs.push(parse(&some.bundle().await).0);
    }
    let at_most = 2.0 + 10.0 * begin.elapsed().as_secs_f64();
    assert!(seqs.len() >= 10 && seqs.len() as f64 <= at_most, "{seqs:?} in {:?}", begin.elapsed());
    let status = bridge.status().await;
    let some = status["clients"].as_array().unwrap().iter().find(|client| client["fps"] == 10);
    assert_eq!(some.expect("the one with a pace")["skipped"], 0, "{status}");
}

#[tokio::test]
async fn a_recorder_gets_every_bundle_even_in_bursts() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut recorder = bridge.viewer("?delivery=every").await;
    let sent: Vec<Vec<u8>> = (0..150).map(|seq| bundle(seq, &[(0, &[seq as u8; 20_000])])).collect();
    for bundle in &sent {
        feeder.send(bundle).await;
    }
    for (seq, expected) in sent.iter().enumerate() {
        assert!(recorder.bundle().await == *expected, "bundle {seq}");
    }
}

#[tokio::test]
async fn the_bridges_clock_can_be_asked() {
    let bridge = Bridge::start().await;
    let mut viewer = bridge.viewer("").await;
    viewer.say("what is this?").await;
    viewer.say(r#"{"type":"time","t0":123456.789}"#).await;
    let answer = viewer.text().await;
    assert_eq!((&answer["type"], &answer["t0"]), (&json!("time"), &json!(123456.789)));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    let bridge_us = answer["bridge_us"].as_u64().unwrap();
    assert!(now >= bridge_us && now - bridge_us < 20_000_000, "{bridge_us} against {now}");
}
