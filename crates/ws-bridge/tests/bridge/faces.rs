//! The faces that are plain HTTP, and the requests that get none.

use serde_json::json;

use crate::feeder::bundle;
use crate::support::{Bridge, Viewer};

fn upgrade(address: &str, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn the_page_and_what_it_loads_come_with_their_types() {
    let bridge = Bridge::start().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/viewer.css", "text/css"),
        ("/viewer.mjs", "text/javascript"),
    ] {
        let (head, body) = bridge.get(path).await;
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-type: {kind}")) && head.contains("cache-control: no-cache"), "{head}");
        assert!(!body.is_empty());
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let bridge = Bridge::start().await;
    let (head, body) = bridge.get("/nowhere").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert!(body.contains("nothing at /nowhere"), "{body}");
    let (head, body) =
        bridge.request("POST /api/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 405") && body.contains("GET"), "{head}{body}");
}

#[tokio::test]
async fn the_status_has_the_fields_of_the_original_and_the_rest_beside_them() {
    let bridge = Bridge::start().await;
    let status = bridge.status().await;
    let first = |status: &serde_json::Value| {
        ["camera_id", "width", "height", "fps", "is_running", "frame_available", "smframe_available"]
            .map(|key| status[key].clone())
    };
    assert_eq!(first(&status), [json!(0), json!(0), json!(0), json!(0), json!(false), json!(false), json!(false)]);
    assert_eq!((&status["cameras"], &status["clients"], &status["grabbers"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));

    let mut feeder = bridge.feeder().await;
    let state = json!({"type": "state", "session": "9", "demo": false, "cameras": [
        {"camera": 2, "name": "Yard", "state": "streaming", "stream_fps": 12.5, "source": "v4l2", "dropped": {"encoder busy": 3}}]});
    feeder.say(&state).await;
    let mut viewer = bridge.viewer("?cameras=2").await;
    let sent = bundle(0, &[(2, b"\xFF\xD8\xFF\xD9")]);
    feeder.send(&sent).await;
    viewer.bundle().await;

    // A bundle is counted once it is written, which may be after it was read.
    let status = bridge.status_when(|status| status["clients"][0]["bundles"] == 1).await;
    assert_eq!(first(&status), [json!(2), json!(640), json!(480), json!(12.5), json!(true), json!(true), json!(true)]);
    let camera = &status["cameras"][0];
    assert_eq!((&camera["name"], &camera["frames"], &camera["grabber"]), (&json!("Yard"), &json!(1), &json!(1)));
    assert_eq!(camera["reported"]["dropped"], json!({"encoder busy": 3}));
    let grabber = &status["grabbers"][0];
    assert_eq!(
        (&grabber["pid"], &grabber["bundles"], &grabber["bytes"]),
        (&json!(std::process::id()), &json!(1), &json!(sent.len()))
    );
    assert_eq!((&grabber["control"], &grabber["cameras"]), (&json!(true), &json!([2])));
    let client = &status["clients"][0];
    assert_eq!((&client["path"], &client["cameras"], &client["bundles"]), (&json!("/"), &json!([2]), &json!(1)));
}

#[tokio::test]
async fn health_tells_life_from_readiness() {
    let bridge = Bridge::start().await;
    assert_eq!(bridge.get("/healthz").await.1, "ok\n");
    let (head, body) = bridge.get("/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503") && body.contains("no grabber"), "{head} {body}");

    let mut feeder = bridge.feeder().await;
    let mut viewer = bridge.viewer("").await;
    feeder.send(&bundle(0, &[(0, b"x")])).await;
    viewer.bundle().await;
    let (head, body) = bridge.get("/readyz").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; charset=utf-8"), "{head}");
    assert_eq!(body, "frames are flowing\n");
}

#[tokio::test]
async fn a_page_from_elsewhere_gets_no_websocket() {
    let bridge = Bridge::start().await;
    let asked = upgrade(&bridge.address, "/", "Origin: http://evil.example\r\n");
    let (head, body) = bridge.request(&asked.replace("Connection: Upgrade", "Connection: Upgrade, close")).await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(body.contains("evil.example"), "{body}");
}

#[tokio::test]
async fn a_bad_handshake_or_query_is_refused_before_the_upgrade() {
    let bridge = Bridge::start().await;
    let good = upgrade(&bridge.address, "/", "");
    for (request, names) in [
        (good.replace("GET / ", "GET /?fps=1e9 "), "0.01 to 1000"),
        (good.replace("GET / ", "GET /?cameras=x "), "0 to 255"),
        (good.replace("Version: 13", "Version: 8"), "sec-websocket-version: 13"),
        (good.replace("dGhlIHNhbXBsZSBub25jZQ==", "short"), "Sec-WebSocket-Key"),
    ] {
        let (head, body) = bridge.request(&request.replace("Connection: Upgrade", "Connection: Upgrade, close")).await;
        assert!(head.starts_with("HTTP/1.1 400"), "{head}");
        assert!(head.contains(names) || body.contains(names), "{head} {body}");
    }
}

#[tokio::test]
async fn when_all_places_are_taken_the_next_one_is_told_to_come_back() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients = 1\n").await;
    let first = bridge.viewer("").await;
    let (head, body) = bridge
        .request(&upgrade(&bridge.address, "/", "").replace("Connection: Upgrade", "Connection: Upgrade, close"))
        .await;
    assert!(head.starts_with("HTTP/1.1 503") && head.to_ascii_lowercase().contains("retry-after:"), "{head}");
    assert!(body.contains("max_clients"), "{body}");
    drop(first);
    bridge.logs(&["viewer gone"]).await;
    Viewer::connect(&bridge.address, "").await;
}
