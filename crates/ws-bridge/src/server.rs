//! Accepts viewers' connections and serves HTTP on them, until one becomes a stream of pictures and leaves.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use crate::bridge::{Bridge, GOODBYE};
use crate::client::{Face, ViewerStream, Wire};
use crate::log_limit::LogLimit;
use crate::places::{Full, Place};
use crate::refusals::Reason;
use crate::routes::ClientAddress;
use crate::socket_options;
use crate::takeover::Takeover;
use crate::tls::Certificate;
use crate::write_deadline::WriteDeadline;

/// How long a client may take for the head of a request, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to agree on how to encrypt.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 << 10;
/// How long accepting pauses when the system is out of something, files above all.
const PAUSE: Duration = Duration::from_millis(100);
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

static PAUSED: LogLimit = LogLimit::new(1);
static TURNED_AWAY: LogLimit = LogLimit::new(1);
static RESET: LogLimit = LogLimit::new(5);

/// Serves until the bridge closes, encrypted where there is a certificate.
pub(crate) async fn serve(listener: TcpListener, certificate: Option<Arc<Certificate>>, bridge: Bridge) {
    let router = bridge.router();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = bridge.closing.cancelled() => return,
        };
        if let Ok((stream, address)) = &accepted
            && let Err(error) = socket_options::for_viewer(stream)
        {
            tracing::debug!(%address, "socket options: {error}"); // gone already; reading will tell
        }
        match accepted {
            Ok((stream, address)) => match bridge.guard.connect(address) {
                Ok(place) => {
                    let connection =
                        Connection { address, router: router.clone(), bridge: bridge.clone(), _place: place };
                    let certificate = certificate.clone();
                    bridge.tasks.spawn(async move {
                        match certificate {
                            None => connection.serve(Wire::Tcp(stream)).await,
                            Some(certificate) => connection.serve_encrypted(stream, &certificate).await,
                        }
                    });
                }
                Err(full) => {
                    bridge.refusals.count(Reason::Connections);
                    turn_away(&stream, certificate.is_some(), full);
                }
            },
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if let Some(held_back) = PAUSED.allows(Instant::now()) {
                    tracing::error!(held_back, "cannot accept viewers, trying again: {error}");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// A connection that speaks HTTP.
struct Connection {
    address: SocketAddr,
    router: Router,
    bridge: Bridge,
    /// Held until it has become a stream of pictures, or ends.
    _place: Place,
}

impl Connection {
    async fn serve_encrypted(self, stream: TcpStream, certificate: &Certificate) {
        let address = self.address;
        let handshake = timeout(HANDSHAKE_TIMEOUT, certificate.acceptor().accept(stream));
        match self.bridge.closing.clone().run_until_cancelled(handshake).await {
            Some(Ok(Ok(stream))) => self.serve(Wire::Tls(Box::new(stream))).await,
            Some(Ok(Err(error))) => tracing::debug!(%address, "TLS handshake failed: {error}"),
            Some(Err(_)) => tracing::debug!(%address, "TLS handshake took longer than {HANDSHAKE_TIMEOUT:?}"),
            None => {}
        }
    }

    async fn serve(self, wire: Wire) {
        let Self { address, router, bridge, _place } = self;
        #[cfg(test)]
        let wire = Wire::Probed(crate::probed::Probed::new(wire, address, &bridge).into());
        let takeover = Takeover::default();
        let (offered, guard) = (takeover.clone(), bridge.guard.clone());
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            let client = guard.client_of(address, request.headers());
            request.extensions_mut().insert(ClientAddress(client));
            request.extensions_mut().insert(offered.clone());
            Box::pin(router.clone().call(request.map(Body::new)))
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(WriteDeadline::new(wire, bridge.options.stuck_at_most)), service);
        let served = tokio::select! {
            served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
            () = bridge.closing.cancelled() => {
                Pin::new(&mut connection).graceful_shutdown();
                timeout(GOODBYE, poll_fn(|cx| connection.poll_without_shutdown(cx))).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = served {
            let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
            match cause.filter(|cause| cause.kind() == io::ErrorKind::TimedOut) {
                Some(stalled) => {
                    bridge.clients.count_stalled(Face::Http);
                    if let Some(held_back) = RESET.allows(Instant::now()) {
                        tracing::info!(%address, held_back, "HTTP connection reset: {stalled}");
                    }
                }
                None => tracing::debug!(%address, "HTTP connection ended: {error}"),
            }
            return;
        }
        let parts = connection.into_parts();
        let mut stream = parts.io.into_inner();
        match takeover.take() {
            // In a task of its own: this one is larger than a viewer needs.
            Some(serve) => drop(bridge.tasks.spawn(serve(ViewerStream::new(stream.into_inner()), parts.read_buf))),
            None => drop(timeout(GOODBYE, linger(&mut stream)).await), // fails where the client was faster
        }
    }
}

/// Waits until the client has read the last answer and gone: a socket that is closed while bytes of the client are
/// unread, of a body that was too large for one, takes the answer with it.
async fn linger(stream: &mut WriteDeadline<Wire>) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 4096];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

fn turn_away(stream: &TcpStream, encrypted: bool, full: Full) {
    if !encrypted {
        let _ = stream.try_write(FULL); // it is closed in any case
    }
    if let Some(held_back) = TURNED_AWAY.allows(Instant::now()) {
        let limit = match full {
            Full::All(_) => "bridge.max_clients",
            Full::OfAddress(_) => "bridge.max_clients_per_address",
        };
        tracing::warn!(held_back, "connection turned away: too many are open ({limit})");
    }
}

/// Errors of a connection that ended before it was accepted; the next one may be fine.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
