//! Lets pages from anywhere read what is only read, where the configuration says so (`bridge.cors`): what a page of
//! another site may do with an answer is decided by the browser, which asks these headers. Control is not shared, and
//! cookies are not taken from elsewhere: such a page sends the token itself.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::only_reads;
use crate::bridge::Bridge;

const ANYBODY: (HeaderName, HeaderValue) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

pub(crate) async fn share(State(bridge): State<Bridge>, request: Request, next: Next) -> Response {
    if !bridge.current().cors {
        return next.run(request).await;
    }
    if asks_whether_it_may_read(&request) {
        let may = [
            ANYBODY,
            (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD")),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, If-None-Match")),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        ];
        return (StatusCode::NO_CONTENT, may).into_response();
    }
    let reads = only_reads(&request);
    let mut response = next.run(request).await;
    if reads && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let shown = HeaderValue::from_static("ETag, Retry-After, X-Camera-Id, X-Frame-Number, X-Timestamp");
        response.headers_mut().extend([ANYBODY, (header::ACCESS_CONTROL_EXPOSE_HEADERS, shown)]);
    }
    response
}

/// A browser asks before it sends a header of its own, such as a token.
fn asks_whether_it_may_read(request: &Request) -> bool {
    let method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && method.is_some_and(|method| method == "GET" || method == "HEAD")
}
