//! `/`: every bundle over a WebSocket; the same path without an upgrade is the page.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::asked::Keys;
use super::openapi::answers::{BadRequest, ForeignPage, Full};
use super::{asked, page, refuse, websocket};
use crate::bridge::Bridge;
use crate::client::BundleFeed;
use crate::websocket::asks_for_websocket;

/// The page, or every bundle over a WebSocket where the request asks for one
///
/// The first message is text, `{"type":"meta",…}`, and comes again after each change; then each bundle is one binary
/// message, as proto/frame-bundle.md has it. Parameters are for the WebSocket alone.
#[utoipa::path(get, path = "/", tag = "pictures", params(Keys), responses(
    (status = 101, description = "A WebSocket"),
    (status = 200, description = "The page", content_type = "text/html"),
    BadRequest, ForeignPage, Full
))]
pub(crate) async fn page_or_bundles(State(bridge): State<Bridge>, request: Request) -> Response {
    if request.method() != Method::GET || !asks_for_websocket(request.headers()) {
        return page::page(request.extensions().get());
    }
    let accept = match websocket::check(&bridge, &request) {
        Ok(accept) => accept,
        Err(refusal) => return *refusal,
    };
    match asked::parse(request.uri()) {
        Ok(asked) => websocket::open(bridge, request, accept, asked, |bridge, client| {
            BundleFeed::new(bridge.hub.clone(), client)
        }),
        Err(sentence) => refuse(StatusCode::BAD_REQUEST, sentence),
    }
}
