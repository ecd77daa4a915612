//! `/camera/{id}`: one camera over a WebSocket, in the webcam protocol.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::asked::Pacing;
use super::openapi::answers::{BadRequest, ForeignPage, Full, NoSuchCamera};
use super::{CameraId, asked, no_camera, refuse, websocket};
use crate::bridge::Bridge;
use crate::camera_set::CameraSet;
use crate::client::{Asked, CameraFeed, Face};
use crate::websocket::asks_for_websocket;

/// One camera over a WebSocket, in the webcam protocol
///
/// The first message is text, `{"type":"meta",…}`; then each picture is one binary message, a JPEG.
#[utoipa::path(get, path = "/camera/{id}", tag = "pictures", params(CameraId, Pacing), responses(
    (status = 101, description = "A WebSocket"),
    BadRequest, ForeignPage, NoSuchCamera, Full
))]
pub(crate) async fn camera(State(bridge): State<Bridge>, id: CameraId, request: Request) -> Response {
    let scene = bridge.hub.scene();
    let Some(id) = id.find(&scene) else {
        return no_camera(id.as_str(), &scene);
    };
    if !asks_for_websocket(request.headers()) {
        let sentence =
            format!("/camera/{id} is a WebSocket; the same pictures are at /stream/{id} and /api/frame/{id}");
        return refuse(StatusCode::BAD_REQUEST, sentence);
    }
    let accept = match websocket::check(&bridge, &request) {
        Ok(accept) => accept,
        Err(refusal) => return *refusal,
    };
    let pace = match asked::pace_of(request.uri()) {
        Ok(pace) => pace,
        Err(sentence) => return refuse(StatusCode::BAD_REQUEST, sentence),
    };
    let may_control = bridge.guard.may_control(&request);
    let asked = Asked { face: Face::Camera, wanted: CameraSet::of(id), pace, every: false };
    websocket::open(bridge, request, accept, asked, move |bridge, client| {
        CameraFeed::new(bridge.hub.clone(), client, id, may_control)
    })
}
