//! `/`: every bundle over a WebSocket; the same path without an upgrade is the page.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::{ClientAddress, asked, page, refuse};
use crate::bridge::{Bridge, GOODBYE};
use crate::client::{Asked, BundleFeed, ClientStream, Connection, End, Socket};
use crate::websocket::{self, BadHandshake, CloseCode};
use crate::write_deadline::WriteDeadline;

/// The page, or a WebSocket where the request asks for one.
pub(crate) async fn page_or_bundles(State(bridge): State<Bridge>, mut request: Request) -> Response {
    if request.method() != Method::GET || !websocket::asks_for_websocket(request.headers()) {
        return page::page();
    }
    if let Err(foreign) = bridge.guard.check_origin(request.headers()) {
        return refuse(StatusCode::FORBIDDEN, foreign);
    }
    let accept = match websocket::accept(request.headers()) {
        Ok(accept) => accept,
        Err(bad) => return refuse_handshake(bad),
    };
    let asked = match asked::parse(request.uri()) {
        Ok(asked) => asked,
        Err(sentence) => return refuse(StatusCode::BAD_REQUEST, sentence),
    };
    let Some(place) = bridge.guard.enter() else { return full(bridge.options.max_clients) };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return refuse(StatusCode::BAD_REQUEST, "this connection cannot become a WebSocket: use HTTP/1.1");
    };
    let address = request.extensions().get::<ClientAddress>().map(|address| address.0);
    let visitor = Visitor { address, path: request.uri().path().into(), asked, _place: place };
    bridge.tasks.spawn(visitor.watch(bridge.clone(), upgrade));
    switch_protocols(accept)
}

/// A client whose WebSocket is about to open.
struct Visitor {
    address: Option<SocketAddr>,
    path: String,
    asked: Asked,
    /// Held as long as the client is there.
    _place: OwnedSemaphorePermit,
}

impl Visitor {
    async fn watch(self, bridge: Bridge, upgrade: OnUpgrade) {
        // Where the client has gone before the answer reached it, there is nothing to say.
        let Ok(upgraded) = upgrade.await else { return };
        let other = match upgraded.downcast::<TokioIo<WriteDeadline<TcpStream>>>() {
            Ok(parts) => return self.serve(&bridge, parts.io.into_inner().into_inner(), parts.read_buf).await,
            Err(other) => other,
        };
        // Of another server that our router runs in.
        match other.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => self.serve(&bridge, parts.io.into_inner(), parts.read_buf).await,
            Err(other) => self.serve::<TokioIo<Upgraded>>(&bridge, TokioIo::new(other), Bytes::new()).await,
        }
    }

    async fn serve<S: ClientStream>(self, bridge: &Bridge, stream: S, early: Bytes) {
        let entry = bridge.clients.enter(self.address, self.path, self.asked);
        let client = entry.client.clone();
        let address = client.address.map(tracing::field::display);
        tracing::info!(client = client.number, address, "viewer connected");

        let socket = Socket::new(stream, early, bridge.options.stuck_at_most);
        let connection = Connection::new(socket, BundleFeed::new(bridge.hub.clone(), client.clone()));
        let place = bridge.fan.join(connection.clone());
        let end = tokio::select! {
            biased;
            () = bridge.closing.cancelled() => {
                End::Close { code: CloseCode::GOING_AWAY, reason: "the bridge is going away".into() }
            }
            end = connection.drive() => end,
        };
        drop(place);

        let got = client.delivered();
        tracing::info!(client = client.number, bundles = got.bundles, skipped = got.skipped, "viewer gone: {end}");
        drop(entry);
        connection.end(&end, GOODBYE).await;
    }
}

fn switch_protocols(accept: HeaderValue) -> Response {
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn refuse_handshake(bad: BadHandshake) -> Response {
    let mut response = refuse(StatusCode::BAD_REQUEST, bad);
    if bad == BadHandshake::Version {
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

fn full(max_clients: usize) -> Response {
    tracing::debug!(max_clients, "viewer turned away: all places are taken");
    let sentence = format!("all {max_clients} places are taken (bridge.max_clients): try again later");
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, sentence);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
