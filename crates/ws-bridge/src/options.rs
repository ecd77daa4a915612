//! What a bridge is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cameracast_config::Config;

use crate::hub;

/// How a bridge runs. [`Default`] is what holds without a configuration file.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where viewers connect; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// Where grabbers connect.
    pub socket: PathBuf,
    /// User ids that may connect to the socket beside our own and root.
    pub allowed_uids: Vec<u32>,
    /// Viewers at a time.
    pub max_clients: usize,
    /// The largest bundle taken from a grabber, in bytes.
    pub max_bundle_size: usize,
    /// Pages that may open a WebSocket beside our own, as a browser names them: `https://example.com:8443`.
    pub allowed_origins: Vec<String>,
    /// A client that takes no byte for so long is reset.
    pub stuck_at_most: Duration,
    /// A grabber that has not answered a request by then is taken to be silent.
    pub answer_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self::from(&Config::default())
    }
}

impl From<&Config> for Options {
    fn from(config: &Config) -> Self {
        Self {
            listen: config.bridge.listen,
            socket: config.socket.clone(),
            allowed_uids: config.allowed_uids.clone(),
            max_clients: config.bridge.max_clients,
            max_bundle_size: config.bridge.max_bundle_mib << 20,
            allowed_origins: Vec::new(),
            stuck_at_most: Duration::from_secs(10),
            answer_within: hub::ANSWER_WITHIN,
        }
    }
}
