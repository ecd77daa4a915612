//! Both programs, with test patterns that are seen.

use anyhow::Result;
use end_to_end::{Bridge, PATIENCE, Place, Process, WsClient, pattern_camera};
use serde_json::Value;

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

    /// So many cameras of a configuration; begins when all are seen, and the bridge knows that they stream.
    pub(crate) async fn with(config: &str, count: usize) -> Result<Self> {
        let place = Place::new(config)?;
        let bridge = place.bridge().await?;
        let mut viewer = WsClient::connect(bridge.address).await?;
        let grabber = place.grabber(&[])?;
        let all_stream = |meta: &Value| {
            let cameras = meta["cameras"].as_array().into_iter().flatten();
            // With a rate where its grabber has told of it, and not only sent a frame.
            cameras.filter(|camera| camera["state"] == "streaming" && !camera["fps"].is_null()).count() == count
        };
        viewer.meta_where(PATIENCE, all_stream).await?;
        viewer.bundle_where(PATIENCE, |bundle| usize::from(bundle.camera_count()) == count).await?;
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
