//! A viewer: a WebSocket client that is not ours, reading what the bridge sends.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use frame_bundle::{Frame, FrameBundle};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message as WsMessage;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Picture;

/// What a bridge sends.
#[derive(Clone, Debug)]
pub enum Message {
    /// A binary message.
    Bundle(FrameBundle),
    /// A text message.
    Text(Value),
}

/// A client of `ws://…/`, with or without a query.
pub struct WsClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The newest `meta` text.
    told: Value,
}

impl WsClient {
    /// Connects once.
    ///
    /// # Errors
    /// Nobody listens there, or the bridge refuses.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Self::connect_to(address, "/").await
    }

    /// Connects once, to a path with a query.
    ///
    /// # Errors
    /// Nobody listens there, or the bridge refuses.
    pub async fn connect_to(address: SocketAddr, path: &str) -> Result<Self> {
        let (socket, _) = connect_async(format!("ws://{address}{path}")).await?;
        Ok(Self { socket, told: Value::Null })
    }

    /// Connects, again and again until it works, as the page does.
    ///
    /// # Errors
    /// It did not work `within` that time.
    pub async fn connect_again(address: SocketAddr, within: Duration) -> Result<Self> {
        let deadline = Instant::now() + within;
        loop {
            match Self::connect(address).await {
                Err(_) if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(10)).await,
                done => return done,
            }
        }
    }

    /// The next message; the deadline is a moment, so that several calls can share one.
    ///
    /// # Errors
    /// None came by then, the connection ended, or a bundle is malformed.
    pub async fn next_by(&mut self, deadline: Instant) -> Result<Message> {
        loop {
            let message = timeout_at(deadline, self.socket.next()).await.context("no message in time")?;
            match message.context("the connection ended")?? {
                WsMessage::Binary(payload) => return Ok(Message::Bundle(FrameBundle::parse(payload)?)),
                WsMessage::Text(text) => {
                    let text: Value = serde_json::from_str(&text)?;
                    if text["type"] == "meta" {
                        self.told = text.clone();
                    }
                    return Ok(Message::Text(text));
                }
                WsMessage::Close(frame) => bail!("closed by the bridge: {frame:?}"),
                WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_) => {}
            }
        }
    }

    /// The next bundle; texts before it are skipped.
    ///
    /// # Errors
    /// None came in time.
    pub async fn next_bundle(&mut self, within: Duration) -> Result<FrameBundle> {
        self.bundle_where(within, |_| true).await
    }

    /// The next bundle of which something is true.
    ///
    /// # Errors
    /// None came in time.
    pub async fn bundle_where(
        &mut self,
        within: Duration,
        mut is_it: impl FnMut(&FrameBundle) -> bool,
    ) -> Result<FrameBundle> {
        let deadline = Instant::now() + within;
        let mut seen = 0;
        loop {
            match self.next_by(deadline).await.with_context(|| format!("{seen} other bundles came in {within:?}"))? {
                Message::Bundle(bundle) if is_it(&bundle) => return Ok(bundle),
                Message::Bundle(_) => seen += 1,
                Message::Text(_) => {}
            }
        }
    }

    /// The `meta` text that was told last, or the next, of which something is true.
    ///
    /// # Errors
    /// None came in time.
    pub async fn meta_where(&mut self, within: Duration, mut is_it: impl FnMut(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + within;
        while !is_it(&self.told) {
            if let Err(error) = self.next_by(deadline).await {
                return Err(error.context(format!("the last meta was {}", self.told)));
            }
        }
        Ok(self.told.clone())
    }

    /// All bundles that come in a given time, each with the moment of its arrival.
    ///
    /// # Errors
    /// The connection ended, or a bundle is malformed.
    pub async fn bundles_for(&mut self, time: Duration) -> Result<Vec<(Instant, FrameBundle)>> {
        let deadline = Instant::now() + time;
        let mut bundles = Vec::new();
        while Instant::now() < deadline {
            match self.next_by(deadline).await {
                Ok(Message::Bundle(bundle)) => bundles.push((Instant::now(), bundle)),
                Ok(Message::Text(_)) => {}
                Err(_) if Instant::now() >= deadline => break,
                Err(error) => return Err(error),
            }
        }
        Ok(bundles)
    }

    /// Reads on until the bridge closes the connection; its close code, where it said one.
    ///
    /// # Errors
    /// It did not close in time.
    pub async fn closed(&mut self, within: Duration) -> Result<Option<u16>> {
        let deadline = Instant::now() + within;
        loop {
            match timeout_at(deadline, self.socket.next()).await.context("still open")? {
                Some(Ok(WsMessage::Close(frame))) => return Ok(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(None),
            }
        }
    }
}

/// Whether a `meta` text has what a camera's grabber tells of it; before that, it may have sent a frame.
pub fn is_reported(meta: &Value, camera_id: u8) -> bool {
    let mut cameras = meta["cameras"].as_array().into_iter().flatten();
    cameras.any(|camera| camera["camera_id"] == camera_id && !camera["fps"].is_null())
}

/// The ids of the cameras in a bundle.
pub fn cameras_of(bundle: &FrameBundle) -> BTreeSet<u8> {
    bundle.frames().map(|frame| frame.camera_id).collect()
}

/// The picture of one camera in a bundle.
///
/// # Errors
/// The bundle has no frame of that camera, or the frame is no JPEG of the size that its header says.
pub fn picture_of(bundle: &FrameBundle, camera_id: u8) -> Result<Picture> {
    let Frame { width, height, data, .. } = bundle.frame(camera_id).context("no frame of that camera")?;
    let picture = Picture::from_jpeg(&data)?;
    if (picture.width, picture.height) != (width as usize, height as usize) {
        bail!("the header says {width}x{height}, the JPEG is {}x{}", picture.width, picture.height);
    }
    Ok(picture)
}
