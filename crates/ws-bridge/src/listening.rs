//! A bridge with both its sockets open: from the start of the process to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;

use crate::bridge::Bridge;
use crate::options::Options;
use crate::round_trip::{self, Question, RoundTrip};
use crate::socket_file::{self, SocketFile, SocketTaken};
use crate::tls::{BadCertificate, Certificate};
use crate::{guard, ingest, server, skips, socket_options};

/// Listening sockets, standard streams, what the runtime waits with, and some to spare.
const OUR_OWN_FILES: usize = 64;

/// Why a bridge cannot start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The address for viewers is taken.
    #[error("{address} is taken by another program: stop it, or choose another address with --listen")]
    Taken {
        /// The address.
        address: SocketAddr,
    },
    /// The address for viewers is not to be had.
    #[error("cannot listen on {address} ({cause}): choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// As the system says.
        cause: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Certificate(#[from] BadCertificate),
    /// The path for grabbers is not to be had.
    #[error(transparent)]
    Socket(#[from] SocketTaken),
}

/// A bridge that listens, for viewers and for grabbers.
#[derive(Debug)]
pub struct Listening {
    bridge: Bridge,
    viewers: TcpListener,
    certificate: Option<Arc<Certificate>>,
    address: SocketAddr,
    grabbers: UnixListener,
    socket_file: SocketFile,
    round_trip: RoundTrip,
    questions: mpsc::Receiver<Question>,
}

impl Listening {
    /// Opens both sockets, and as many files as we may.
    ///
    /// # Errors
    /// One of them is taken, or not ours to take; or the certificate cannot be used.
    pub async fn open(options: Options) -> Result<Self, CannotStart> {
        let certificate = options.tls.as_ref().map(Certificate::load).transpose()?.map(Arc::new);
        let address = options.listen;
        let cannot = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AddrInUse => CannotStart::Taken { address },
            _ => CannotStart::Listen { address, cause },
        };
        let viewers = TcpListener::bind(address).await.map_err(cannot)?;
        let address = viewers.local_addr().map_err(cannot)?;
        let (grabbers, socket_file) = socket_file::listen(&options.socket).await?;
        state_file_limit(&options);
        let (round_trip, questions) = round_trip::open();
        let bridge = Bridge::new(options);
        if let Some(certificate) = certificate.clone() {
            bridge.reload_with(certificate);
        }
        Ok(Self { bridge, viewers, certificate, address, grabbers, socket_file, round_trip, questions })
    }

    /// Where viewers connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What viewers' connections are encrypted with, if they are.
    pub fn certificate(&self) -> Option<&Arc<Certificate>> {
        self.certificate.as_ref()
    }

    /// The bridge behind it.
    pub fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// Tells, while it serves, whether bundles would get through.
    pub fn round_trip(&self) -> RoundTrip {
        self.round_trip.clone()
    }

    /// Serves until `stop`; then closes the viewers and removes the socket file, in little more than a second.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let viewers = tokio::spawn(server::serve(self.viewers, self.certificate, self.bridge.clone()));
        let grabbers = tokio::spawn(ingest::serve(self.grabbers, self.bridge.clone(), self.questions));
        self.bridge.tasks.spawn(skips::tell(self.bridge.clone()));
        stop.await;
        self.bridge.close().await;
        let _ = tokio::join!(viewers, grabbers);
        drop(self.socket_file);
    }
}

/// Every connection takes a file, and so does what the bridge itself has open.
pub(crate) fn state_file_limit(options: &Options) {
    let needed = guard::all_connections(options).saturating_add(ingest::MAX_GRABBERS + OUR_OWN_FILES) as u64;
    match socket_options::raise_file_limit() {
        None => tracing::info!("open files: no limit"),
        Some(limit) if limit < needed => {
            tracing::warn!(
                limit,
                needed,
                max_clients = options.max_clients,
                "open files: fewer than max_clients needs; raise the hard limit (ulimit -Hn)"
            );
        }
        Some(limit) => tracing::info!(limit, "open files"),
    }
}
