//! The bridge's faces, one file each, and the table of their paths.

mod asked;
mod bundles;
mod camera;
mod control;
mod health;
mod mjpeg;
mod page;
mod refusal;
mod snapshot;
mod status;
mod websocket;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};

use crate::bridge::Bridge;
use refusal::{no_camera, refuse};

/// The address of who sent a request, which the server puts into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub std::net::SocketAddr);

impl ClientAddress {
    /// Where a request came from, if that is known.
    pub(crate) fn of(request: &Request) -> Option<std::net::SocketAddr> {
        request.extensions().get::<Self>().map(|address| address.0)
    }
}

pub(crate) fn router(bridge: Bridge) -> Router {
    Router::new()
        .route("/", get(bundles::page_or_bundles))
        .route("/camera/{id}", get(camera::camera))
        .route("/stream", get(mjpeg::first))
        .route("/stream/{id}", get(mjpeg::one))
        .route("/api/status", get(status::status))
        .route("/api/camera/start", post(control::start))
        .route("/api/camera/stop", post(control::stop))
        .route("/api/camera/config", post(control::configure))
        .route("/api/camera/{id}/start", post(control::start))
        .route("/api/camera/{id}/stop", post(control::stop))
        .route("/api/camera/{id}/config", post(control::configure))
        .route("/api/frame", get(snapshot::of_the_first))
        .route("/api/frame/{id}", get(snapshot::of_camera))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(page::assets())
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .with_state(bridge)
}

async fn nothing_here(uri: Uri) -> Response {
    refuse(
        StatusCode::NOT_FOUND,
        format!("there is nothing at {}; the page is at /, the status at /api/status", uri.path()),
    )
}

async fn other_method(uri: Uri) -> Response {
    let taken = if uri.path().contains("/api/camera/") { "POST" } else { "GET" };
    refuse(StatusCode::METHOD_NOT_ALLOWED, format!("{} takes {taken} only", uri.path()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use tower_service::Service;

    use super::*;
    use crate::options::Options;

    async fn status(app: &Router, path: &str) -> u16 {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().call(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn under_a_path_everything_is_below_it() {
        let bridge = Bridge::new(Options::default());
        let service = Router::new().nest_service("/cams", bridge.router());
        let nested = Router::new().nest("/cams/", bridge.router());
        for app in [&service, &nested] {
            for (path, expected) in [
                ("/cams/", 200),
                ("/cams/viewer.mjs", 200),
                ("/cams/healthz", 200),
                ("/cams/api/frame", 503),
                ("/", 404),
            ] {
                assert_eq!(status(app, path).await, expected, "{path}");
            }
        }
        assert_eq!((status(&service, "/cams").await, status(&nested, "/cams").await), (307, 404));
    }
}
