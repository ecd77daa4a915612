//! The bridge's faces, one file each, and the table of their paths.

mod asked;
mod bundles;
mod health;
mod page;
mod refusal;
mod status;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;

use crate::bridge::Bridge;
use refusal::refuse;

/// The address of who sent a request, which the server puts into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub std::net::SocketAddr);

pub(crate) fn router(bridge: Bridge) -> Router {
    Router::new()
        .route("/", get(bundles::page_or_bundles))
        .route("/api/status", get(status::status))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(page::assets())
        .fallback(nothing_here)
        .method_not_allowed_fallback(only_get)
        .with_state(bridge)
}

async fn nothing_here(uri: Uri) -> Response {
    refuse(
        StatusCode::NOT_FOUND,
        format!("there is nothing at {}; the page is at /, the status at /api/status", uri.path()),
    )
}

async fn only_get(uri: Uri) -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, format!("{} takes GET only", uri.path()))
}
