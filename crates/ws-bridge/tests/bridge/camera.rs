//! `/camera/{id}`: the webcam protocol.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use ws_bridge::Options;

use crate::feeder::{Feeder, bundle, but, camera, in_format, in_size};
use crate::in_process::InProcess;
use crate::support::{Bridge, Viewer};

const JPEG: &[u8] = b"\xFF\xD8 a picture \xFF\xD9";

/// A bridge, a grabber with camera 0 that takes requests, and a client that has had the description.
async fn watched() -> (Bridge, Feeder, Viewer) {
    let bridge = Bridge::start().await;
    let feeder = Feeder::with_control(&bridge, &[camera(0)]).await;
    let viewer = bridge.viewer("camera/0").await;
    (bridge, feeder, viewer)
}

impl Viewer {
    /// The answer to what the client says.
    async fn answer_to(&mut self, said: Value) -> Value {
        self.say(&said.to_string()).await;
        self.text().await
    }
}

fn sentence(answer: &Value) -> &str {
    assert_eq!((&answer["type"], &answer["ok"]), (&json!("result"), &json!(false)), "{answer}");
    answer["error"].as_str().unwrap()
}

#[tokio::test]
async fn the_description_comes_first_and_then_each_jpeg_unchanged() {
    let bridge = Bridge::start().await;
    let mut feeder = Feeder::with_control(&bridge, &[camera(0), camera(1)]).await;
    let mut viewer = Viewer::connect(&bridge.address, "camera/0").await;
    let meta = viewer.text().await;
    let timestamp = meta["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 20 && timestamp.starts_with("20") && timestamp.ends_with('Z'), "{timestamp}");
    let expected = json!({"type": "meta", "camera_id": 0, "width": 640, "height": 480, "fps": 30, "format": "MJPEG",
                          "timestamp": timestamp, "state": "streaming", "cause": null});
    assert_eq!(meta, expected);
    for seq in 0..100 {
        let picture = [JPEG, &vec![seq as u8; 997 * seq]].concat();
        feeder.send(&bundle(seq as u64, &[(1, b"another camera"), (0, &picture)])).await;
        assert_eq!(viewer.message().await, Message::binary(picture));
    }
}

#[tokio::test]
async fn the_description_comes_again_when_size_rate_or_state_changes_and_not_otherwise() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    let counted = but(but(camera(0), "grabbed", 17), "jpeg_quality", 50);
    feeder.report(&[counted, camera(1)]).await;
    feeder.send(&in_format(bundle(0, &[(0, b"raw")]), 7)).await;
    feeder.send(&bundle(1, &[(0, JPEG)])).await;
    assert_eq!(viewer.message().await, Message::binary(JPEG), "nothing that concerns it has changed");

    feeder.send(&in_size(bundle(2, &[(0, b"larger")]), 1280, 720)).await;
    let meta = viewer.text().await;
    assert_eq!((&meta["width"], &meta["height"]), (&json!(1280), &json!(720)));
    assert_eq!(viewer.message().await, Message::binary(&b"larger"[..]));

    feeder.report(&[but(camera(0), "stream_fps", 12.5)]).await;
    assert_eq!(viewer.text().await["fps"], json!(12.5));
    feeder.report(&[but(but(camera(0), "state", "lost"), "cause", "no device")]).await;
    let meta = viewer.text().await;
    assert_eq!((&meta["state"], &meta["cause"]), (&json!("lost"), &json!("no device")));
    drop(feeder);
    assert_eq!(viewer.text().await["cause"], "grabber gone");
}

#[tokio::test]
async fn a_camera_that_is_back_goes_on_on_the_same_connection() {
    let (bridge, feeder, mut viewer) = watched().await;
    drop(feeder);
    assert_eq!(viewer.meta().await["state"], "lost");
    let mut feeder = Feeder::with_control(&bridge, &[camera(0)]).await;
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    assert_eq!(viewer.meta().await["state"], "streaming");
    assert_eq!(viewer.message().await, Message::binary(JPEG));
}

