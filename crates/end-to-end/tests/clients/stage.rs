//! Both programs, with test patterns that are seen.

use anyhow::Result;
use end_to_end::{Bridge, PATIENCE, Place, Process, WsClient, pattern_camera};

/// A running bridge with a grabber.
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) bridge: Bridge,
    _grabber: Process,
}

impl Stage {
    /// As many test patterns, 640x480 at 30 frames a second, with ids from 0.
    pub(crate) async fn with_cameras(count: u8) -> Result<Self> {
        Self::with(&(0..count).map(pattern_camera).collect::<String>(), count.into()).await
    }

    /// The cameras of a configuration; begins when all are seen.
    pub(crate) async fn with(config: &str, count: u16) -> Result<Self> {
        let place = Place::new(config)?;
        let bridge = place.bridge().await?;
        let mut viewer = WsClient::connect(bridge.address).await?;
        let grabber = place.grabber(&[])?;
        viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == count).await?;
        Ok(Self { place, bridge, _grabber: grabber })
    }

    /// The address of a face, for programs that speak HTTP.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.bridge.address)
    }

    /// The address of a face, for programs that speak WebSocket.
    pub(crate) fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.bridge.address)
    }
}
