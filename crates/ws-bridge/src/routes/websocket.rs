//! Opens a WebSocket for one of the faces that have one.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};

use super::refusal::full;
use super::{ClientAddress, refuse};
use crate::bridge::Bridge;
use crate::client::{Asked, Client, Feed, Socket, Visitor};
use crate::log_limit::LogLimit;
use crate::refusals::Reason;
use crate::takeover::Below;
use crate::websocket::{self, BadHandshake};

static FOREIGN: LogLimit = LogLimit::new(1);

/// Checks that a request may open a WebSocket; gives the value of `Sec-WebSocket-Accept`.
pub(super) fn check(bridge: &Bridge, request: &Request) -> Result<HeaderValue, Box<Response>> {
    if request.method() != Method::GET || request.version() < Version::HTTP_11 {
        return Err(refuse(StatusCode::BAD_REQUEST, "a WebSocket is opened by GET over HTTP/1.1").into());
    }
    bridge.guard.check_origin(request.headers()).map_err(|foreign| {
        bridge.refusals.count(Reason::Origin);
        if let Some(held_back) = FOREIGN.allows(Instant::now()) {
            let address = ClientAddress::of(request).map(tracing::field::display);
            tracing::warn!(address, held_back, "WebSocket refused: {foreign}");
        }
        refuse(StatusCode::FORBIDDEN, foreign)
    })?;
    Ok(websocket::accept(request.headers()).map_err(refuse_handshake)?)
}

/// Opens it for a request that was checked. What goes out is chosen by what `feed` gives.
pub(super) fn open<F: Feed>(
    bridge: Bridge,
    mut request: Request,
    accept: HeaderValue,
    asked: Asked,
    feed: impl FnOnce(&Bridge, Arc<Client>) -> F + Send + 'static,
) -> Response {
    let address = ClientAddress::of(&request);
    let place = match bridge.guard.enter(address) {
        Ok(place) => place,
        Err(none) => return full(&bridge, none),
    };
    let Some(below) = Below::of(&mut request) else {
        return refuse(StatusCode::BAD_REQUEST, "this connection cannot become a WebSocket: use HTTP/1.1");
    };
    let path = request.uri().path().into();
    let (tasks, stuck_at_most) = (bridge.tasks.clone(), bridge.options.stuck_at_most);
    let visitor = Visitor { bridge, address, path, asked, place };
    let theirs = below.then(move |stream, early| {
        let socket = Socket::new(stream, early, stuck_at_most);
        visitor.watch(socket, feed)
    });
    theirs.map(|serve| tasks.spawn(serve));
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
