//! What a bridge is told when it starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cameracast_config::{Config, Network, TlsFiles, TokenError, Tokens};

use crate::hub;

/// Where systemd says in which folder a service's credentials are.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

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
    /// Viewers of one address at a time; `None`: no limit of its own.
    pub max_clients_per_address: Option<usize>,
    /// The largest bundle taken from a grabber, in bytes.
    pub max_bundle_size: usize,
    /// What lets people watch and change cameras. Without any, everybody may watch, and who sits at the bridge's machine
    /// may change cameras.
    pub tokens: Tokens,
    /// Certificate and key, for a bridge that listens itself; plain HTTP without.
    pub tls: Option<TlsFiles>,
    /// Pages that may open a WebSocket beside our own, as a browser names them: `https://example.com:8443`.
    pub allowed_origins: Vec<String>,
    /// Whether pages from anywhere may read what is only read.
    pub cors: bool,
    /// Proxies whose `X-Forwarded-For` is believed, for a bridge that listens itself.
    pub trusted_proxies: Vec<Network>,
    /// Where people find the bridge, if a proxy stands before it.
    pub public_url: Option<String>,
    /// A client that takes no byte for so long is reset.
    pub stuck_at_most: Duration,
    /// A grabber that has not answered a request by then is taken to be silent.
    pub answer_within: Duration,
}

impl Options {
    /// Whether browsers reach the bridge by HTTPS.
    pub(crate) fn is_https(&self) -> bool {
        let by_proxy = |url: &str| url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        self.tls.is_some() || self.public_url.as_deref().is_some_and(by_proxy)
    }

    fn with(config: &Config, tokens: Tokens) -> Self {
        let bridge = &config.bridge;
        Self {
            listen: bridge.listen,
            socket: config.socket.clone(),
            allowed_uids: config.allowed_uids.clone(),
            max_clients: bridge.max_clients,
            max_clients_per_address: bridge.max_clients_per_address,
            max_bundle_size: bridge.max_bundle_mib << 20,
            tokens,
            tls: bridge.tls.clone(),
            allowed_origins: bridge.allowed_origins.clone(),
            cors: bridge.cors,
            trusted_proxies: bridge.trusted_proxies.clone(),
            public_url: bridge.public_url.clone(),
            stuck_at_most: Duration::from_secs(10),
            answer_within: hub::ANSWER_WITHIN,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::with(&Config::default(), Tokens::default())
    }
}

impl TryFrom<&Config> for Options {
    type Error = TokenError;

    /// Reads the tokens, too, where they are in files or systemd's credentials.
    fn try_from(config: &Config) -> Result<Self, TokenError> {
        let credentials = std::env::var_os(CREDENTIALS);
        Ok(Self::with(config, config.bridge.tokens(credentials.as_deref().map(Path::new))?))
    }
}
