//! `/stream`: MJPEG for everything that shows an image.

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;
use ws_bridge::Options;

use crate::feeder::{bundle, capture_block, in_format};
use crate::in_process::InProcess;
use crate::multipart::{Mjpeg, get};
use crate::support::{Bridge, answer_on, within};

const JPEG: &[u8] = b"\xFF\xD8 a picture \xFF\xD9";
/// Large enough that a few of them fill every buffer on the way.
const LARGE: usize = 600_000;

/// A bridge that knows camera 0, and its grabber.
async fn with_camera() -> (Bridge, crate::feeder::Feeder) {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    bridge.status_when(|status| status["frame_available"] == true).await;
    (bridge, feeder)
}

/// A picture that tells its number and is not small.
fn picture(number: usize, size: usize) -> Vec<u8> {
    let mut picture = vec![number as u8; size];
    picture[..2].copy_from_slice(b"\xFF\xD8");
    picture
}

#[tokio::test]
async fn a_reader_that_keeps_up_gets_every_frame_and_its_boundary_at_once() {
    let (bridge, mut feeder) = with_camera().await;
    let mut stream = Mjpeg::open(&bridge.address, "/stream/0").await;
    for named in [
        "http/1.0 200 ok",
        "content-type: multipart/x-mixed-replace; boundary=frame",
        "cache-control: no-store",
        "x-accel-buffering: no",
        "connection: close",
    ] {
        assert!(stream.head.contains(named), "{named} in {}", stream.head);
    }
    assert_eq!(stream.part().await.data, JPEG, "the newest frame is there at once");
    for number in 1..150 {
        let sent = picture(number, 2 + 997 * number);
        feeder.send(&bundle(number as u64, &[(7, b"another camera"), (0, &sent)])).await;
        let part = stream.part().await; // with the boundary behind it, and nothing newer has been published
        assert!(part.data == sent, "frame {number}");
        assert_eq!(part.header("content-type"), "image/jpeg");
    }
    let status = bridge.status_when(|status| status["clients"][0]["bundles"] == 150).await;
    let client = &status["clients"][0];
    assert_eq!((&client["path"], &client["skipped"]), (&"/stream/0".into(), &0.into()));
}

#[tokio::test]
async fn a_part_tells_when_it_was_taken_or_else_when_it_came() {
    let (bridge, mut feeder) = with_camera().await;
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let mut stream = Mjpeg::open(&bridge.address, "/stream/0").await;
    stream.part().await;
    let before = now();
    feeder.send(&bundle(1, &[(0, JPEG)])).await;
    let came = stream.part().await.taken();
    assert!(before - 0.01 <= came && came <= now() + 0.01, "{came} after {before}");

    let mut sent = bundle(2, &[(0, JPEG)]);
    sent.extend(capture_block(0, 1_700_000_000_000_042));
    feeder.send(&sent).await;
    assert_eq!(stream.part().await.header("x-timestamp"), "1700000000.000042");
}

#[tokio::test]
async fn without_an_id_it_is_the_lowest_camera() {
    let bridge = Bridge::start().await;
    let (head, body) = bridge.get("/stream").await;
    assert!(head.starts_with("HTTP/1.1 404") && body.contains("no camera yet"), "{head} {body}");
    bridge.feeder().await.send(&bundle(0, &[(9, b"nine"), (3, b"three")])).await;
    bridge.status_when(|status| status["camera_id"] == 3 && status["grabbers"] == serde_json::json!([])).await;
    let mut feeder = bridge.feeder().await;
    let mut stream = Mjpeg::open(&bridge.address, "/stream").await;
    feeder.send(&bundle(1, &[(9, b"nine"), (3, b"three")])).await;
    assert_eq!(stream.part().await.data, b"three");
}

