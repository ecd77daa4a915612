//! `/stream`, `/stream/{id}`: MJPEG, as browsers show it in an image and most programs read it.
//!
//! Our own server gives its connection away once the head is out; from there on a part takes the same way as a bundle.
//! The answer is HTTP/1.0, which ends with its connection: readers of MJPEG that know nothing of chunks take it.

use std::convert::Infallible;
use std::future::ready;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::once;

use super::asked::Pacing;
use super::openapi::answers::{BadRequest, Full, NoSuchCamera};
use super::refusal::full;
use super::{CameraId, ClientAddress, asked, no_camera, refuse};
use crate::bridge::Bridge;
use crate::camera_set::CameraSet;
use crate::client::{Asked, BOUNDARY, FIRST_BOUNDARY, Face, Socket, StreamFeed, Visitor};
use crate::takeover::Takeover;

/// MJPEG of the first camera
///
/// Without an end: each part is a JPEG with `Content-Length` and `X-Timestamp`, in seconds of Unix time.
#[utoipa::path(get, path = "/stream", tag = "pictures", operation_id = "stream_first", params(Pacing), responses(
    (status = 200, description = "Pictures", content_type = "multipart/x-mixed-replace"),
    BadRequest, NoSuchCamera, Full
))]
pub(crate) async fn first(State(bridge): State<Bridge>, request: Request) -> Response {
    let first = bridge.hub.scene().cameras.keys().next().copied();
    match first {
        Some(camera) => open(bridge, camera, request),
        None => refuse(StatusCode::NOT_FOUND, "there is no camera yet"),
    }
}

/// MJPEG of one camera
#[utoipa::path(get, path = "/stream/{id}", tag = "pictures", operation_id = "stream", params(CameraId, Pacing), responses(
    (status = 200, description = "Pictures", content_type = "multipart/x-mixed-replace"),
    BadRequest, NoSuchCamera, Full
))]
pub(crate) async fn one(State(bridge): State<Bridge>, id: CameraId, request: Request) -> Response {
    let scene = bridge.hub.scene();
    match id.find(&scene) {
        Some(camera) => open(bridge, camera, request),
        None => no_camera(id.as_str(), &scene),
    }
}

fn open(bridge: Bridge, camera: u8, mut request: Request) -> Response {
    let pace = match asked::pace_of(request.uri()) {
        Ok(pace) => pace,
        Err(sentence) => return refuse(StatusCode::BAD_REQUEST, sentence),
    };
    let start = once(ready(Ok::<_, Infallible>(Bytes::from_static(FIRST_BOUNDARY))));
    if request.method() == Method::HEAD {
        return answer(Body::from_stream(start)); // left out by axum, but of no known length
    }
    let address = ClientAddress::of(&request);
    let place = match bridge.guard.enter(address) {
        Ok(place) => place,
        Err(none) => return full(&bridge, none),
    };
    let asked = Asked { face: Face::Stream, wanted: CameraSet::of(camera), pace, every: false };
    let stuck_at_most = bridge.options.stuck_at_most;
    let visitor = Visitor { bridge, address, path: request.uri().path().into(), asked, place };
    let Some(takeover) = request.extensions_mut().remove::<Takeover>() else {
        return answer(Body::from_stream(start.chain(visitor.read(camera).map(Ok))));
    };
    takeover.claim(move |stream, _| {
        let socket = Socket::one_way(stream, stuck_at_most);
        visitor.watch(socket, move |bridge, client| StreamFeed::new(bridge.hub.clone(), client, camera))
    });
    let mut answer = answer(Body::from_stream(start));
    *answer.version_mut() = Version::HTTP_10;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn answer(body: Body) -> Response {
    let headers = [
        ("content-type", format!("multipart/x-mixed-replace; boundary={BOUNDARY}")),
        ("cache-control", "no-store, no-cache, must-revalidate, max-age=0".into()),
        ("pragma", "no-cache".into()),
        ("expires", "0".into()),
        ("x-accel-buffering", "no".into()), // nginx would hold parts back
    ];
    (headers, body).into_response()
}
