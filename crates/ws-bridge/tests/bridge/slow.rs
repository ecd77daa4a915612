//! Viewers that are slow, stuck or gone: nobody else notices, and they see the newest there is.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use ws_bridge::Options;

use crate::feeder::{Feeder, bundle, parse};
use crate::in_process::InProcess;
use crate::metrics::value_at;
use crate::support::{Bridge, Viewer, status, within};

/// Large enough that a few of them fill every buffer on the way.
const LARGE: usize = 600_000;

/// A viewer whose own kernel takes little, as on a slow link. It has had the description of the cameras, so it is there
/// from the first bundle on.
async fn narrow(address: &str) -> Viewer {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let mut viewer = Viewer::over(stream, address, "").await;
    assert_eq!(viewer.text().await["type"], "meta");
    viewer
}

#[tokio::test]
async fn a_viewer_that_never_reads_changes_nothing_for_another() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let _stuck = [narrow(&bridge.address).await, narrow(&bridge.address).await, narrow(&bridge.address).await];
    let mut viewer = bridge.viewer("").await;
    let picture = vec![7; LARGE];
    let mut slowest = Duration::ZERO;
    for seq in 0..100 {
        let begin = Instant::now();
        feeder.send(&bundle(seq, &[(0, &picture)])).await;
        assert_eq!(parse(&viewer.bundle().await).0, seq);
        slowest = slowest.max(begin.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[tokio::test]
async fn a_slow_viewer_sees_the_newest_and_is_told_what_it_missed() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let (mut fast, mut slow) = (bridge.viewer("").await, narrow(&bridge.address).await);
    let picture = vec![7; LARGE];
    for seq in 0..40 {
        feeder.send(&bundle(seq, &[(0, &picture)])).await;
        fast.bundle().await;
    }
    let (mut seen, mut missed) = (vec![], 0);
    while seen.last() != Some(&39) || missed == 0 {
        match slow.message().await {
            Message::Binary(bytes) => seen.push(parse(&bytes).0),
            Message::Text(text) => {
                let text: serde_json::Value = serde_json::from_str(&text).unwrap();
                missed += text["bundles"].as_u64().unwrap_or(0);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(seen.len() <= 5, "what filled the buffers, then the newest: {seen:?}");
    assert_eq!(missed, 40 - seen.len() as u64);
    let skipped = value_at(&bridge.address, r#"cameracast_skipped_bundles_total{face="bundles"}"#).await;
    assert_eq!(skipped, missed as f64);
}

#[tokio::test]
async fn a_slow_viewer_loses_no_camera_of_a_grabber_that_sends_seldom() {
    let bridge = Bridge::start().await;
    let (mut often, mut seldom) = (bridge.feeder().await, bridge.feeder().await);
    let (mut fast, mut slow) = (bridge.viewer("").await, narrow(&bridge.address).await);
    let picture = vec![7; LARGE];
    for seq in 0..40 {
        often.send(&bundle(seq, &[(0, &picture), (1, b"small")])).await;
        fast.bundle().await;
        if seq == 20 {
            seldom.send(&bundle(3, &[(9, b"seldom")])).await;
            fast.bundle().await;
        }
    }
    let mut newest = std::collections::BTreeMap::new();
    while newest.get(&0) != Some(&39) {
        let (seq, pictures) = parse(&slow.bundle().await);
        newest.extend(pictures.iter().map(|(camera, _)| (*camera, seq)));
        if let Some((_, data)) = pictures.iter().find(|(camera, _)| *camera == 9) {
            assert_eq!(data, b"seldom");
        }
    }
    assert_eq!(newest.keys().collect::<Vec<_>>(), [&0, &1, &9]);
}

#[tokio::test]
async fn a_recorder_that_is_too_slow_is_told_so() {
    let bridge = Bridge::start().await;
    let (_others, mut recorder) = recorder_that_is_behind(&bridge, 300, 100_000).await;
    let reason = gives_up_on(&mut recorder).await;
    assert!(reason.contains("256 bundles"), "{reason}");
}

#[tokio::test]
async fn a_recorder_of_large_bundles_is_too_slow_before_they_fill_the_memory() {
    let bridge = Bridge::start().await;
    let (_others, mut recorder) = recorder_that_is_behind(&bridge, 100, 1_000_000).await;
    assert!(bridge.memory() < 120 << 10, "{} KiB", bridge.memory());
    let reason = gives_up_on(&mut recorder).await;
    assert!(reason.contains("64 MiB"), "{reason}");
}

/// A recorder that has not read any of so many bundles, with those who sent and read them.
pub(crate) async fn recorder_that_is_behind(bridge: &Bridge, bundles: u64, size: usize) -> ((Feeder, Viewer), Viewer) {
    let mut feeder = bridge.feeder().await;
    let mut fast = bridge.viewer("").await;
    let recorder = bridge.viewer("?delivery=every").await;
    let picture = vec![7; size];
    for seq in 0..bundles {
        feeder.send(&bundle(seq, &[(0, &picture)])).await;
        fast.bundle().await;
    }
    ((feeder, fast), recorder)
}

/// Reads what a recorder still gets, without a gap, up to the reason for which it is closed.
async fn gives_up_on(recorder: &mut Viewer) -> String {
    let mut seqs = vec![];
    let (code, reason) = loop {
        match recorder.message().await {
            Message::Binary(bytes) => seqs.push(parse(&bytes).0),
            Message::Close(frame) => {
                break frame.map(|frame| (u16::from(frame.code), frame.reason.to_string())).unwrap();
            }
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, 1008);
    assert!(seqs.iter().copied().eq(0..seqs.len() as u64), "up to there without a gap: {seqs:?}");
    reason
}

/// A client may be stuck for a shorter time than with the real one.
async fn impatient() -> InProcess {
    InProcess::start(Options { stuck_at_most: Duration::from_secs(3), ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_and_never_reads_the_answers_is_reset() {
    let bridge = impatient().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut greedy = socket.connect(bridge.address.parse().unwrap()).await.unwrap();
    let asking = async {
        loop {
            if let Err(error) = greedy.write_all(b"GET /viewer.css HTTP/1.1\r\nHost: x\r\n\r\n").await {
                break error;
            }
        }
    };
    assert_eq!(within("the reset", asking).await.kind(), ErrorKind::ConnectionReset);
    let stalls = r#"cameracast_write_stalls_total{face="http"}"#;
    within("the count", async { while value_at(&bridge.address, stalls).await < 1.0 {} }).await;
    bridge.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_takes_no_byte_for_too_long_is_reset() {
    let bridge = impatient().await;
    let address = bridge.address.clone();
    let mut feeder = bridge.feeder().await;
    let mut stuck = narrow(&address).await;
    let mut fast = Viewer::connect(&address, "").await;
    // A handshake is answered before its viewer is listed; below, one of two is to go.
    within("both viewers", async { while bridge.clients().await < 2 {} }).await;
    let picture = vec![7; LARGE];
    let mut now = serde_json::Value::Null;
    for seq in 0.. {
        feeder.send(&bundle(seq, &[(0, &picture)])).await;
        fast.bundle().await;
        now = status(&address, "/api/status").await;
        if now["clients"].as_array().unwrap().len() == 1 {
            break;
        }
        assert!(seq < 1000, "it is still there");
        tokio::time::sleep(Duration::from_millis(30)).await; // the pace of a camera
    }
    assert_eq!(now["clients"][0]["skipped"], 0, "the fast one is still there and has missed nothing");
    let end = within("the end", async {
        loop {
            match stuck.0.next().await {
                Some(Ok(Message::Close(_))) | None => break "an orderly end".to_owned(),
                Some(Ok(_)) => {}
                Some(Err(error)) => break error.to_string(),
            }
        }
    });
    assert!(end.await.contains("reset"));
    assert_eq!(value_at(&address, r#"cameracast_write_stalls_total{face="bundles"}"#).await, 1.0);
    bridge.end().await;
}
