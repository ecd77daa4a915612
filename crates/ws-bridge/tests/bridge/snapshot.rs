//! `/api/frame`: the newest picture, and small ones made of it.

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use ws_bridge::{Listening, Options};

use crate::feeder::{Feeder, bundle};
use crate::support::{Bridge, within};

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: String,
    body: Bytes,
}

impl Answer {
    /// A header, by its name in small letters.
    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn ask(address: &str, method: &str, path: &str, more: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    within("an answer", stream.read_to_end(&mut answer)).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: Bytes::from(answer).slice(end + 4..) }
}

async fn get(bridge: &Bridge, path: &str) -> Answer {
    ask(&bridge.address, "GET", path, "").await
}

fn picture(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let pixels: Vec<u8> = (0..usize::from(width) * usize::from(height)).map(|at| (at % 251) as u8).collect();
    Encoder::new(&mut jpeg, 90).encode(&pixels, width, height, ColorType::Luma).unwrap();
    jpeg
}

/// The size that a JPEG of ours says that it has: all of them have their frame header as baseline JPEGs have it.
fn size(jpeg: &[u8]) -> (u16, u16) {
    let header = jpeg.windows(4).position(|four| four == b"\xFF\xC0\x00\x0B").unwrap();
    let side = |at| u16::from_be_bytes([jpeg[header + at], jpeg[header + at + 1]]);
    (side(7), side(5))
}

/// A bridge that has shown a bundle.
async fn shown(pictures: &[(u8, &[u8])]) -> (Bridge, Feeder) {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, pictures)).await;
    bridge.status_when(|status| status["cameras"].as_array().unwrap().len() == pictures.len()).await;
    (bridge, feeder)
}

fn unix_seconds() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

#[tokio::test]
async fn the_newest_picture_comes_as_it_was_sent_and_says_which_it_is() {
    let (front, back) = (picture(64, 48), picture(32, 32));
    let begin = unix_seconds();
    let (bridge, _feeder) = shown(&[(7, &front), (2, &back)]).await;
    let first = get(&bridge, "/api/frame").await;
    assert_eq!((first.status, &first.body[..]), (200, &back[..]), "{}", first.head);
    assert_eq!(first.header("content-type"), Some("image/jpeg"));
    assert_eq!(first.header("content-length"), Some(&*back.len().to_string()));
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    assert_eq!((first.header("x-camera-id"), first.header("x-frame-number")), (Some("2"), None));
    let timestamp = first.header("x-timestamp").unwrap();
    assert_eq!(timestamp.split_once('.').unwrap().1.len(), 6, "{timestamp}");
    assert!((begin..=unix_seconds()).contains(&timestamp.parse().unwrap()), "{timestamp} is not when it came");

    let other = get(&bridge, "/api/frame/7").await;
    assert_eq!((&other.body[..], other.header("x-camera-id")), (&front[..], Some("7")));
}

#[tokio::test]
async fn when_and_which_it_was_is_what_the_grabber_says() {
    let (bridge, mut feeder) = shown(&[(0, b"\xFF\xD8\xFF\xD9")]).await;
    let mut told = bundle(1, &[(0, b"\xFF\xD8 next \xFF\xD9")]);
    told.extend([1, 0, 0, 0, 28, 0, 0, 0, 24, 0, 0, 0]);
    told.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    told.extend(1_700_000_000_000_042_u64.to_le_bytes());
    told.extend(987_654_u64.to_le_bytes());
    feeder.send(&told).await;
    bridge.status_when(|status| status["cameras"][0]["frames"] == 2).await;
    let answer = get(&bridge, "/api/frame/0").await;
    let said = (answer.header("x-timestamp"), answer.header("x-frame-number"));
    assert_eq!(said, (Some("1700000000.000042"), Some("987654")));
}

