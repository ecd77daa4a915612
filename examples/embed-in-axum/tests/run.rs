//! The example as somebody runs it: everything works under its path, for its own pictures and a grabber's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use frame_bundle::{BUNDLE_PACKET_MAGIC, BundleBuilder, Frame, FrameBundle, PixelFormat};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;

/// Far longer than anything takes on a busy machine; what waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// The running example; it is killed when this is dropped.
struct Example {
    process: Child,
    address: String,
}

impl Example {
    async fn start(socket: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_embed-in-axum"));
        command.arg("127.0.0.1:0").arg(socket).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = within("the line with the address", out.next_line()).await.unwrap().unwrap();
        let address = line.strip_prefix("pictures at http://").unwrap().strip_suffix("/cams/").unwrap();
        Self { address: address.into(), process }
    }

    /// Status and head, in small letters, and body.
    async fn get(&self, path: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        within("an answer", stream.read_to_end(&mut answer)).await.unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase(), answer[end + 4..].to_vec())
    }

    /// A picture of a camera, as soon as there is one.
    async fn picture(&self, path: &str) -> Vec<u8> {
        within("a picture", async {
            loop {
                let (head, body) = self.get(path).await;
                if head.starts_with("http/1.1 200") {
                    assert!(head.contains("content-type: image/jpeg"), "{head}");
                    return body;
                }
                assert!(["404", "503"].iter().any(|status| head.contains(status)), "{head}");
            }
        })
        .await
    }
}

/// Width and height as a JPEG of jpeg-encoder says them.
fn size(jpeg: &[u8]) -> (u16, u16) {
    let header = jpeg.windows(4).position(|four| four == b"\xFF\xC0\x00\x11").unwrap();
    let side = |at| u16::from_be_bytes([jpeg[header + at], jpeg[header + at + 1]]);
    (side(7), side(5))
}

#[tokio::test]
async fn the_page_and_all_that_it_needs_are_under_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let example = Example::start(&folder.path().join("cam.sock")).await;

    let (head, _) = example.get("/cams").await;
    assert!(head.starts_with("http/1.1 307") && head.contains("location: ./cams/\r\n"), "{head}");
    let (head, page) = example.get("/cams/").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/html"), "{head}");
    let page = String::from_utf8(page).unwrap();
    let linked: Vec<&str> =
        page.split(['"', '\'']).filter(|word| word.ends_with(".mjs") || word.ends_with(".css")).collect();
    assert!(!linked.is_empty());
    for link in linked {
        assert!(!link.starts_with('/') && !link.contains(':'), "{link} is not relative");
        let (head, _) = example.get(&format!("/cams/{link}")).await;
        assert!(head.starts_with("http/1.1 200"), "{link}: {head}");
    }

    let url = format!("ws://{}/cams/", example.address);
    let stream = TcpStream::connect(&example.address).await.unwrap();
    let (mut viewer, _) = within("a WebSocket", tokio_tungstenite::client_async(url, stream)).await.unwrap();
    let meta = within("the description", viewer.next()).await.unwrap().unwrap();
    assert!(meta.to_text().unwrap().contains("\"meta\""), "{meta}");
    let mut last = None;
    while last < Some(2) {
        if let Message::Binary(bundle) = within("a bundle", viewer.next()).await.unwrap().unwrap() {
            let bundle = FrameBundle::parse(bundle).unwrap();
            assert_eq!(size(&bundle.frame(0).unwrap().data), (640, 480));
            assert!(Some(bundle.seq()) > last);
            last = Some(bundle.seq());
        }
    }
}

#[tokio::test]
async fn newest_and_small_frames_are_there_over_http_and_as_values() {
    let folder = tempfile::tempdir().unwrap();
    let example = Example::start(&folder.path().join("cam.sock")).await;
    assert_eq!(size(&example.picture("/cams/api/frame").await), (640, 480));
    assert_eq!(size(&example.picture("/cams/api/frame/0?size=320x320").await), (320, 240));
    let (head, text) = example.get("/").await;
    let text = String::from_utf8(text).unwrap();
    assert!(head.starts_with("http/1.1 200") && text.starts_with("camera 0: 640x480, "), "{head}\n{text}");
    assert!(text.contains("fitted into 160x160: "), "{text}");
    let (head, _) = example.get("/api/frame").await;
    assert!(head.starts_with("http/1.1 404"), "the application's own paths stay its own: {head}");
}

#[tokio::test]
async fn a_grabber_brings_further_cameras_and_the_end_leaves_no_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    let mut example = Example::start(&socket).await;

    let data = example.picture("/cams/api/frame/0").await;
    let frame =
        Frame { camera_id: 9, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data: data.clone().into() };
    let payload = BundleBuilder::new(0, 0).frame(frame).build().unwrap();
    let mut grabber = UnixStream::connect(&socket).await.unwrap();
    let packet = [&BUNDLE_PACKET_MAGIC.to_le_bytes(), &(payload.len() as u32).to_le_bytes(), &payload[..]].concat();
    grabber.write_all(&packet).await.unwrap();
    assert_eq!(example.picture("/cams/api/frame/9").await, data);

    let pid = example.process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    assert_eq!(within("the end", example.process.wait()).await.unwrap().code(), Some(0));
    assert!(!socket.exists());
}
