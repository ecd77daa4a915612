//! The bridge over TLS: curl and Python's `websockets`, and another certificate while they watch.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{
    Answer, Bridge, Certificate, PATIENCE, Picture, Place, Process, Signal, curl, pattern_camera, python,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const VIEW: &str = "let-me-see-3f9c2a";
const TOKENS: &str = "view_token = 'let-me-see-3f9c2a'\ncontrol_token = 'let-me-turn-8d1e7b'\n";

/// A bridge over TLS with one camera that streams.
struct Encrypted {
    place: Place,
    bridge: Bridge,
    certificate: Certificate,
    _grabber: Process,
}

impl Encrypted {
    async fn start() -> Result<Self> {
        let place = Place::new("")?;
        let certificate = Certificate::make(&place, "first").await?;
        place.configure(&format!("[bridge]\n{TOKENS}{}{}", certificate.config(), pattern_camera(0)))?;
        let bridge = place.bridge().await?;
        let _grabber = place.grabber(&[])?;
        let encrypted = Self { place, bridge, certificate, _grabber };
        let deadline = Instant::now() + PATIENCE;
        while encrypted.curl("/readyz", &[]).await?.status != 200 {
            ensure!(Instant::now() < deadline, "no frame came");
        }
        Ok(encrypted)
    }

    fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.bridge.address)
    }

    /// What curl is answered, which trusts the first certificate.
    async fn curl(&self, path: &str, more: &[&str]) -> Result<Answer> {
        let (trusted, url) = (self.certificate.trusted(), self.url("https", path));
        curl(&[more, &["--cacert", &trusted, &url]].concat()).await
    }

    /// A Python client that trusts the first certificate.
    fn python(&self, script: &str, path: &str, arguments: &[&str]) -> Result<Process> {
        let mut command = python::client(script)?;
        command.arg(self.url("wss", path)).args(arguments).env("SSL_CERT_FILE", self.certificate.trusted());
        Process::start(script, &mut command)
    }
}

