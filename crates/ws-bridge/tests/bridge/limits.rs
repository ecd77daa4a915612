//! What a client may take and say, and who is meant behind a proxy.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use crate::feeder::bundle;
use crate::support::{Bridge, within};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A connection from another address of this machine.
async fn connect_from(from: [u8; 4], address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

/// Asks, and gives the head of the answer; what comes behind it stays in the stream.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("the head of an answer", stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

/// Asks for all bundles.
fn watch(headers: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: x\r\n{UPGRADE}{headers}\r\n")
}

#[tokio::test]
async fn one_address_takes_its_own_places_and_no_others() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients_per_address = 2\n").await;
    let mut there = vec![];
    for (from, expected) in [(1, 101), (1, 101), (1, 503), (2, 101), (1, 503)] {
        let mut stream = connect_from([127, 0, 0, from], &bridge.address).await;
        let head = ask(&mut stream, &watch("")).await;
        assert!(head.starts_with(&format!("http/1.1 {expected}")), "127.0.0.{from}: {head}");
        assert_eq!(head.contains("\r\nretry-after: 5\r\n"), expected == 503, "{head}");
        there.push(stream);
    }
    drop(there);
    let again = async || ask(&mut connect_from([127, 0, 0, 1], &bridge.address).await, &watch("")).await;
    within("a place that is free again", async { while !again().await.starts_with("http/1.1 101") {} }).await;
}

#[tokio::test]
async fn connections_that_say_nothing_take_the_places_of_their_own_address_alone() {
    let bridge = Bridge::start_with("[bridge]\nmax_clients_per_address = 1\n").await;
    let mut silent = vec![];
    for _ in 0..17 {
        silent.push(connect_from([127, 0, 0, 3], &bridge.address).await);
    }
    let mut one_more = connect_from([127, 0, 0, 3], &bridge.address).await;
    let mut answer = String::new();
    within("an answer", one_more.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Retry-After"), "{answer}");
    assert!(bridge.get("/healthz").await.0.starts_with("HTTP/1.1 200"));
    bridge.logs(&["connection turned away", "max_clients_per_address"]).await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_the_one_that_it_names() {
    let config = "[bridge]\nmax_clients_per_address = 1\ntrusted_proxies = ['127.0.0.1']\n";
    let bridge = Bridge::start_with(config).await;
    let mut there = vec![];
    for (client, expected) in [("192.0.2.1", 101), ("192.0.2.2", 101), ("9.9.9.9, 192.0.2.2", 503)] {
        let mut stream = TcpStream::connect(&bridge.address).await.unwrap();
        let head = ask(&mut stream, &watch(&format!("X-Forwarded-For: {client}\r\n"))).await;
        assert!(head.starts_with(&format!("http/1.1 {expected}")), "{client}: {head}");
        there.push(stream);
    }
    bridge.logs(&["viewer connected", "address=192.0.2.2:0"]).await;
    bridge
        .status_when(|status| {
            let clients = status["clients"].as_array().unwrap();
            clients.iter().any(|client| client["address"] == "192.0.2.1:0")
        })
        .await;

    // A peer that is not trusted is taken for itself, whatever it says.
    let mut other = connect_from([127, 0, 0, 2], &bridge.address).await;
    let head = ask(&mut other, &watch("X-Forwarded-For: 192.0.2.1\r\n")).await;
    assert!(head.starts_with("http/1.1 101"), "{head}");

    let control = "POST /api/camera/stop HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n";
    for (client, names) in [("192.0.2.1", "192.0.2.1"), ("127.0.0.1", "forwarded")] {
        let (head, body) = bridge.request(&format!("{control}X-Forwarded-For: {client}\r\n\r\n")).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert!(head.starts_with("HTTP/1.1 403"), "{head}");
        assert!(answer["error"].as_str().unwrap().contains(names), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_says_much_is_heard_slowly_and_still_sees_everything() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut talker = bridge.viewer("").await;
    let begin = Instant::now();
    // A text that nobody understands, 40 KB at a time; 256 KiB are heard at once, and 64 KiB a second.
    let text = format!(r#"{{"type":"nothing","said":"{}"}}"#, "x".repeat(40_000));
    for _ in 0..10 {
        talker.say(&text).await;
    }
    talker.say(r#"{"type":"time","t0":7}"#).await;
    let sent = bundle(0, &[(0, b"seen meanwhile")]);
    feeder.send(&sent).await;
    assert_eq!(talker.bundle().await, sent);
    while talker.text().await["type"] != "time" {}
    assert!(begin.elapsed() > Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn whoever_floods_the_bridge_with_pings_gets_some_answered_and_delays_nobody() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let (mut good, mut flood) = (bridge.viewer("").await, bridge.viewer("").await);
    let flooding = tokio::spawn(async move {
        use futures_util::SinkExt;
        while flood.0.send(Message::Ping(vec![0; 100].into())).await.is_ok() {}
    });
    for seq in 0..100 {
        let sent = bundle(seq, &[(0, b"on time")]);
        feeder.send(&sent).await;
        assert_eq!(good.bundle().await, sent);
    }
    flooding.abort();
}
