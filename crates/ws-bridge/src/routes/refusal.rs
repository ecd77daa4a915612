//! How a request is refused: a status, and one sentence that a person can act on.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::bridge::Bridge;
use crate::places::Full;
use crate::refusals::Reason;
use crate::scene::Scene;

pub(crate) fn refuse(status: StatusCode, sentence: impl std::fmt::Display) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n")).into_response()
}

/// There is no place for one more viewer.
pub(crate) fn full(bridge: &Bridge, full: Full) -> Response {
    bridge.refusals.count(match full {
        Full::All(_) => Reason::MaxClients,
        Full::OfAddress(_) => Reason::MaxClientsPerAddress,
    });
    tracing::debug!("viewer turned away: {full}");
    later(StatusCode::SERVICE_UNAVAILABLE, full, Duration::from_secs(5))
}

/// It is worth trying again after a while.
pub(crate) fn later(status: StatusCode, sentence: impl std::fmt::Display, after: Duration) -> Response {
    let mut response = refuse(status, sentence);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    response
}

/// Nobody has shown a token, or a wrong one.
pub(crate) fn challenge(mut response: Response, is_wrong: bool) -> Response {
    let bearer = if is_wrong { "Bearer error=\"invalid_token\"" } else { "Bearer" };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(bearer));
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
