//! How a request is refused: a status, and one sentence that a person can act on.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) fn refuse(status: StatusCode, sentence: impl std::fmt::Display) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n")).into_response()
}
