//! Clients that misbehave. Each is answered as the contract says, and nobody else notices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use end_to_end::http_get;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::raw::{Raw, frame, header};
use super::{Fault, Recovery, SECOND, World};
use crate::board::Site;
use crate::stage::PATTERN;

/// What a client may say at most, in bytes.
const MAX_MESSAGE: usize = 64 << 10;
/// A client that takes no byte is reset after 10 s; so long it may take until that is seen.
const RESET: Duration = Duration::from_secs(25);
/// A head has to come within 10 s: whoever is slower has to go not long before, and not long after.
const HEAD: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(20));
/// Who takes no byte is waited for so long at least.
const WAITED_FOR: Duration = Duration::from_secs(6);
const CONNECTIONS: usize = 100;
const PINGS: usize = 5000;
const TEXTS: usize = 20;
const SIZES: usize = 40;

impl World {
    pub(super) async fn clients(&mut self, fault: Fault, site: Site) -> Result<Recovery> {
        if matches!(fault, Fault::SlowHead | Fault::NeverReads | Fault::NeverReadsMjpeg | Fault::LazyRecorder) {
            // These take long, and must not be ended by a bridge that is killed.
            let address = self.stage.bridge(Site::Steady).address;
            self.background.spawn(async move { (fault, patient(fault, address).await) });
        } else {
            let address = self.stage.bridge(site).address;
            misbehave(fault, address, &mut self.rng).await?;
        }
        self.nobody_noticed().await
    }
}

/// What is over at once.
async fn misbehave(fault: Fault, address: SocketAddr, rng: &mut Rng) -> Result<()> {
    let path = if rng.bool() { "/".to_owned() } else { format!("/camera/{PATTERN}") };
    let closed = |said: Vec<u8>, code| says_and_is_closed(address, path.clone(), said, code);
    match fault {
        Fault::Unmasked => closed(vec![0x81, 2, b'h', b'i'], 1002).await,
        Fault::ReservedBits => {
            let first = *rng.choice(&[0xC1, 0xA1, 0x91, 0x83, 0x87, 0x8B, 0x8F, 0x80, 0x09]).context("a bit")?;
            closed(frame(first, b"x"), 1002).await
        }
        Fault::BinaryMessage => closed(frame(0x82, b"\xFF\xD8\xFF\xD9"), 1003).await,
        Fault::NotUtf8 => closed(frame(0x81, b"\xCE\xBA\xED\xA0\x80"), 1007).await,
        Fault::TooLarge => {
            let announced = if rng.bool() { MAX_MESSAGE + 1 } else { usize::MAX };
            closed(header(0x81, announced), 1009).await
        }
        Fault::Closes => closed(frame(0x88, &1000_u16.to_be_bytes()), 1000).await,
        Fault::PingFlood => floods(address, &path, &frame(0x89, &[7; 100]), PINGS).await,
        Fault::TextFlood => floods(address, &path, &frame(0x81, &vec![b' '; 60_000]), TEXTS).await,
        Fault::ResetAmidst => {
            let mut viewer = Raw::upgrade(address, &path, "").await?;
            viewer.read_slowly(100_000, SECOND / 5).await?;
            viewer.reset()
        }
        Fault::ReadsSlowly => Raw::upgrade(address, "/", "").await?.read_slowly(200_000, 2 * SECOND).await,
        Fault::Vanished => {
            let mut client = Raw::connect(address).await?;
            client.say(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso").await;
            client.reset()
        }
        Fault::NoHttp => {
            let mut client = Raw::connect(address).await?;
            client.say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03 is no HTTP\r\n\r\n").await;
            client.close_code(5 * SECOND).await.map(drop)
        }
        Fault::LargeHead => {
            let mut client = Raw::connect(address).await?;
            client
                .say(format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000)).as_bytes())
                .await;
            client.close_code(15 * SECOND).await.map(drop)
        }
        Fault::Storm => storm(address).await,
        Fault::ForeignPage => is_refused(address, "/", "Origin: http://elsewhere.example\r\n").await,
        Fault::WrongRequests => wrong_requests(address).await,
        Fault::BadSettings => bad_settings(address).await,
        Fault::SizesFlood => sizes(address, rng).await,
        Fault::Deflate => {
            let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
            Raw::upgrade(address, &path, offer).await?.read_slowly(2_000_000, SECOND / 5).await
        }
        other => bail!("{other:?} is no fault of clients"),
    }
}

