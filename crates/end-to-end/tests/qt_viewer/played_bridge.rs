//! In the bridge's place: what a real one would never send.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use end_to_end::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Listens for one viewer.
pub(crate) struct PlayedBridge {
    listener: TcpListener,
}

/// The viewer that came.
pub(crate) struct Guest {
    socket: WebSocketStream<TcpStream>,
}

impl PlayedBridge {
    pub(crate) async fn listen() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await? })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    async fn arrival(&self) -> Result<TcpStream> {
        Ok(timeout(PATIENCE, self.listener.accept()).await.context("no viewer came")??.0)
    }

    /// That no viewer comes within this time.
    pub(crate) async fn nobody_comes(&self, within: Duration) -> Result<()> {
        ensure!(timeout(within, self.listener.accept()).await.is_err(), "a viewer came");
        Ok(())
    }

    /// Waits for a viewer, and answers with an HTTP status such as `404 Not Found`.
    pub(crate) async fn refuse(&self, status: &str) -> Result<()> {
        let mut stream = self.arrival().await?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(timeout(PATIENCE, stream.read_u8()).await.context("no request")??);
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Ok(stream.write_all(answer.as_bytes()).await?)
    }

    /// Waits for a viewer, and tells it nothing.
    pub(crate) async fn unannounced(&self) -> Result<Guest> {
        let stream = self.arrival().await?;
        Ok(Guest { socket: timeout(PATIENCE, accept_async(stream)).await.context("no handshake")?? })
    }

    /// Waits for a viewer, and describes the cameras to it.
    pub(crate) async fn guest(&self, cameras: Value) -> Result<Guest> {
        let mut guest = self.unannounced().await?;
        guest.at_once([meta(cameras)]).await?;
        Ok(guest)
    }
}

/// How the bridge describes its cameras.
pub(crate) fn meta(cameras: Value) -> Message {
    let meta = json!({"type": "meta", "protocol": "framebundle", "version": 1, "demo": false, "cameras": cameras});
    Message::text(meta.to_string())
}

/// That the bridge closes the connection, and why.
pub(crate) fn close(code: CloseCode, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

impl Guest {
    /// Sends several small messages together, so that the viewer has read them all before it does anything else.
    pub(crate) async fn at_once(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<()> {
        for message in messages {
            self.socket.feed(message).await?;
        }
        Ok(self.socket.flush().await?)
    }

    /// Sends a binary message, and waits until the viewer has taken it: it answers a ping behind it.
    pub(crate) async fn send(&mut self, message: Bytes) -> Result<()> {
        self.socket.send(Message::Binary(message)).await?;
        self.socket.send(Message::Ping(Bytes::new())).await?;
        let answered = timeout(PATIENCE, self.until_pong());
        answered.await.context("the viewer takes no message any more")?
    }

    async fn until_pong(&mut self) -> Result<()> {
        loop {
            match self.socket.next().await.context("the viewer went away")?? {
                Message::Pong(_) => return Ok(()),
                Message::Text(text) => {
                    let asked: Value = serde_json::from_str(&text)?;
                    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
                    let time = json!({"type": "time", "t0": asked["t0"], "bridge_us": now});
                    self.socket.send(Message::text(time.to_string())).await?;
                }
                Message::Close(why) => bail!("the viewer went away: {why:?}"),
                _ => {}
            }
        }
    }
}
