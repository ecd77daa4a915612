//! In the bridge's place: what a real one would never send.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use end_to_end::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
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

    /// Waits for a viewer, and tells it nothing.
    pub(crate) async fn unannounced(&self) -> Result<Guest> {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.context("no viewer came")??;
        Ok(Guest { socket: timeout(PATIENCE, accept_async(stream)).await.context("no handshake")?? })
    }

    /// Waits for a viewer, and describes the cameras to it.
    pub(crate) async fn guest(&self, cameras: Value) -> Result<Guest> {
        let mut guest = self.unannounced().await?;
        let meta = json!({"type": "meta", "protocol": "framebundle", "version": 1, "demo": false, "cameras": cameras});
        guest.socket.send(Message::text(meta.to_string())).await?;
        Ok(guest)
    }
}

impl Guest {
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
