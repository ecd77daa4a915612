//! What holds where the file says nothing.

use std::collections::BTreeMap;

use crate::{Bridge, BundleMode, Camera, Config, DEFAULT_SOCKET, Encoder, Source, Stream};

impl Default for Config {
    fn default() -> Self {
        Self {
            socket: DEFAULT_SOCKET.into(),
            allowed_uids: Vec::new(),
            stream: Stream::default(),
            cameras: Vec::new(),
            bridge: Bridge::default(),
        }
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            fps: 30.0,
            jpeg_quality: 80,
            encoder: Encoder::Turbo,
            bundle: BundleMode::Latest,
            max_wait_ms: None,
            tolerance_ms: 5.0,
        }
    }
}

impl Default for Bridge {
    fn default() -> Self {
        Self {
            listen: ([0, 0, 0, 0], 8765).into(),
            max_clients: 1024,
            max_clients_per_address: None,
            max_bundle_mib: 64,
            view_token: None,
            control_token: None,
            tls: None,
            allowed_origins: Vec::new(),
            cors: false,
            trusted_proxies: Vec::new(),
            public_url: None,
        }
    }
}

impl Camera {
    /// A camera of which no more is said than its id and where it is.
    pub fn new(id: u8, source: Source) -> Self {
        Self {
            id,
            name: format!("Camera {id}"),
            source,
            width: None,
            height: None,
            region: None,
            fps: None,
            pixel_format: None,
            exposure_us: None,
            gain_db: None,
            trigger: None,
            packet_size: None,
            packet_delay_ns: None,
            features: BTreeMap::new(),
            controls: BTreeMap::new(),
            complete_jpeg: false,
            stream_fps: None,
            jpeg_quality: None,
        }
    }
}