#[tokio::test]
async fn a_slow_client_is_sent_the_newest_and_no_text_about_what_it_missed() {
    let (bridge, mut feeder, mut fast) = watched().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(bridge.address.parse().unwrap()).await.unwrap();
    let mut slow = Viewer::over(stream, &bridge.address, "camera/0").await;
    assert_eq!(slow.text().await["type"], "meta");
    for number in 1..=40 {
        feeder.send(&bundle(number, &[(0, &vec![number as u8; 600_000])])).await;
        fast.message().await;
    }
    let mut seen = vec![];
    while seen.last() != Some(&40) {
        let Message::Binary(picture) = slow.message().await else { panic!("a text") };
        seen.push(picture[0]);
    }
    assert!(seen.len() <= 6, "{seen:?}");
}

#[tokio::test]
async fn each_client_has_its_own_pace() {
    let (bridge, mut feeder, mut all) = watched().await;
    let mut some = bridge.viewer("camera/0").await;
    let mut few = bridge.viewer("camera/0?fps=1").await;
    let answer = some.answer_to(json!({"type": "config", "data": {"fps": 10}})).await;
    assert_eq!(answer, json!({"type": "result", "ok": true, "applied": {"fps": 10}}));
    assert_eq!(some.text().await["fps"], 10, "what this client gets now");
    let answer = all.answer_to(json!({"type": "config", "fps": 60})).await;
    assert_eq!(answer["applied"], json!({"fps": 30}), "at most what is streamed");
    let status = bridge.status().await;
    let mut paces: Vec<_> = status["clients"].as_array().unwrap().iter().map(|client| client["fps"].as_u64()).collect();
    paces.sort_unstable();
    assert_eq!(paces, [Some(1), Some(10), Some(60)], "{status}");

    let begin = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(33));
    for number in 1..=60 {
        ticks.tick().await;
        feeder.send(&bundle(number, &[(0, &[number as u8])])).await;
        assert_eq!(all.message().await, Message::binary(vec![number as u8]), "every one");
    }
    let lasted = begin.elapsed().as_secs_f64();
    for (viewer, fps, least) in [(&mut some, 10.0, 10), (&mut few, 1.0, 1)] {
        feeder.send(&in_size(bundle(61, &[(0, b"the end")]), 64, 48)).await; // tells where to stop counting
        let mut got = 0;
        while let Message::Binary(_) = viewer.message().await {
            got += 1;
        }
        assert!(got >= least && f64::from(got) <= 2.0 + fps * lasted, "{got} at {fps} in {lasted} s");
    }
}

#[tokio::test]
async fn what_is_about_the_camera_is_passed_on_and_answered_in_order() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    for said in [
        json!({"type": "config", "fps": 15, "resolution": [1280, 720], "jpeg_quality": 70}),
        json!({"type": "config", "data": {"exposure_us": 800, "gain_db": 1.5}}),
        json!({"type": "config", "resolution": [640]}),
    ] {
        viewer.say(&said.to_string()).await;
    }
    let first = feeder.hear().await;
    assert_eq!((&first["type"], &first["camera"]), (&json!("configure"), &json!(0)));
    assert_eq!(first["set"], json!({"width": 1280, "height": 720, "jpeg_quality": 70}));
    let second = feeder.hear().await;
    assert_eq!(second["set"], json!({"exposure_us": 800.0, "gain_db": 1.5}));
    assert_ne!(first["request"], second["request"]);

    feeder.grant(&second, json!({"exposure_us": 796.5, "gain_db": 1.5})).await;
    feeder.grant(&first, json!({"width": 1280, "height": 720, "jpeg_quality": 70})).await;
    let answer = viewer.text().await;
    assert_eq!(answer["applied"], json!({"fps": 15, "resolution": [1280, 720], "jpeg_quality": 70}), "{answer}");
    let mut then = viewer.text().await;
    if then["type"] == "meta" {
        then = viewer.text().await;
    }
    assert_eq!(then["applied"], json!({"exposure_us": 796.5, "gain_db": 1.5}));
    assert!(sentence(&viewer.text().await).contains("resolution is [640]"), "a client tells answers by their order");
}

