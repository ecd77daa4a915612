//! The bridge's faces, one file each, and the table of their paths.

mod admit;
mod asked;
mod bundles;
mod camera;
mod camera_id;
mod control;
mod cors;
mod health;
mod metrics;
mod mjpeg;
mod openapi;
mod page;
mod refusal;
mod reload;
mod snapshot;
mod status;
mod websocket;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bridge::Bridge;
#[cfg(fuzzing)]
pub(crate) use asked::{pace_of, parse as asked};
use camera_id::CameraId;
#[cfg(fuzzing)]
pub(crate) use metrics::of_grabbers as metrics_of_grabbers;
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

fn only_reads(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

pub(crate) fn router(bridge: Bridge) -> Router {
    Router::from(faces())
        .merge(page::assets())
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(bridge.clone(), admit::admit))
        .layer(from_fn_with_state(bridge.clone(), cors::share))
        .with_state(bridge)
}

/// All paths but those of the page's files; method and path of each stand at its handler, with their description.
fn faces() -> OpenApiRouter<Bridge> {
    OpenApiRouter::with_openapi(openapi::Faces::openapi())
        .routes(routes!(bundles::page_or_bundles))
        .routes(routes!(camera::camera))
        .routes(routes!(mjpeg::first))
        .routes(routes!(mjpeg::one))
        .routes(routes!(snapshot::of_the_first))
        .routes(routes!(snapshot::of_camera))
        .routes(routes!(status::status))
        .routes(routes!(control::start_first))
        .routes(routes!(control::stop_first))
        .routes(routes!(control::trigger_first))
        .routes(routes!(control::configure_first))
        .routes(routes!(control::start))
        .routes(routes!(control::stop))
        .routes(routes!(control::trigger))
        .routes(routes!(control::configure))
        .routes(routes!(reload::reload))
        .routes(routes!(metrics::metrics))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::document))
}

async fn nothing_here(uri: Uri) -> Response {
    refuse(
        StatusCode::NOT_FOUND,
        format!("there is nothing at {}; the page is at /, the status at /api/status", uri.path()),
    )
}

async fn other_method(uri: Uri) -> Response {
    let changes = ["/api/camera/", "/api/reload"].iter().any(|path| uri.path().contains(path));
    let taken = if changes { "POST" } else { "GET" };
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