#[tokio::test]
async fn who_has_the_picture_already_is_told_so() {
    let (bridge, mut feeder) = shown(&[(0, &picture(64, 48))]).await;
    let ask_again =
        async |path: &str, etag: &str| ask(&bridge.address, "GET", path, &format!("If-None-Match: {etag}\r\n")).await;
    let paths = ["/api/frame/0", "/api/frame/0?size=32x32"];
    let mut etags = vec![];
    for path in paths {
        let etag = get(&bridge, path).await.header("etag").unwrap().to_owned();
        let again = ask_again(path, &etag).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(&*etag)));
        etags.push(etag);
    }
    assert_ne!(etags[0], etags[1]);
    feeder.send(&bundle(1, &[(0, &picture(64, 48))])).await;
    bridge.status_when(|status| status["cameras"][0]["frames"] == 2).await;
    for (path, etag) in paths.iter().zip(&etags) {
        assert_eq!(ask_again(path, etag).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_head_request_gets_the_head() {
    let sent = picture(64, 48);
    let (bridge, _feeder) = shown(&[(0, &sent)]).await;
    let head = ask(&bridge.address, "HEAD", "/api/frame", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(&*sent.len().to_string()));
    let refused = ask(&bridge.address, "POST", "/api/frame", "Content-Length: 0\r\n").await;
    assert_eq!(refused.status, 405);
}

#[tokio::test]
async fn small_frames_fit_or_are_stretched() {
    let (bridge, _feeder) = shown(&[(0, &picture(640, 480))]).await;
    for (query, expected) in [
        ("size=320x320", (320, 240)),
        ("size=320x320&stretch=1", (320, 320)),
        ("size=4096x16", (21, 16)),
        ("size=1280x1280", (1280, 960)),
    ] {
        let answer = get(&bridge, &format!("/api/frame?{query}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{query}");
        assert_eq!(size(&answer.body), expected, "{query}");
        assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    }
}

#[tokio::test]
async fn what_cannot_be_given_is_refused_with_a_sentence() {
    let bridge = Bridge::start().await;
    let none = get(&bridge, "/api/frame").await;
    assert_eq!((none.status, none.header("retry-after")), (503, Some("1")), "{}", none.text());
    assert_eq!(get(&bridge, "/api/frame/0").await.status, 404);

    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(3, b"\xFF\xD8 no picture \xFF\xD9"), (4, b"")])).await;
    bridge.status_when(|status| status["cameras"].as_array().unwrap().len() == 2).await;
    for (path, status, names) in [
        ("/api/frame/0", 404, "there is no camera 0: there are 3, 4"),
        ("/api/frame/front", 404, "there is no camera front: there are 3, 4"),
        ("/api/frame/4", 503, "camera 4 has sent no picture yet"),
        ("/api/frame?size=8x8", 400, "from 16 to 4096"),
        ("/api/frame?size=32x32&stretch=2", 400, "0 or 1"),
        ("/api/frame?max_age_ms=soon", 400, "0 to 86400000"),
        ("/api/frame?size=32x32", 502, "camera 3 sent a picture that cannot be decoded"),
        ("/api/frame/3?max_age_ms=0", 504, "no picture at most 0 ms old came within 5 s"),
    ] {
        let answer = get(&bridge, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(names), "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    assert_eq!(get(&bridge, "/api/frame").await.status, 200, "as it came, it is handed on");
}

#[tokio::test]
async fn a_picture_that_is_new_enough_is_waited_for() {
    let (old, new) = (picture(64, 48), picture(32, 32));
    let (bridge, mut feeder) = shown(&[(0, &old)]).await;
    assert_eq!(get(&bridge, "/api/frame/0?max_age_ms=60000").await.body, old);

    // What was there before it asked is not new enough, and when it asks only the bridge knows.
    let mut waiting = std::pin::pin!(get(&bridge, "/api/frame/0?max_age_ms=0"));
    for seq in 1.. {
        let next = bundle(seq, &[(0, &new)]);
        tokio::select! {
            answer = &mut waiting => {
                assert_eq!(answer.body, new);
                break;
            }
            () = feeder.send(&next) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_for_the_same_small_frame_cost_one_scaling() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    let options = Options { listen: "127.0.0.1:0".parse().unwrap(), socket: socket.clone(), ..Options::default() };
    let listening = Listening::open(options).await.unwrap();
    let (address, bridge) = (listening.address().to_string(), listening.bridge().clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(listening.serve(async {
        let _ = stopped.await;
    }));

    let mut feeder = Feeder::connect(&socket).await;
    let mut scenes = bridge.hub().scenes();
    for seq in 1..=3 {
        feeder.send(&bundle(seq, &[(0, &picture(640, 480))])).await;
        within("the bundle", scenes.wait_for(|scene| scene.head == seq)).await.unwrap();
        let asked: Vec<_> = (0..100)
            .map(|_| {
                let address = address.clone();
                tokio::spawn(async move { ask(&address, "GET", "/api/frame/0?size=320x320", "").await })
            })
            .collect();
        for one in asked {
            let answer = one.await.unwrap();
            assert_eq!((answer.status, size(&answer.body)), (200, (320, 240)));
        }
        let counts = bridge.small_frame_counts();
        assert_eq!((counts.scaled, counts.reused, counts.refused), (seq, 99 * seq, 0));
    }
    stop.send(()).unwrap();
    within("the end", serving).await.unwrap();
}
