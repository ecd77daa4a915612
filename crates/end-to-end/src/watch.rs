//! A viewer that keeps an eye on one camera while another one is in trouble.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use frame_bundle::FrameBundle;
use serde_json::Value;
use tokio::time::Instant;

use crate::{Bridge, Message, PATIENCE, WsClient, status_of_cameras};

/// A camera of 30 frames a second that pauses for longer has been disturbed; shorter is the machine's doing.
const PAUSE: Duration = Duration::from_millis(500);

/// Watches all cameras; [`Watch::OTHER`] must never pause.
pub struct Watch {
    bridge: std::net::SocketAddr,
    viewer: WsClient,
    last_seen: Option<Instant>,
    longest_pause: Duration,
}

impl Watch {
    /// The camera that nothing happens to.
    pub const OTHER: u8 = 1;

    /// Begins when both cameras are seen.
    ///
    /// # Errors
    /// One of them is not seen.
    pub async fn begin(bridge: &Bridge, camera: u8) -> Result<Self> {
        let viewer = WsClient::connect(bridge.address).await?;
        let mut watch = Self { bridge: bridge.address, viewer, last_seen: None, longest_pause: Duration::ZERO };
        watch.until_seen(camera, PATIENCE).await?;
        watch.until_seen(Self::OTHER, PATIENCE).await?;
        watch.look_away();
        Ok(watch)
    }

    /// Waits for a frame of a camera.
    ///
    /// # Errors
    /// None came within that time.
    pub async fn until_seen(&mut self, camera: u8, within: Duration) -> Result<()> {
        let is_there = |message: &Message| match message {
            Message::Bundle(bundle) => bundle.frame(camera).is_some(),
            Message::Text(_) => false,
        };
        self.until(within, is_there).await.with_context(|| format!("no frame of camera {camera} within {within:?}"))
    }

    /// Waits for something else without looking away.
    ///
    /// # Errors
    /// Those of what is waited for; the other camera is not seen any more.
    pub async fn meanwhile<T>(&mut self, event: impl Future<Output = Result<T>>) -> Result<T> {
        let mut event = pin!(event);
        loop {
            tokio::select! {
                done = &mut event => return done,
                seen = self.until_seen(Self::OTHER, PATIENCE) => seen?,
            }
        }
    }

    /// Waits until `/api/status` says something of a camera; `what` names it in messages. Gives what it said.
    ///
    /// # Errors
    /// It did not say so in time.
    pub async fn until_status(&mut self, camera: u8, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let cameras = status_of_cameras(self.bridge).await?;
            let status = cameras.into_iter().find(|status| status["camera_id"] == camera).context("no such camera")?;
            if is_so(&status) {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("camera {camera} is not {what}: {status}");
            }
            // The status changes once a second at most; the other camera is watched meanwhile.
            self.until_seen(Self::OTHER, PATIENCE).await?;
        }
    }

    /// Waits until a camera is in a state for a cause.
    ///
    /// # Errors
    /// It was not in time.
    pub async fn until_cause(&mut self, camera: u8, state: &str, cause: &str) -> Result<Value> {
        let is_so = |status: &Value| status["state"] == state && status["cause"] == cause;
        self.until_status(camera, &format!("{state} ({cause})"), is_so).await
    }

    /// What happens from here to the next frame is no pause: the test itself holds the other camera up.
    pub fn look_away(&mut self) {
        (self.last_seen, self.longest_pause) = (None, Duration::ZERO);
    }

    /// The other camera was seen all the time.
    ///
    /// # Errors
    /// It paused.
    pub fn other_never_paused(&self) -> Result<()> {
        println!("the other camera's longest pause: {:?}", self.longest_pause);
        ensure!(self.longest_pause < PAUSE, "the other camera paused for {:?}", self.longest_pause);
        Ok(())
    }

    async fn until(&mut self, within: Duration, is_it: impl Fn(&Message) -> bool) -> Result<()> {
        let deadline = Instant::now() + within;
        loop {
            let message = self.viewer.next_by(deadline).await?;
            if let Message::Bundle(bundle) = &message {
                self.note(bundle);
            }
            if is_it(&message) {
                return Ok(());
            }
        }
    }

    fn note(&mut self, bundle: &FrameBundle) {
        if bundle.frame(Self::OTHER).is_none() {
            return;
        }
        let now = Instant::now();
        if let Some(last) = self.last_seen.replace(now) {
            self.longest_pause = self.longest_pause.max(now - last);
        }
    }
}
