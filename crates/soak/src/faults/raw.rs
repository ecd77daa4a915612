//! A client that says whatever it likes, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// How long an answer may take.
const ANSWERS: Duration = Duration::from_secs(5);
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

pub(super) struct Raw {
    stream: TcpStream,
    come: BytesMut,
}

impl Raw {
    /// A connection that takes little at once.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(16 << 10)?;
        let stream = timeout(ANSWERS, socket.connect(address)).await.context("the bridge takes no connection")??;
        Ok(Self { stream, come: BytesMut::new() })
    }

    /// A WebSocket, asked for with further lines of the head.
    pub(super) async fn upgrade(address: SocketAddr, path: &str, further: &str) -> Result<Self> {
        let mut raw = Self::connect(address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{further}\r\n"
        );
        let head = raw.ask(&request).await?;
        ensure!(head.starts_with("HTTP/1.1 101 "), "no WebSocket at {path}: {head}");
        Ok(raw)
    }

    /// Says something; whether the bridge listens to the end is its own affair.
    pub(super) async fn say(&mut self, bytes: &[u8]) {
        let _ = timeout(ANSWERS, self.stream.write_all(bytes)).await;
    }

    /// The head of the answer to a request.
    pub(super) async fn ask(&mut self, request: &str) -> Result<String> {
        self.say(request.as_bytes()).await;
        let head = async {
            loop {
                if let Some(end) = self.come.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head = String::from_utf8_lossy(&self.come[..end]).into_owned();
                    self.come.advance(end + 4);
                    return Ok(head);
                }
                ensure!(self.stream.read_buf(&mut self.come).await? > 0, "the bridge closed before it answered");
            }
        };
        timeout(ANSWERS, head).await.context("no answer")?
    }

    /// Waits for the end of the connection, and gives the close code that it was told before.
    pub(super) async fn close_code(&mut self, within: Duration) -> Result<Option<u16>> {
        let mut code = None;
        let end = async {
            loop {
                while let Some((opcode, payload)) = self.take_frame() {
                    if opcode == 8 {
                        code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                    }
                }
                // A reset is an end, too.
                if self.stream.read_buf(&mut self.come).await.unwrap_or(0) == 0 {
                    return;
                }
            }
        };
        timeout(within, end).await.context("the bridge keeps the connection")?;
        Ok(code)
    }

    /// Whether the bridge has not ended the connection, told without reading anything.
    pub(super) async fn is_open(&self) -> Result<bool> {
        let ready = self.stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
        Ok(!ready.is_read_closed() && self.stream.take_error()?.is_none())
    }

    /// Opcode and payload of the next frame from the bridge, if it is whole.
    fn take_frame(&mut self) -> Option<(u8, BytesMut)> {
        let (at, size) = match *self.come.get(1)? & 0x7F {
            126 => (4, usize::from(u16::from_be_bytes(*self.come.get(2..4)?.first_chunk()?))),
            127 => (10, u64::from_be_bytes(*self.come.get(2..10)?.first_chunk()?) as usize),
            size => (2, usize::from(size)),
        };
        if self.come.len() < at + size {
            return None;
        }
        let opcode = self.come[0] & 0x0F;
        self.come.advance(at);
        Some((opcode, self.come.split_to(size)))
    }

    /// Reads for a while, so slowly.
    pub(super) async fn read_slowly(&mut self, bytes_a_second: usize, time: Duration) -> Result<()> {
        let begin = std::time::Instant::now();
        let piece = bytes_a_second / 20;
        while begin.elapsed() < time {
            self.come.clear();
            let mut piece = (&mut self.stream).take(piece as u64);
            ensure!(timeout(ANSWERS, piece.read_buf(&mut self.come)).await?? > 0, "a slow reader was thrown out");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Goes as a telephone in a tunnel does: whatever is on its way is answered with a reset.
    pub(super) fn reset(self) -> Result<()> {
        Ok(self.stream.set_zero_linger()?)
    }
}

/// A client's frame with a mask: `first` is FIN, reserved bits and opcode.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len());
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The header of such a frame alone.
pub(super) fn header(first: u8, size: usize) -> Vec<u8> {
    let mut header = vec![first];
    match size {
        0..=125 => header.push(0x80 | size as u8),
        126..=0xFFFF => {
            header.push(0x80 | 126);
            header.extend((size as u16).to_be_bytes());
        }
        _ => {
            header.push(0x80 | 127);
            header.extend((size as u64).to_be_bytes());
        }
    }
    header.extend(MASK);
    header
}
