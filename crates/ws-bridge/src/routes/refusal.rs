//! How a request is refused: a status, and one sentence that a person can act on.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::scene::Scene;

pub(crate) fn refuse(status: StatusCode, sentence: impl std::fmt::Display) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n")).into_response()
}

/// All places for viewers are taken.
pub(crate) fn full(max_clients: usize) -> Response {
    tracing::debug!(max_clients, "viewer turned away: all places are taken");
    let sentence = format!("all {max_clients} places are taken (bridge.max_clients): try again later");
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, sentence);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// There is no camera with this id.
pub(crate) fn no_camera(id: &str, scene: &Scene) -> Response {
    refuse(StatusCode::NOT_FOUND, no_camera_sentence(id, scene))
}

pub(crate) fn no_camera_sentence(id: &str, scene: &Scene) -> String {
    let known: Vec<String> = scene.cameras.keys().map(u8::to_string).collect();
    match known.is_empty() {
        true => "there is no camera yet".into(),
        false => format!("there is no camera {id:?}; there are: {}", known.join(", ")),
    }
}
