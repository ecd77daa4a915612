//! How a viewer's connection is opened: with the WebSocket handshake, or without any for the bare write loop.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// What browsers offer.
const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

/// What the viewers say first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// Nothing: the server writes to whoever connects.
    None,
    WebSocket,
    /// A handshake that offers compression.
    OfferDeflate,
}

/// Connects and gets the greeting over with; the connection does not block afterwards.
pub(crate) fn connect(address: SocketAddr, greeting: Greeting) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).context("the server accepts no viewer")?;
    greet(stream, address, greeting)
}

/// The same over a connection that was prepared in some way.
pub(crate) fn greet(mut stream: TcpStream, address: SocketAddr, greeting: Greeting) -> anyhow::Result<TcpStream> {
    let offer = match greeting {
        Greeting::None => "",
        Greeting::WebSocket => "",
        Greeting::OfferDeflate => OFFER,
    };
    if greeting != Greeting::None {
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let head = head(&mut stream).context("no answer to the handshake")?;
        ensure!(head.starts_with("HTTP/1.1 101"), "the handshake was refused: {head}");
        ensure!(!head.to_ascii_lowercase().contains("sec-websocket-extensions"), "compression was agreed on: {head}");
    }
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// The head of an answer, and not a byte of what comes behind it.
fn head(stream: &mut TcpStream) -> anyhow::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8(head)?)
}