#[tokio::test]
async fn a_pace_is_kept() {
    let (bridge, mut feeder) = with_camera().await;
    let mut all = Mjpeg::open(&bridge.address, "/stream/0").await;
    let mut some = Mjpeg::open(&bridge.address, "/stream/0?fps=10").await;
    all.part().await;
    some.part().await;
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay); // no bursts, of which a pace takes one
    for number in 1..=100 {
        ticks.tick().await;
        feeder.send(&bundle(number as u64, &[(0, &picture(number, 10))])).await;
        all.part().await;
    }
    let mut numbers = vec![];
    while numbers.last().is_none_or(|last| *last < 90) {
        numbers.push(some.part().await.data[5]);
    }
    let at_most = 2.0 + 10.0 * begin.elapsed().as_secs_f64();
    assert!(numbers.len() >= 9 && numbers.len() as f64 <= at_most, "{numbers:?} in {:?}", begin.elapsed());
    let status = bridge.status().await;
    // The answers of two may begin in one order, and they be let in in the other.
    let some = status["clients"].as_array().unwrap().iter().find(|client| client["fps"] == 10);
    assert_eq!(some.expect("the one with a pace")["skipped"], 0, "{status}");
}

#[tokio::test]
async fn a_slow_reader_sees_the_newest_and_delays_nobody() {
    let (bridge, mut feeder) = with_camera().await;
    let mut fast = Mjpeg::open(&bridge.address, "/stream/0").await;
    let mut slow = Mjpeg::narrow(&bridge.address, "/stream/0").await;
    fast.part().await;
    slow.part().await;
    let mut longest = Duration::ZERO;
    for number in 1..=40 {
        let begin = Instant::now();
        feeder.send(&bundle(number as u64, &[(0, &picture(number, LARGE))])).await;
        assert_eq!(fast.part().await.data[2], number as u8);
        longest = longest.max(begin.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let mut seen = vec![];
    while seen.last() != Some(&40) {
        let part = slow.part().await;
        seen.push(part.data[2]);
    }
    assert!(seen.len() <= 6, "what filled the buffers, then the newest: {seen:?}");
    let skipped = 40 - seen.len();
    bridge
        .status_when(|status| status["clients"].as_array().unwrap().iter().any(|client| client["skipped"] == skipped))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_no_byte_for_too_long_is_reset() {
    let bridge = InProcess::start(Options { stuck_at_most: Duration::from_secs(3), ..Options::default() }).await;
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(0, JPEG)])).await;
    bridge.knows_a_camera().await;
    let mut fast = Mjpeg::open(&bridge.address, "/stream/0").await;
    let mut stuck = Mjpeg::narrow(&bridge.address, "/stream/0").await;
    // A request is answered before its reader is listed; below, one of two is to go.
    within("both readers", async { while bridge.clients().await < 2 {} }).await;
    let begin = Instant::now();
    for number in 1.. {
        feeder.send(&bundle(number as u64, &[(0, &picture(number, LARGE))])).await;
        fast.part().await;
        if bridge.clients().await == 1 {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it is still there");
    }
    assert!(begin.elapsed() >= Duration::from_secs(3), "{:?}", begin.elapsed());
    assert!(stuck.rest().await.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
    bridge.end().await;
}

#[tokio::test]
async fn a_stream_goes_on_when_its_camera_is_back() {
    let (bridge, feeder) = with_camera().await;
    let mut stream = Mjpeg::open(&bridge.address, "/stream/0").await;
    stream.part().await;
    drop(feeder);
    bridge.status_when(|status| status["is_running"] == false).await;
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(0, b"back again")])).await;
    assert_eq!(stream.part().await.data, b"back again");
}

#[tokio::test]
async fn what_is_no_jpeg_or_empty_is_left_out() {
    let (bridge, mut feeder) = with_camera().await;
    let mut stream = Mjpeg::open(&bridge.address, "/stream/0").await;
    stream.part().await;
    feeder.send(&in_format(bundle(1, &[(0, b"raw pixels")]), 7)).await;
    feeder.send(&bundle(2, &[(0, b"")])).await;
    feeder.send(&bundle(3, &[(0, b"a picture")])).await;
    assert_eq!(stream.part().await.data, b"a picture");
}

