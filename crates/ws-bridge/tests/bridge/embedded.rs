//! The router in another server, which gives its connections away for WebSockets alone.

use std::time::Duration;

use frame_bundle::{BundleBuilder, Frame, FrameBundle, PixelFormat};
use tokio::net::TcpListener;
use ws_bridge::scene::Peer;
use ws_bridge::{Bridge, Options};

use crate::multipart::Mjpeg;
use crate::support::{Viewer, request_to, status, within};

/// A server that knows nothing of ours, with the bridge's faces under `/cams`.
async fn serve(bridge: &Bridge) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().nest("/cams/", bridge.router());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn bundle(seq: u64, data: &'static [u8]) -> FrameBundle {
    let frame = Frame { camera_id: 0, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data: data.into() };
    FrameBundle::parse(BundleBuilder::new(seq, seq).frame(frame).build().unwrap()).unwrap()
}

#[tokio::test]
async fn a_stream_is_a_body_in_chunks() {
    let bridge = Bridge::new(Options { max_clients: 1, ..Options::default() });
    let grabber = bridge.hub().attach(Peer { pid: None, uid: 0 });
    grabber.publish(&bundle(0, b"first")).unwrap();
    let address = serve(&bridge).await;
    let mut stream = Mjpeg::open(&address, "/cams/stream/0").await;
    assert!(stream.head.starts_with("http/1.1 200") && stream.head.contains("chunked"), "{}", stream.head);
    assert!(stream.head.contains("boundary=frame") && stream.head.contains("x-accel-buffering: no"));
    assert_eq!(stream.part().await.data, b"first");
    for seq in 1..20 {
        grabber.publish(&bundle(seq, b"and on")).unwrap();
        assert_eq!(stream.part().await.data, b"and on");
    }
    let clients = status(&address, "/cams/api/status").await["clients"].clone();
    assert_eq!((&clients[0]["path"], &clients[0]["bundles"]), (&"/stream/0".into(), &20.into()), "{clients}");
    let one_more = "GET /cams/stream/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(request_to(&address, one_more).await.0.contains(" 503 "));

    let (_, ()) = tokio::join!(bridge.close(), stream.end());
}

#[tokio::test]
async fn its_place_is_free_when_the_reader_has_gone() {
    let bridge = Bridge::new(Options { max_clients: 1, ..Options::default() });
    let grabber = bridge.hub().attach(Peer { pid: None, uid: 0 });
    grabber.publish(&bundle(0, b"first")).unwrap();
    let address = serve(&bridge).await;
    for _ in 0..3 {
        Mjpeg::open(&address, "/cams/stream/0").await.part().await;
        within("the place is free", async {
            while status(&address, "/cams/api/status").await["clients"] != serde_json::json!([]) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_websocket_is_opened_by_an_upgrade() {
    let bridge = Bridge::new(Options::default());
    let grabber = bridge.hub().attach(Peer { pid: None, uid: 0 });
    grabber.publish(&bundle(0, b"first")).unwrap();
    let address = serve(&bridge).await;
    let mut all = Viewer::connect(&address, "cams/").await;
    let mut one = Viewer::connect(&address, "cams/camera/0").await;
    assert_eq!(all.text().await["protocol"], "framebundle");
    assert_eq!(one.text().await["format"], "MJPEG");
    assert_eq!(all.bundle().await, *bundle(0, b"first").payload());
    assert_eq!(one.bundle().await, b"first");
    grabber.publish(&bundle(1, b"second")).unwrap();
    assert_eq!(all.bundle().await, *bundle(1, b"second").payload());
    assert_eq!(one.bundle().await, b"second");
    one.say(r#"{"type":"config","jpeg_quality":50}"#).await;
    let refused = one.text().await;
    assert!(refused["error"].as_str().unwrap().contains("not known where"), "{refused}");
    let (_, code) = tokio::join!(bridge.close(), all.closed());
    assert_eq!(code.0, 1001);
}