#[tokio::test]
async fn curl_and_websockets_are_let_in_over_tls_by_their_token_and_not_without() -> Result<()> {
    let bridge = Encrypted::start().await?;
    let authorization = format!("Authorization: Bearer {VIEW}");
    let frame = Picture::from_jpeg(&bridge.curl("/api/frame", &["-H", &authorization]).await?.body)?;
    assert_eq!((frame.width, frame.height), (640, 480));
    for (path, more, expected) in [
        ("/api/frame", vec![], 401),
        ("/api/status", vec!["-H", "Authorization: Bearer let-me"], 401),
        ("/api/camera/stop", vec!["-X", "POST", "-H", &authorization], 403),
        ("/?token=let-me-see-3f9c2a", vec![], 303),
        ("/healthz", vec![], 200),
    ] {
        assert_eq!(bridge.curl(path, &more).await?.status, expected, "{path} {more:?}");
    }
    let page = bridge.curl(&format!("/?token={VIEW}"), &[]).await?;
    let cookie = page.header("set-cookie").context("no cookie")?;
    ensure!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");

    let watching =
        bridge.python("webcam.py", &format!("/camera/0?token={VIEW}"), &["--frames", "10"])?.ended(PATIENCE).await?;
    assert_eq!(watching.code, 0, "{}", watching.stderr);
    let wholes = watching.stdout.lines().filter(|line| line.contains("\"whole\": true")).count();
    assert_eq!(wholes, 10, "{}", watching.stdout);
    let refused = bridge.python("webcam.py", "/camera/0", &["--frames", "1"])?.ended(PATIENCE).await?;
    ensure!(refused.code != 0 && refused.stderr.contains("401"), "{}", refused.stderr);
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_replaced_under_load_and_no_viewer_is_dropped() -> Result<()> {
    let bridge = Encrypted::start().await?;
    let viewers = 20;
    let arguments = ["--viewers", &viewers.to_string(), "--seconds", "10"];
    let mut watchers = bridge.python("watchers.py", &format!("/?token={VIEW}"), &arguments)?;
    watchers.wait_for_line("watching", PATIENCE).await?;

    for _ in 0..5 {
        let next = Certificate::make(&bridge.place, "next").await?;
        std::fs::copy(&next.cert, bridge.place.file("trusted-next.pem"))?;
        // Both are put in place whole, the certificate last: a bridge that looks in between keeps what it has.
        let old = std::fs::read(&bridge.certificate.cert)?;
        let trusted_first = bridge.place.file("trusted-first.pem");
        std::fs::write(&trusted_first, old)?;
        std::fs::rename(&next.key, &bridge.certificate.key)?;
        std::fs::rename(&next.cert, &bridge.certificate.cert)?;
        bridge.bridge.process.signal(Signal::HUP)?;
        let (url, deadline) = (bridge.url("https", "/healthz"), Instant::now() + PATIENCE);
        while curl(&["--cacert", &bridge.place.file("trusted-next.pem").display().to_string(), &url]).await.is_err() {
            ensure!(Instant::now() < deadline, "the new certificate is not shown");
        }
        let with_the_old = curl(&["--cacert", &trusted_first.display().to_string(), &url]).await;
        ensure!(with_the_old.is_err(), "the old certificate is still shown");
    }
    // Nobody is harmed by one that cannot be used.
    std::fs::write(&bridge.certificate.key, "no key")?;
    bridge.bridge.process.signal(Signal::HUP)?;
    bridge.bridge.process.wait_for_line("nothing has changed", PATIENCE).await?;

    let ended = watchers.ended(PATIENCE + Duration::from_secs(10)).await?;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let seen = ended.stdout.lines().skip(1).map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    assert_eq!(seen.len(), viewers);
    for viewer in seen {
        ensure!(viewer["gone"].is_null() && viewer["backwards"] == 0, "{viewer}");
        ensure!(viewer["bundles"].as_u64() > Some(20), "{viewer}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_used_is_said_at_the_start_in_one_sentence() -> Result<()> {
    let place = Place::new("")?;
    let (one, other) = (Certificate::make(&place, "one").await?, Certificate::make(&place, "other").await?);
    std::fs::write(place.file("text"), "no certificate")?;
    let (text, none) = (place.file("text").display().to_string(), place.file("none").display().to_string());
    let (cert, key, other) = (one.trusted(), one.key.display().to_string(), other.key.display().to_string());
    for (cert, key, says) in [
        (&none, &key, "none ("),
        (&cert, &none, "none ("),
        (&text, &key, "holds no certificate"),
        (&cert, &text, "holds no private key"),
        (&cert, &other, "cannot be used together"),
    ] {
        place.configure(&format!("[bridge]\ntls_cert = '{cert}'\ntls_key = '{key}'\n"))?;
        let ended = place.start_bridge(&["--listen", "127.0.0.1:0", "--log", "error"])?.ended(PATIENCE).await?;
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        ensure!(ended.stderr.contains(says) && ended.stderr.lines().count() == 1, "{says}: {}", ended.stderr);
    }
    Ok(())
}

/// Ten seconds are its time, from the bridge's own constant.
#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_given_up_and_keeps_nobody_out() -> Result<()> {
    let bridge = Encrypted::start().await?;
    let mut half_open = Vec::new();
    for begins in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n"].repeat(20) {
        let mut stream = TcpStream::connect(bridge.bridge.address).await?;
        stream.write_all(begins).await?;
        half_open.push(stream);
    }
    assert_eq!(bridge.curl("/healthz", &[]).await?.status, 200);
    for mut stream in half_open {
        // With an alert or a reset, whatever: it has to end.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await.context("the bridge still waits")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_health_check_knows_a_bridge_that_speaks_tls() -> Result<()> {
    let encrypted = Encrypted::start().await?;
    for (address, expected) in [(encrypted.bridge.address.to_string(), 0), ("127.0.0.1:1".to_owned(), 1)] {
        let mut check = encrypted.place.start_bridge(&["--listen", &address, "--healthy"])?;
        assert_eq!(check.ended(PATIENCE).await?.code, expected, "{address}");
    }
    Ok(())
}