#[tokio::test]
async fn what_cannot_be_streamed_is_said_so() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients = 1\n").await;
    bridge.feeder().await.send(&bundle(0, &[(3, JPEG)])).await;
    bridge.status_when(|status| status["camera_id"] == 3).await;
    for (path, status, names) in [
        ("/stream/4", 404, "there are: 3"),
        ("/stream/front", 404, "there are: 3"),
        ("/stream/256", 404, "there are: 3"),
        ("/stream/3?fps=0", 400, "0.01 to 1000"),
        ("/stream?fps=fast", 400, "0.01 to 1000"),
    ] {
        let (head, body) = bridge.get(path).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
        assert!(body.contains(names), "{path}: {body}");
    }
    let stream = Mjpeg::open(&bridge.address, "/stream/3").await;
    let (head, body) = bridge.get("/stream/3").await;
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 5"), "{head}");
    assert!(body.contains("max_clients"), "{body}");
    drop(stream);
    bridge.logs(&["viewer gone"]).await;
    Mjpeg::open(&bridge.address, "/stream/3").await;
}

#[tokio::test]
async fn who_asks_for_the_head_gets_the_head_alone() {
    let (bridge, _feeder) = with_camera().await;
    let (head, body) = bridge.request("HEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(head.contains("200 OK") && head.contains("multipart/x-mixed-replace; boundary=frame"), "{head}");
    assert!(!head.contains("content-length"), "an endless stream has none: {head}");
    assert_eq!(body, "");
    assert_eq!(bridge.status().await["clients"], serde_json::json!([]));
}

#[tokio::test]
async fn answers_to_requests_before_it_on_the_connection_arrive_first() {
    let (bridge, mut feeder) = with_camera().await;
    let mut stream = TcpStream::connect(&bridge.address).await.unwrap();
    let three = [get("/api/status"), get("/viewer.css"), get("/stream/0"), get("/healthz")].concat();
    stream.write_all(three.as_bytes()).await.unwrap();
    let mut stream = tokio::io::BufReader::new(stream);
    for names in ["smframe_available", "{"] {
        let body = answer_on(&mut stream).await;
        assert!(body.contains(names), "{body}");
    }
    let mut mjpeg = Mjpeg::read(stream).await;
    assert_eq!(mjpeg.part().await.data, JPEG);
    feeder.send(&bundle(1, &[(0, b"and on")])).await;
    assert_eq!(mjpeg.part().await.data, b"and on", "what is asked behind it is passed over");
}

#[tokio::test]
async fn a_client_of_http_1_0_is_served() {
    let (bridge, mut feeder) = with_camera().await;
    let stream = TcpStream::connect(&bridge.address).await.unwrap();
    let mut stream = Mjpeg::ask(stream, "GET /stream/0 HTTP/1.0\r\n\r\n").await;
    assert!(stream.head.starts_with("http/1.0 200") && !stream.head.contains("chunked"), "{}", stream.head);
    stream.part().await;
    feeder.send(&bundle(1, &[(0, b"next")])).await;
    assert_eq!(stream.part().await.data, b"next");
}

#[tokio::test]
async fn at_the_end_of_the_bridge_a_stream_ends_after_a_whole_part() {
    let (mut bridge, mut feeder) = with_camera().await;
    let mut idle = Mjpeg::open(&bridge.address, "/stream/0").await;
    let mut busy = Mjpeg::narrow(&bridge.address, "/stream/0").await;
    idle.part().await;
    busy.part().await;
    let large = picture(1, 4 * LARGE);
    feeder.send(&bundle(1, &[(0, &large)])).await;
    assert!(idle.part().await.data == large);
    let reading = tokio::spawn(async move {
        let part = busy.part().await;
        busy.end().await;
        part
    });
    // Both have begun with it.
    let two_each = |status: &Value| status["clients"].as_array().unwrap().iter().all(|client| client["bundles"] == 2);
    bridge.status_when(two_each).await;
    let begin = Instant::now();
    let idle = async move { idle.end().await };
    let (status, ()) = tokio::join!(bridge.terminate("TERM"), idle);
    assert_eq!(status.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(within("the last part", reading).await.unwrap().data == large);
}