#[tokio::test]
async fn what_was_set_a_moment_ago_can_be_taken_back() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    viewer.message().await;
    for (size, quality) in [([1280, 720], 50), ([640, 480], 80)] {
        let set = json!({"width": size[0], "height": size[1], "jpeg_quality": quality});
        viewer.say(&json!({"type": "config", "resolution": size, "jpeg_quality": quality}).to_string()).await;
        let request = feeder.hear().await;
        assert_eq!(request["set"], set, "its last frame and its last report are older than that");
        feeder.grant(&request, set).await;
        assert_eq!(viewer.text().await["applied"], json!({"resolution": size, "jpeg_quality": quality}));
    }
}

#[tokio::test]
async fn what_the_grabber_refuses_changes_nothing_and_is_said_in_its_words() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    viewer.say(r#"{"type":"config","fps":5,"resolution":[99999,1]}"#).await;
    let request = feeder.hear().await;
    feeder.refuse(&request, "width is 99999; from 16 to 1920 is allowed").await;
    assert_eq!(sentence(&viewer.text().await), "width is 99999; from 16 to 1920 is allowed");
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    assert_eq!(viewer.message().await, Message::binary(JPEG), "no new description: its pace is as it was");
}

#[tokio::test]
async fn who_may_not_change_cameras_may_still_have_a_pace() {
    let (bridge, mut feeder, _) = watched().await;
    let forwarded = ("x-forwarded-for", "192.0.2.9");
    let mut viewer = Viewer::with_header(&bridge.address, "camera/0", forwarded).await;
    viewer.text().await;
    let refused = viewer.answer_to(json!({"type": "config", "fps": 5, "jpeg_quality": 10})).await;
    assert!(sentence(&refused).contains("was forwarded (x-forwarded-for)"), "{refused}");
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    assert_eq!(viewer.message().await, Message::binary(JPEG), "no new description: its pace is as it was");

    let as_it_is = json!({"type": "config", "fps": 5, "resolution": [640, 480], "jpeg_quality": 80});
    let answer = viewer.answer_to(as_it_is).await;
    assert_eq!(answer["applied"], json!({"fps": 5, "resolution": [640, 480], "jpeg_quality": 80}), "{answer}");

    let mut own = bridge.viewer("camera/0").await;
    own.say(r#"{"type":"config","jpeg_quality":60}"#).await;
    assert_eq!(feeder.hear().await["set"], json!({"jpeg_quality": 60}), "the first that the grabber hears of");
}

#[tokio::test]
async fn what_cannot_be_gets_its_sentence_and_the_connection_stays() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    for (said, names) in [
        (json!({"type": "config", "resolution": [640]}), "whole pixels"),
        (json!({"type": "config", "width": null}), "width is null"),
        (json!({"type": "config", "fps": 1e9}), "0.01 to 1000"),
        (json!({"type": "config", "jpeg_quality": "high"}), "jpeg_quality is \"high\""),
        (json!({"type": "config", "colour": "red"}), "\"colour\" is not known"),
        (json!({"type": "config", "fps": 5, "padding": "x".repeat(10_000)}), "at most 4096"),
        (json!({"type": "konfig"}), "only \"config\""),
        (json!(7), "JSON object"),
    ] {
        let answer = viewer.answer_to(said).await;
        assert!(sentence(&answer).contains(names), "{answer}");
    }
    let answer = viewer.answer_to(json!({"type": "config", "fps": 5, "colour": "red"})).await;
    assert_eq!((&answer["ok"], &answer["applied"]), (&json!(true), &json!({"fps": 5})));
    assert!(answer["error"].as_str().unwrap().contains("\"colour\" is not known"), "{answer}");
    assert_eq!(viewer.text().await["fps"], 5);
    assert_eq!(viewer.answer_to(json!({"type": "time", "t0": 1})).await["type"], "time");
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    assert_eq!(viewer.message().await, Message::binary(JPEG));
}

