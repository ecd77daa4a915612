//! `/metrics`: each value moves when it should, and no counter goes back.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::net::TcpSocket;
use tokio::time::sleep;

use crate::feeder::{Feeder, bundle, but, camera};
use crate::slow::recorder_that_is_behind;
use crate::support::{Bridge, Viewer, request_to, within};

/// Grabbers that may be connected at a time, from the bridge's own constants.
const MAX_GRABBERS: usize = 64;

/// Values by their names with labels.
type Metrics = BTreeMap<String, f64>;

/// One value as it is now.
pub(crate) async fn value_at(address: &str, name: &str) -> f64 {
    metrics_at(address).await[name]
}

async fn metrics(bridge: &Bridge) -> Metrics {
    metrics_at(&bridge.address).await
}

async fn metrics_at(address: &str) -> Metrics {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let (head, body) = request_to(address, &request).await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    let samples = body.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap());
    samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The metrics as soon as this one has this value; a test that waits in vain fails.
async fn until(bridge: &Bridge, name: &str, value: f64) -> Metrics {
    within(&format!("{name} {value}"), async {
        loop {
            let now = metrics(bridge).await;
            if now.get(name) == Some(&value) {
                return now;
            }
            sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_a_grabber_counts_is_told_of_each_camera_over_all_its_lives() {
    let bridge = Bridge::start().await;
    let histogram = json!({"count": 10, "sum": 2500, "buckets": [[100, 4], [1000, 9]]});
    let counted = json!({"camera": 3, "name": "North \"gate\"", "source": "v4l2", "state": "streaming",
        "grabbed": 40, "encoded": 10, "dropped": {"incomplete": 2}, "statistics": {"stalls": 1},
        "stages": {"select_us": histogram, "wait_us": histogram, "encode_us": histogram, "write_us": histogram}});
    let labels = r#"camera="3",name="North \"gate\"""#;
    let name = |name: &str, more: &str| format!("cameracast_camera_{name}{{{labels}{more}}}");

    let feeder = Feeder::with_control(&bridge, std::slice::from_ref(&counted)).await;
    let now = metrics(&bridge).await;
    assert_eq!(now[&name("grabbed_frames_total", "")], 40.0);
    assert_eq!(now[&name("encoded_frames_total", "")], 10.0);
    assert_eq!(now[&name("dropped_frames_total", r#",cause="incomplete""#)], 2.0);
    assert_eq!(now[&name("events_total", r#",event="stalls""#)], 1.0);
    for stage in ["select", "wait", "encode", "write"] {
        let bucket = |le: &str| now[&name("stage_seconds_bucket", &format!(r#",stage="{stage}",le="{le}""#))];
        assert_eq!((bucket("0.0001"), bucket("0.001"), bucket("+Inf")), (4.0, 9.0, 10.0));
        assert_eq!(now[&name("stage_seconds_sum", &format!(r#",stage="{stage}""#))], 0.0025);
        assert_eq!(now[&name("stage_seconds_count", &format!(r#",stage="{stage}""#))], 10.0);
    }
    let state = |now: &Metrics, state: &str| now[&name("state", &format!(r#",state="{state}""#))];
    assert_eq!((state(&now, "streaming"), state(&now, "lost")), (1.0, 0.0));

    // The grabber goes and comes back, and counts from zero.
    drop(feeder);
    let now = until(&bridge, &name("state", r#",state="lost""#), 1.0).await;
    assert_eq!(now[&name("grabbed_frames_total", "")], 40.0);
    let mut feeder = bridge.feeder().await;
    feeder.hear().await;
    let again = but(but(counted, "grabbed", 7), "encoded", 1);
    feeder.say(&json!({"type": "state", "session": "another", "demo": false, "cameras": [again]})).await;
    let now = until(&bridge, &name("grabbed_frames_total", ""), 47.0).await;
    assert_eq!(now[&name("encoded_frames_total", "")], 11.0);
    assert_eq!(now[&name("dropped_frames_total", r#",cause="incomplete""#)], 4.0);
    assert_eq!(now[&name("stage_seconds_count", r#",stage="write""#)], 20.0);
}

#[tokio::test]
async fn frames_and_bundles_are_counted_as_they_come_and_go_out() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut viewer = bridge.viewer("").await;
    let mut sent = 0;
    for seq in 0..5 {
        let bundle = bundle(seq, &[(0, b"\xFF\xD8\xFF\xD9"), (7, b"x")]);
        sent += bundle.len();
        feeder.send(&bundle).await;
        viewer.bundle().await;
    }
    let heads = 5 * 2; // of the WebSocket's messages
    let delivered = (sent + heads) as f64;
    let now = until(&bridge, r#"cameracast_delivered_bytes_total{face="bundles"}"#, delivered).await;
    assert_eq!(now[r#"cameracast_delivered_bundles_total{face="bundles"}"#], 5.0);
    for name in [
        r#"cameracast_camera_received_frames_total{camera="0",name="Camera 0"}"#,
        r#"cameracast_camera_received_frames_total{camera="7",name="Camera 7"}"#,
        "cameracast_received_bundles_total",
        r#"cameracast_grabber_bundles_total{connection="1"}"#,
    ] {
        assert_eq!(now[name], 5.0, "{name}");
    }
    for name in ["cameracast_received_bytes_total", r#"cameracast_grabber_bytes_total{connection="1"}"#] {
        assert_eq!(now[name], sent as f64, "{name}");
    }
    assert!(now[r#"cameracast_camera_frame_age_seconds{camera="0",name="Camera 0"}"#] < 20.0);
    assert_eq!(now[r#"cameracast_camera_state{camera="0",name="Camera 0",state="streaming"}"#], 1.0);
    assert_eq!((now["cameracast_grabbers"], now[r#"cameracast_clients{face="bundles"}"#]), (1.0, 1.0));

    // Who is gone leaves what it got and sent.
    drop((viewer, feeder));
    until(&bridge, r#"cameracast_clients{face="bundles"}"#, 0.0).await;
    let now = until(&bridge, "cameracast_grabbers", 0.0).await;
    assert_eq!(now[r#"cameracast_client_connections_total{face="bundles"}"#], 1.0);
    assert_eq!(now[r#"cameracast_delivered_bundles_total{face="bundles"}"#], 5.0);
    assert_eq!(now["cameracast_received_bundles_total"], 5.0);
    assert!(!now.contains_key(r#"cameracast_grabber_bundles_total{connection="1"}"#));
}

#[tokio::test]
async fn each_face_counts_its_own_clients() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(0, b"\xFF\xD8\xFF\xD9")])).await;
    bridge.status_when(|status| status["cameras"][0]["frames"] == 1).await;
    let _bundles = bridge.viewer("").await;
    let _camera = Viewer::connect(&bridge.address, "camera/0").await;
    let _stream = crate::multipart::Mjpeg::open(&bridge.address, "/stream/0").await;
    for face in ["bundles", "camera", "stream"] {
        until(&bridge, &format!(r#"cameracast_clients{{face="{face}"}}"#), 1.0).await;
        until(&bridge, &format!(r#"cameracast_delivered_bundles_total{{face="{face}"}}"#), 1.0).await;
    }
}

#[tokio::test]
async fn who_is_turned_away_is_counted_by_the_reason() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients = 1\n").await;
    let refused = |who: &str, reason: &str| format!(r#"cameracast_refused_total{{who="{who}",reason="{reason}"}}"#);
    let before = metrics(&bridge).await;
    let mut feeder = Feeder::with_control(&bridge, &[camera(0)]).await;
    let _viewer = bridge.viewer("").await;
    bridge.get("/stream/0").await;
    let handshake =
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let foreign = "Connection: Upgrade, close\r\nOrigin: http://evil.example\r\n";
    bridge.request(&format!("GET / HTTP/1.1\r\nHost: x\r\n{foreign}{handshake}\r\n")).await;
    let forwarded = "Connection: close\r\nX-Forwarded-For: ::1\r\nContent-Length: 0\r\n";
    bridge.request(&format!("POST /api/camera/stop HTTP/1.1\r\nHost: x\r\n{forwarded}\r\n")).await;

    let mut bad = bridge.feeder().await;
    bad.send_raw(&[7; 8]).await;
    bad.closed().await;
    let mut second = bridge.feeder().await;
    second.send(&bundle(0, &[(0, b"x")])).await;
    second.closed().await;
    feeder.send(&bundle(0, &[(0, b"x")])).await;

    for (who, reason) in [
        ("client", "max_clients"),
        ("client", "origin"),
        ("client", "control"),
        ("grabber", "malformed"),
        ("grabber", "camera_taken"),
    ] {
        assert_eq!(before[&refused(who, reason)], 0.0, "{reason}");
        until(&bridge, &refused(who, reason), 1.0).await;
    }
}

#[tokio::test]
async fn who_wants_too_much_or_shows_a_wrong_token_is_counted() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients_per_address = 1\ncontrol_token = \"turn\"\n").await;
    let refused = |who: &str, reason: &str| format!(r#"cameracast_refused_total{{who="{who}",reason="{reason}"}}"#);
    let mut grabbers = vec![Feeder::with_control(&bridge, &[camera(0)]).await];
    let _viewer = bridge.viewer("").await;
    bridge.get("/stream/0").await;
    bridge.get("/api/status?token=tern").await;
    let before = metrics(&bridge).await;
    assert_eq!(before[&refused("client", "max_clients_per_address")], 1.0);
    assert_eq!(before[&refused("client", "wrong_token")], 1.0);
    assert_eq!(before[&refused("client", "connections")], 0.0);
    assert_eq!(before[&refused("grabber", "max_grabbers")], 0.0);

    let mut held = Vec::new();
    for _ in 0..30 {
        let elsewhere = TcpSocket::new_v4().unwrap();
        elsewhere.bind(([127, 0, 0, 2], 0).into()).unwrap();
        held.push(elsewhere.connect(bridge.address.parse().unwrap()).await.unwrap());
    }
    for _ in 0..MAX_GRABBERS {
        grabbers.push(bridge.feeder().await);
    }
    until(&bridge, &refused("grabber", "max_grabbers"), 1.0).await;
    bridge.logs(&["connection turned away", "max_clients_per_address"]).await;
    assert!(metrics(&bridge).await[&refused("client", "connections")] >= 1.0);
}

#[tokio::test]
async fn a_recorder_that_is_too_slow_is_counted() {
    let bridge = Bridge::start().await;
    let (_others, mut recorder) = recorder_that_is_behind(&bridge, 100, 1_000_000).await;
    recorder.closed().await;
    until(&bridge, "cameracast_recorder_overruns_total", 1.0).await;
}

#[tokio::test]
async fn the_process_tells_of_itself() {
    let bridge = Bridge::start().await;
    let now = metrics(&bridge).await;
    assert_eq!(now[&format!(r#"cameracast_build_info{{version="{}"}}"#, env!("CARGO_PKG_VERSION"))], 1.0);
    let resident = now["process_resident_memory_bytes"] / 1024.0;
    assert!((resident - bridge.memory() as f64).abs() < 4096.0, "{resident} KiB");
    assert!(now["process_cpu_seconds_total"] > 0.0 && now["process_start_time_seconds"] > 1.7e9);
    let files = now["process_open_fds"];
    assert!(files < now["process_max_fds"]);
    let mut viewers = vec![];
    for _ in 0..5 {
        viewers.push(bridge.viewer("").await);
    }
    assert!(metrics(&bridge).await["process_open_fds"] >= files + 4.0);
}