/// What the bridge has to end, after its time.
async fn patient(fault: Fault, address: SocketAddr) -> Result<()> {
    match fault {
        Fault::SlowHead => {
            let mut client = Raw::connect(address).await?;
            client.say(b"GET / HTTP/1.1\r\nX-Slow: ").await;
            let begin = Instant::now();
            client.close_code(HEAD.1).await?;
            ensure!(begin.elapsed() > HEAD.0, "a client that was slow for {:?} had to go", begin.elapsed());
        }
        Fault::NeverReads => is_ended(Raw::upgrade(address, "/", "").await?).await?,
        Fault::LazyRecorder => is_ended(Raw::upgrade(address, "/?delivery=every", "").await?).await?,
        _ => {
            let mut client = Raw::connect(address).await?;
            client.say(format!("GET /stream/{PATTERN} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await;
            is_ended(client).await?;
        }
    }
    Ok(())
}

/// Reads nothing until the bridge must have lost its patience; then the connection has to be at its end.
async fn is_ended(mut client: Raw) -> Result<()> {
    sleep(WAITED_FOR).await;
    ensure!(client.is_open().await?, "a client that took no byte for {WAITED_FOR:?} was reset");
    sleep(RESET - WAITED_FOR).await;
    client.close_code(SECOND).await.map(drop)
}

async fn says_and_is_closed(address: SocketAddr, path: String, said: Vec<u8>, code: u16) -> Result<()> {
    let mut client = Raw::upgrade(address, &path, "").await?;
    client.say(&said).await;
    let found = client.close_code(5 * SECOND).await?;
    ensure!(found == Some(code), "closed with {found:?}, not with {code}, at {path}");
    Ok(())
}

/// Says the same so many times, reads nothing, and goes.
async fn floods(address: SocketAddr, path: &str, said: &[u8], times: usize) -> Result<()> {
    let mut client = Raw::upgrade(address, path, "").await?;
    let all = said.repeat(times);
    for piece in all.chunks(64 << 10).take(20) {
        client.say(piece).await;
    }
    client.reset()
}

async fn storm(address: SocketAddr) -> Result<()> {
    let mut clients = JoinSet::new();
    for number in 0..CONNECTIONS {
        clients.spawn(async move {
            let mut client = Raw::connect(address).await?;
            match number % 3 {
                0 => client.say(b"GET /api/status HTTP/1.1\r\nHost: x\r\n\r\n").await,
                1 => drop(Raw::upgrade(address, "/", "").await?),
                _ => {}
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}

async fn is_refused(address: SocketAddr, path: &str, further: &str) -> Result<()> {
    match Raw::upgrade(address, path, further).await {
        Ok(_) => bail!("{path} with {further:?} was answered with a WebSocket"),
        Err(answer) if answer.to_string().contains(" 403 ") => Ok(()),
        Err(answer) => Err(answer),
    }
}

async fn wrong_requests(address: SocketAddr) -> Result<()> {
    let requests = [
        ("/nowhere", 404),
        ("/api/frame/999", 404),
        ("/api/frame/250", 404),
        ("/api/frame?size=1x1", 400),
        ("/api/frame?max_age_ms=never", 400),
        ("/stream/0?fps=NaN", 400),
        ("/stream/%FF", 404),
        ("/?cameras=0,x", 400),
    ];
    for (path, expected) in requests {
        let (status, body) = http_get(address, path).await?;
        // The page takes any query; as a WebSocket the same path is refused.
        if path.starts_with("/?") {
            let answer = Raw::upgrade(address, path, "").await.err().context("a WebSocket of camera x")?;
            ensure!(answer.to_string().contains(&format!(" {expected} ")), "{path}: {answer}");
        } else {
            ensure!(status == expected, "{path} was answered with {status}: {body}");
        }
    }
    Ok(())
}

async fn bad_settings(address: SocketAddr) -> Result<()> {
    for body in ["", "{", "[]", r#"{"jpeg_quality":0}"#, r#"{"jpeg_quality":"best"}"#, r#"{"stream_fps":-1}"#] {
        let mut client = Raw::connect(address).await?;
        let head = format!("POST /api/camera/{PATTERN}/config HTTP/1.1\r\nHost: {address}\r\nConnection: close");
        let length = body.len();
        let request = format!("{head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = client.ask(&request).await?;
        ensure!(answer.starts_with("HTTP/1.1 4"), "{body:?} was answered with {answer}");
    }
    Ok(())
}

async fn sizes(address: SocketAddr, rng: &mut Rng) -> Result<()> {
    let mut clients = JoinSet::new();
    for _ in 0..SIZES {
        let (width, height) = (rng.u16(16..640), rng.u16(16..480));
        clients.spawn(async move { http_get(address, &format!("/api/frame/{PATTERN}?size={width}x{height}")).await });
    }
    while let Some(answer) = clients.join_next().await {
        let (status, body) = answer??;
        // More at once than there are hands for is refused, and said.
        ensure!(matches!(status, 200 | 503), "a small picture was answered with {status}: {body}");
    }
    Ok(())
}
