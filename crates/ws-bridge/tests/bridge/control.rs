//! `POST /api/camera/…`: who may, what is passed on, and what comes back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use ws_bridge::Options;

use crate::feeder::{Feeder, bundle, camera};
use crate::in_process::InProcess;
use crate::support::{Bridge, request_to, within};

const JSON: &str = "Content-Type: application/json\r\n";

fn post(path: &str, headers: &str, body: &str) -> String {
    let size = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:8765\r\nConnection: close\r\nContent-Length: {size}\r\n{headers}\r\n{body}"
    )
}

/// Status and answer.
async fn posted(address: &str, request: String) -> (u16, Value) {
    let (head, body) = request_to(address, &request).await;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{head}\n{body}")))
}

/// The same as a task, so that the grabber can be played meanwhile.
fn posting(address: &str, request: String) -> tokio::task::JoinHandle<(u16, Value)> {
    let address = address.to_owned();
    tokio::spawn(async move { posted(&address, request).await })
}

async fn controlled() -> (Bridge, Feeder) {
    let bridge = Bridge::start().await;
    let feeder = Feeder::with_control(&bridge, &[camera(3), camera(5)]).await;
    (bridge, feeder)
}

#[tokio::test]
async fn what_is_asked_reaches_the_grabber_and_its_result_is_the_answer() {
    let (bridge, mut feeder) = controlled().await;
    let set = json!({"width": 1280, "height": 720, "stream_fps": 5.0, "trigger": "Off"});
    for (path, body, asked) in [
        ("/api/camera/start", "", json!({"type": "start", "camera": 3})),
        ("/api/camera/5/stop", "{}", json!({"type": "stop", "camera": 5})),
        (
            "/api/camera/5/config",
            r#"{"resolution":[1280,720],"fps":5,"trigger":"Off"}"#,
            json!({"type": "configure", "camera": 5, "set": set}),
        ),
        (
            "/api/camera/config",
            r#"{"jpeg_quality":50}"#,
            json!({"type": "configure", "camera": 3, "set": {"jpeg_quality": 50}}),
        ),
    ] {
        let answer = posting(&bridge.address, post(path, JSON, body));
        let mut request = feeder.hear().await;
        feeder.grant(&request, json!({"width": 1280})).await;
        request.as_object_mut().unwrap().remove("request");
        assert_eq!(request, asked);
        let granted = json!({"type": "result", "ok": true, "applied": {"width": 1280}});
        assert_eq!(answer.await.unwrap(), (200, granted), "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_gets_a_status_and_a_sentence_and_reaches_no_grabber() {
    let (bridge, mut feeder) = controlled().await;
    let long = format!(r#"{{"jpeg_quality":{}50}}"#, " ".repeat(5000));
    let very_long = format!(r#"{{"jpeg_quality":{}50}}"#, " ".repeat(3 << 20));
    let origin = "Content-Type: application/json\r\nOrigin: http://evil.example\r\n";
    let forwarded_for = "Content-Type: application/json\r\nX-Forwarded-For: 127.0.0.1\r\n";
    let forwarded = "Content-Type: application/json\r\nForwarded: for=127.0.0.1\r\n";
    let config = "/api/camera/3/config";
    let good = r#"{"jpeg_quality":50}"#;
    for (path, headers, body, status, names) in [
        (config, JSON, "{", 400, "no JSON object"),
        (config, JSON, "[]", 400, "no JSON object"),
        (config, JSON, "{}", 400, "nothing to change"),
        (config, JSON, r#"{"jpeg_quality":50,"colour":"red"}"#, 400, "\"colour\" is not known"),
        (config, JSON, r#"{"jpeg_quality":"50"}"#, 400, "jpeg_quality is \"50\""),
        (config, JSON, r#"{"resolution":[640]}"#, 400, "whole pixels"),
        (config, JSON, r#"{"fps":1e9}"#, 400, "0.01 to 1000"),
        (config, JSON, r#"{"fps":5,"stream_fps":6}"#, 400, "one of them"),
        (config, JSON, r#"{"resolution":[640,480],"width":640}"#, 400, "one of the two ways"),
        (config, forwarded_for, good, 403, "x-forwarded-for"),
        (config, forwarded, good, 403, "forwarded"),
        (config, origin, good, 403, "evil.example"),
        ("/api/camera/3/start", "Origin: http://evil.example\r\n", "", 403, "evil.example"),
        ("/api/camera/stop", "Origin: null\r\n", "", 403, "null"),
        ("/api/camera/4/config", JSON, good, 404, "there are: 3, 5"),
        ("/api/camera/front/stop", "", "", 404, "there are: 3, 5"),
        (config, JSON, &long, 413, "4096 bytes"),
        (config, JSON, &very_long, 413, "4096 bytes"),
        (config, "", good, 415, "application/json"),
        (config, "Content-Type: text/plain\r\n", good, 415, "application/json"),
    ] {
        let (got, answer) = posted(&bridge.address, post(path, headers, body)).await;
        let sentence = answer["error"].as_str().unwrap();
        assert_eq!(got, status, "{path} {headers} {body:.80}: {answer}");
        assert!(sentence.contains(names), "{path} {headers} {body:.80}: {sentence}");
        assert_eq!((&answer["type"], &answer["ok"]), (&json!("result"), &json!(false)));
    }
    let broken = "POST /api/camera/config HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                  Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n";
    assert_eq!(posted(&bridge.address, broken.into()).await.0, 400);
    let (head, _) = bridge.get("/api/camera/start").await;
    assert!(head.starts_with("HTTP/1.1 405") && head.contains("allow: POST"), "{head}");

    let _answer = posting(&bridge.address, post("/api/camera/3/start", "", ""));
    assert_eq!(feeder.hear().await["type"], "start", "the first that the grabber hears of");
}

#[tokio::test]
async fn what_the_grabber_refuses_is_422_in_its_words() {
    let (bridge, mut feeder) = controlled().await;
    let answer = posting(&bridge.address, post("/api/camera/3/config", JSON, r#"{"width":7}"#));
    let request = feeder.hear().await;
    feeder.refuse(&request, "width is 7; from 16 to 1920 is allowed").await;
    let refused = json!({"type": "result", "ok": false, "error": "width is 7; from 16 to 1920 is allowed"});
    assert_eq!(answer.await.unwrap(), (422, refused));
}

#[tokio::test]
async fn who_cannot_be_asked_is_503() {
    let (bridge, mut feeder) = controlled().await;
    let mut silent = bridge.feeder().await;
    silent.send(&bundle(0, &[(8, b"bundles alone")])).await;
    bridge.status_when(|status| status["cameras"].as_array().unwrap().len() == 3).await;
    let (status, answer) = posted(&bridge.address, post("/api/camera/8/stop", "", "")).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("takes no requests"), "{answer}");

    let pending = posting(&bridge.address, post("/api/camera/3/stop", "", ""));
    feeder.hear().await;
    drop(feeder);
    for answered in [pending.await.unwrap(), posted(&bridge.address, post("/api/camera/3/stop", "", "")).await] {
        assert_eq!(answered.0, 503, "{}", answered.1);
        assert!(answered.1["error"].as_str().unwrap().contains("is gone"), "{}", answered.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_grabber_is_504_and_what_it_says_later_is_passed_over() {
    let bridge = InProcess::start(Options { answer_within: Duration::from_secs(2), ..Options::default() }).await;
    let mut feeder = bridge.feeder().await;
    feeder.hear().await;
    feeder.report(&[camera(0)]).await;
    bridge.knows_a_camera().await;
    let (status, answer) = posted(&bridge.address, post("/api/camera/stop", "", "")).await;
    assert_eq!(status, 504, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("within 2 s"), "{answer}");
    let late = feeder.hear().await;
    feeder.grant(&late, json!({})).await;

    let answer = posting(&bridge.address, post("/api/camera/start", "", ""));
    let request = feeder.hear().await;
    feeder.grant(&request, json!({})).await;
    assert_eq!(answer.await.unwrap().0, 200);
    bridge.end().await;
}

#[tokio::test]
async fn more_requests_than_can_wait_are_503() {
    let (bridge, mut feeder) = controlled().await;
    let mut waiting = vec![];
    for _ in 0..32 {
        waiting.push(posting(&bridge.address, post("/api/camera/3/stop", "", "")));
    }
    let mut requests = vec![];
    for _ in 0..32 {
        requests.push(feeder.hear().await);
    }
    let (status, answer) = posted(&bridge.address, post("/api/camera/5/stop", "", "")).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("32 requests"), "{answer}");
    for request in &requests {
        feeder.grant(request, json!({})).await;
    }
    for answer in waiting {
        assert_eq!(answer.await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn a_grabber_that_does_not_read_what_it_is_asked_blocks_nothing() {
    let (bridge, mut feeder) = controlled().await;
    let mut viewer = bridge.viewer("").await;
    let long = format!(r#"{{"trigger":"{}"}}"#, "x".repeat(4000));
    for _ in 0..200 {
        // Who asks goes at once, so that there is room for the next one; far more is asked than a socket holds.
        let mut stream = TcpStream::connect(&bridge.address).await.unwrap();
        stream.write_all(post("/api/camera/3/config", JSON, &long).as_bytes()).await.unwrap();
        let sent = bundle(0, &[(3, b"still here")]);
        feeder.send(&sent).await;
        assert_eq!(viewer.bundle().await, sent);
    }
    let mut other = Feeder::with_control(&bridge, &[camera(9)]).await;
    let answer = posting(&bridge.address, post("/api/camera/9/stop", "", ""));
    let request = other.hear().await;
    other.grant(&request, json!({})).await;
    assert_eq!(within("the other grabber's answer", answer).await.unwrap().0, 200);
}
