//! How a viewer's connection is opened: with the WebSocket handshake, or without any for the bare write loop.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::form::Form;
use crate::link::Link;

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of `--frame` in front of the first picture.
const FIRST_BOUNDARY: usize = 9;
/// What browsers offer.
const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

/// What the viewers say first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// Nothing: the server writes to whoever connects.
    None,
    WebSocket,
    /// The same over TLS.
    TlsWebSocket,
    /// A handshake that offers compression.
    OfferDeflate,
    /// A WebSocket with the JPEGs of camera 0.
    Camera,
    /// MJPEG of camera 0.
    Stream,
}

impl Greeting {
    /// What comes then.
    pub(crate) fn form(self) -> Form {
        match self {
            Self::None | Self::WebSocket | Self::TlsWebSocket | Self::OfferDeflate => Form::Bundles,
            Self::Camera => Form::Jpegs,
            Self::Stream => Form::Parts,
        }
    }
}

/// Connects and gets the greeting over with; the connection does not block afterwards.
pub(crate) fn connect(address: SocketAddr, greeting: Greeting) -> anyhow::Result<Link> {
    let stream = TcpStream::connect(address).context("the server accepts no viewer")?;
    greet(stream, address, greeting)
}

/// The same over a connection that was prepared in some way.
pub(crate) fn greet(stream: TcpStream, address: SocketAddr, greeting: Greeting) -> anyhow::Result<Link> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut link = match greeting {
        Greeting::TlsWebSocket => Link::encrypted(stream, address)?,
        _ => Link::Plain(stream),
    };
    match greeting {
        Greeting::None => {}
        Greeting::WebSocket | Greeting::TlsWebSocket => shake_hands(&mut link, address, "/", "")?,
        Greeting::OfferDeflate => shake_hands(&mut link, address, "/", OFFER)?,
        Greeting::Camera => shake_hands(&mut link, address, "/camera/0", "")?,
        Greeting::Stream => {
            write!(link, "GET /stream/0 HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
            let head = head(&mut link).context("no answer to the request for a stream")?;
            ensure!(head.contains(" 200 "), "the stream was refused: {head}");
            link.read_exact(&mut [0; FIRST_BOUNDARY])?;
        }
    }
    link.socket().set_nonblocking(true)?;
    Ok(link)
}

fn shake_hands(stream: &mut (impl Read + Write), address: SocketAddr, path: &str, offer: &str) -> anyhow::Result<()> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let head = head(stream).context("no answer to the handshake")?;
    ensure!(head.starts_with("HTTP/1.1 101"), "the handshake was refused: {head}");
    ensure!(!head.to_ascii_lowercase().contains("sec-websocket-extensions"), "compression was agreed on: {head}");
    Ok(())
}

/// Waits until a bridge knows camera 0: before that nobody can watch it.
pub(crate) fn until_known(address: SocketAddr) -> anyhow::Result<()> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "HEAD /stream/0 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        if head(&mut stream)?.contains(" 200 ") {
            return Ok(());
        }
    }
    bail!("the bridge does not learn of camera 0")
}

/// The head of an answer, and not a byte of what comes behind it.
fn head(stream: &mut impl Read) -> anyhow::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8(head)?)
}