#[tokio::test]
async fn more_changes_than_can_wait_are_refused_at_once() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    for quality in 1..=9 {
        viewer.say(&json!({"type": "config", "jpeg_quality": quality}).to_string()).await;
    }
    assert!(sentence(&viewer.text().await).contains("8 changes wait"), "the ninth");
    for quality in 1..=8 {
        let request = feeder.hear().await;
        assert_eq!(request["set"]["jpeg_quality"], quality);
        feeder.grant(&request, request["set"].clone()).await;
        assert_eq!(viewer.text().await["applied"]["jpeg_quality"], quality);
    }
    viewer.say(r#"{"type":"config","jpeg_quality":10}"#).await;
    assert_eq!(feeder.hear().await["set"]["jpeg_quality"], 10);
}

#[tokio::test]
async fn a_change_that_nobody_can_carry_out_any_more_is_answered() {
    let (_bridge, mut feeder, mut viewer) = watched().await;
    viewer.say(r#"{"type":"config","jpeg_quality":10}"#).await;
    feeder.hear().await;
    drop(feeder);
    let mut texts = [viewer.text().await, viewer.text().await];
    texts.sort_by_key(|text| text["type"] == "result");
    assert_eq!(texts[0]["state"], "lost");
    assert!(sentence(&texts[1]).contains("grabber of camera 0 is gone"), "{}", texts[1]);
    let answer = viewer.answer_to(json!({"type": "config", "jpeg_quality": 11})).await;
    assert!(sentence(&answer).contains("is gone"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_grabber_does_not_make_the_bridge_silent() {
    let bridge = InProcess::start(Options { answer_within: Duration::from_secs(2), ..Options::default() }).await;
    let mut feeder = bridge.feeder().await;
    feeder.hear().await;
    feeder.report(&[camera(0)]).await;
    let mut viewer = bridge.viewer_of("camera/0").await;
    let answer = viewer.answer_to(json!({"type": "config", "jpeg_quality": 11})).await;
    assert!(sentence(&answer).contains("has not answered within 2 s"), "{answer}");
    bridge.end().await;
}

#[tokio::test]
async fn a_change_is_passed_on_though_its_client_goes_at_once() {
    let (_bridge, mut feeder, viewer) = watched().await;
    let said = json!({"type": "config", "jpeg_quality": 33});
    viewer.say_and_go(&said.to_string()).await;
    assert_eq!(feeder.hear().await["set"], json!({"jpeg_quality": 33}));
}

#[tokio::test]
async fn connections_end_as_those_of_every_bundle_do() {
    let (mut bridge, _feeder, mut viewer) = watched().await;
    let mut binary = bridge.viewer("camera/0").await;
    binary.send(Message::binary(JPEG)).await;
    assert_eq!(binary.closed().await.0, 1003);
    let mut leaving = bridge.viewer("camera/0").await;
    leaving.send(Message::Close(None)).await;
    leaving.gone().await;
    let (status, (code, _)) = tokio::join!(bridge.terminate("TERM"), viewer.closed());
    assert_eq!((status.code(), code), (Some(0), 1001));
}

#[tokio::test]
async fn what_gets_no_websocket_is_told_why() {
    let (bridge, _feeder, _viewer) = watched().await;
    let upgrade = "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (line, headers, status, names) in [
        ("GET /camera/0 HTTP/1.1", "Connection: close\r\n", 400, "/stream/0"),
        ("GET /camera/5 HTTP/1.1", upgrade, 404, "there are: 0"),
        ("GET /camera/0?fps=0 HTTP/1.1", upgrade, 400, "0.01 to 1000"),
        ("HEAD /camera/0 HTTP/1.1", upgrade, 400, ""),
        ("GET /camera/0 HTTP/1.0", upgrade, 400, "HTTP/1.1"),
        ("GET / HTTP/1.0", upgrade, 400, "HTTP/1.1"),
    ] {
        let (head, body) = bridge.request(&format!("{line}\r\nHost: {}\r\n{headers}\r\n", bridge.address)).await;
        assert!(head.contains(&format!(" {status} ")) && body.contains(names), "{line}: {head} {body}");
    }
    let foreign = format!("{upgrade}Origin: http://evil.example\r\n");
    let (head, _) = bridge.request(&format!("GET /camera/0 HTTP/1.1\r\nHost: x\r\n{foreign}\r\n")).await;
    assert!(head.contains(" 403 "), "{head}");
}
