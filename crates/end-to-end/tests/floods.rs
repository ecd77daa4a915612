//! A network that is not all friends: whatever several addresses do to the bridge at once, those who watch see everything
//! in its order, and the bridge's memory stays within bounds.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Place, WsClient, pattern_camera};
use futures_util::SinkExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// Handshakes that are begun and not ended.
const HALF_OPEN: usize = 500;
/// Clients that send a byte of a head now and then.
const SLOW: usize = 100;
/// Connections that are opened and closed, in so many tasks.
const ATTEMPTS: usize = 10_000;
const TASKS: usize = 8;
/// Bytes of text that one client would like to say.
const TEXT: usize = 1 << 30;
/// How long a head may take, from the bridge's own constants, with time to spare.
const GONE_WITHIN: Duration = Duration::from_secs(25);
/// What so many connections may cost, in bytes: some 30 KB each.
const MEMORY: u64 = 48 << 20;

/// A connection from `127.0.0.HOST`.
async fn connect_from(host: usize, bridge: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 0, host as u8), 0).into())?;
    Ok(socket.connect(bridge).await?)
}

/// What a client has seen that never does anything wrong.
struct Seen {
    bundles: u64,
    missed: u64,
    longest_silence: Duration,
}

/// Watches until it is told to stop.
async fn watch(mut client: WsClient, mut stop: tokio::sync::watch::Receiver<bool>) -> Result<Seen> {
    let mut seen = Seen { bundles: 0, missed: 0, longest_silence: Duration::ZERO };
    let (mut last, mut at) = (None, Instant::now());
    while !*stop.borrow_and_update() {
        let bundle = client.next_bundle(PATIENCE).await?;
        let seq = bundle.seq();
        ensure!(last.is_none_or(|last| seq > last), "{seq} came after {last:?}");
        seen.missed += last.map_or(0, |last| seq - last - 1);
        seen.bundles += 1;
        seen.longest_silence = seen.longest_silence.max(at.elapsed());
        (last, at) = (Some(seq), Instant::now());
    }
    Ok(seen)
}

/// Begins a handshake, and waits for the bridge to lose patience.
async fn half_open(host: usize, bridge: SocketAddr) -> Result<()> {
    let mut stream = connect_from(host, bridge).await?;
    // Who is turned away, because all places are taken, is as welcome to go.
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n").await;
    until_gone(&mut stream).await
}

async fn until_gone(stream: &mut TcpStream) -> Result<()> {
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = timeout(GONE_WITHIN, stream.read_to_end(&mut rest)).await.context("the bridge still waits")?;
    Ok(())
}

/// Sends a head byte by byte, without an end.
async fn slow_loris(host: usize, bridge: SocketAddr) -> Result<()> {
    let mut stream = connect_from(host, bridge).await?;
    let begin = Instant::now();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await;
    while stream.write_all(b"x").await.is_ok() {
        ensure!(begin.elapsed() < GONE_WITHIN, "the bridge still takes its head");
        sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn attempts(host: usize, bridge: SocketAddr) -> Result<()> {
    for number in 0..ATTEMPTS / TASKS {
        let mut stream = connect_from(host, bridge).await?;
        if number % 2 == 0 {
            let _ = stream.write_all(b"\x16\x03\x01\x02\x00 is no HTTP\r\n\r\n").await;
        }
    }
    Ok(())
}

/// Says texts or pings as fast as the bridge takes them, until it has had enough.
async fn flood(host: usize, bridge: SocketAddr, message: Message) -> Result<()> {
    let stream = connect_from(host, bridge).await?;
    let (mut socket, _) = client_async(format!("ws://{bridge}/?fps=0.1"), stream).await?;
    let size = message.len().max(1);
    for _ in 0..TEXT / size {
        if socket.send(message.clone()).await.is_err() {
            break;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_sees_everything_whatever_others_do() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let address = bridge.address;
    let _grabber = place.grabber(&[])?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut good = JoinSet::new();
    for _ in 0..3 {
        let mut client = WsClient::connect(address).await?;
        client.next_bundle(PATIENCE).await?;
        good.spawn(watch(client, stopped.clone()));
    }
    let before = bridge.process.resident_bytes()?;

    let begin = Instant::now();
    let mut endless = JoinSet::new();
    let text = format!(r#"{{"type":"nothing","said":"{}"}}"#, "x".repeat(60_000));
    endless.spawn(flood(2, address, Message::text(text)));
    endless.spawn(flood(3, address, Message::Ping(vec![0; 100].into())));
    endless.spawn(flood(4, address, Message::Ping(vec![].into())));
    let mut bad = JoinSet::new();
    (0..HALF_OPEN).for_each(|number| drop(bad.spawn(half_open(10 + number % 8, address))));
    (0..SLOW).for_each(|number| drop(bad.spawn(slow_loris(20 + number % 4, address))));
    (0..TASKS).for_each(|number| drop(bad.spawn(attempts(30 + number, address))));
    let mut most = before;
    while let Some(ended) = bad.join_next().await {
        ended??;
        most = most.max(bridge.process.resident_bytes()?);
    }
    endless.shutdown().await;
    let lasted = begin.elapsed();

    // Somebody new is welcome.
    WsClient::connect(address).await?.next_bundle(PATIENCE).await?;
    stop.send(true)?;
    println!("{lasted:?}; memory before {before}, at most {most} bytes");
    while let Some(seen) = good.join_next().await {
        let Seen { bundles, missed, longest_silence } = seen??;
        println!("{bundles} bundles, {missed} missed, {longest_silence:?} without one at most");
        let due = 30.0 * lasted.as_secs_f64();
        ensure!(bundles as f64 > 0.8 * due, "{bundles} of {due} bundles");
        ensure!(missed * 20 < bundles, "{missed} were missed");
        ensure!(longest_silence < Duration::from_secs(2), "silence for {longest_silence:?}");
    }
    ensure!(most - before < MEMORY, "{before} bytes became {most}");
    Ok(())
}
