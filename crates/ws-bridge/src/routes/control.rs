//! `POST /api/camera[/{id}]/start`, `stop`, `trigger`, `config`: passed on to the grabber that has the camera; its result
//! is the answer.

use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frame_bundle::control::Settings;
use tokio::time::timeout;

use super::openapi::Wanted;
use super::openapi::answers::{BadBody, ControlAnswer};
use super::refusal::{challenge, no_camera_sentence};
use super::{CameraId, ClientAddress};
use crate::bridge::Bridge;
use crate::client::CameraConfig;
use crate::control::{Outcome, Refused, Request as Asked};
use crate::guard::NoControl;
use crate::log_limit::LogLimit;
use crate::refusals::Reason;

/// The largest body that is read, in bytes.
const LONGEST_BODY: usize = 4 << 10;
/// How long a client may take for its body: as long as for the head.
const BODY_WITHIN: Duration = Duration::from_secs(10);

static NOT_ALLOWED: LogLimit = LogLimit::new(1);

#[derive(Clone, Copy)]
enum What {
    Start,
    Stop,
    Trigger,
    Configure,
}

/// Grabs the first camera again, if it was stopped
#[utoipa::path(post, path = "/api/camera/start", tag = "control", responses(ControlAnswer))]
pub(crate) async fn start_first(bridge: State<Bridge>, request: Request) -> Response {
    answer(carry_out(&bridge, What::Start, None, request).await)
}

/// Grabs the camera again, if it was stopped
#[utoipa::path(post, path = "/api/camera/{id}/start", tag = "control", params(CameraId), responses(ControlAnswer))]
pub(crate) async fn start(bridge: State<Bridge>, id: CameraId, request: Request) -> Response {
    answer(carry_out(&bridge, What::Start, Some(id), request).await)
}

/// Grabs the first camera no more until it is started
#[utoipa::path(post, path = "/api/camera/stop", tag = "control", responses(ControlAnswer))]
pub(crate) async fn stop_first(bridge: State<Bridge>, request: Request) -> Response {
    answer(carry_out(&bridge, What::Stop, None, request).await)
}

/// Grabs the camera no more until it is started
#[utoipa::path(post, path = "/api/camera/{id}/stop", tag = "control", params(CameraId), responses(ControlAnswer))]
pub(crate) async fn stop(bridge: State<Bridge>, id: CameraId, request: Request) -> Response {
    answer(carry_out(&bridge, What::Stop, Some(id), request).await)
}

/// Changes settings of the first camera, for everybody
#[utoipa::path(post, path = "/api/camera/config", tag = "control", request_body = Wanted, responses(ControlAnswer, BadBody))]
pub(crate) async fn configure_first(bridge: State<Bridge>, request: Request) -> Response {
    answer(carry_out(&bridge, What::Configure, None, request).await)
}

/// Changes settings of the camera, for everybody
#[utoipa::path(
    post, path = "/api/camera/{id}/config", tag = "control",
    params(CameraId), request_body = Wanted, responses(ControlAnswer, BadBody)
)]
pub(crate) async fn configure(bridge: State<Bridge>, id: CameraId, request: Request) -> Response {
    answer(carry_out(&bridge, What::Configure, Some(id), request).await)
}

/// Lets the first camera take one picture, where it waits for a software trigger
#[utoipa::path(post, path = "/api/camera/trigger", tag = "control", responses(ControlAnswer))]
pub(crate) async fn trigger_first(bridge: State<Bridge>, request: Request) -> Response {
    answer(carry_out(&bridge, What::Trigger, None, request).await)
}

/// Lets the camera take one picture, where it waits for a software trigger
#[utoipa::path(post, path = "/api/camera/{id}/trigger", tag = "control", params(CameraId), responses(ControlAnswer))]
pub(crate) async fn trigger(bridge: State<Bridge>, id: CameraId, request: Request) -> Response {
    answer(carry_out(&bridge, What::Trigger, Some(id), request).await)
}

pub(super) type Refusal = (StatusCode, String);

/// The camera with this id, or without one the first.
async fn carry_out(bridge: &Bridge, what: What, id: Option<CameraId>, request: Request) -> Result<Settings, Refusal> {
    let address = ClientAddress::of(&request).map(tracing::field::display);
    may_control(bridge, &request)?;
    let camera = camera_of(bridge, id)?;
    let asked = match what {
        What::Start => Asked::Start,
        What::Stop => Asked::Stop,
        What::Trigger => Asked::Trigger,
        What::Configure => Asked::Configure(read(request).await?),
    };
    let to = asked.to_string();
    let done = bridge.hub.ask(camera, asked).await;
    match &done {
        Ok(_) => tracing::info!(camera, address, "asked to {to}"),
        Err(refused) => tracing::info!(camera, address, "asked to {to}, which was refused: {refused}"),
    }
    done.map_err(|refused| (status_of(&refused), refused.to_string()))
}

/// Whether who asks may change cameras; that they may not is counted and told.
pub(super) fn may_control(bridge: &Bridge, request: &Request) -> Result<(), Refusal> {
    let Err(reason) = bridge.guard.may_control(request) else { return Ok(()) };
    bridge.refusals.count(Reason::Control);
    if let Some(held_back) = NOT_ALLOWED.allows(Instant::now()) {
        let address = ClientAddress::of(request).map(tracing::field::display);
        tracing::warn!(address, held_back, "control refused: {reason}");
    }
    let status = match reason {
        NoControl::NoToken => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    Err((status, reason.to_string()))
}

fn camera_of(bridge: &Bridge, id: Option<CameraId>) -> Result<u8, Refusal> {
    let scene = bridge.hub.scene();
    let camera = match &id {
        None => scene.cameras.keys().next().copied(),
        Some(id) => id.find(&scene),
    };
    let id = id.as_ref().map_or("", CameraId::as_str);
    camera.ok_or_else(|| (StatusCode::NOT_FOUND, no_camera_sentence(id, &scene)))
}

async fn read(mut request: Request) -> Result<Settings, Refusal> {
    if !is_json(request.headers()) {
        // A page from elsewhere can send anything else without asking first.
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type: application/json is needed".into()));
    }
    DefaultBodyLimit::max(LONGEST_BODY).apply(&mut request);
    let too_late = |_| (StatusCode::REQUEST_TIMEOUT, "the body has not come in time".into());
    let body = timeout(BODY_WITHIN, Bytes::from_request(request, &())).await.map_err(too_late)?;
    let body = body.map_err(|broken| match broken.status() {
        too_large @ StatusCode::PAYLOAD_TOO_LARGE => {
            (too_large, format!("at most {LONGEST_BODY} bytes of JSON are taken"))
        }
        status => (status, broken.body_text()),
    })?;
    CameraConfig::read_settings(&body).map_err(|sentence| (StatusCode::BAD_REQUEST, sentence))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn status_of(refused: &Refused) -> StatusCode {
    match refused {
        Refused::NoCamera(_) => StatusCode::NOT_FOUND,
        Refused::ByGrabber(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refused::Gone(_) | Refused::NoControl(_) | Refused::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
        Refused::NoAnswer { .. } => StatusCode::GATEWAY_TIMEOUT,
    }
}

pub(super) fn answer(done: Result<Settings, Refusal>) -> Response {
    match done {
        Ok(applied) => Json(Outcome::done(applied)).into_response(),
        Err((StatusCode::UNAUTHORIZED, sentence)) => challenge(refused(StatusCode::UNAUTHORIZED, sentence), false),
        Err((status, sentence)) => refused(status, sentence),
    }
}

/// How control is refused, by whomever.
pub(crate) fn refused(status: StatusCode, sentence: String) -> Response {
    (status, Json(Outcome::<Settings>::refused(sentence))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_by_its_type_alone() {
        let of = |kind: &str| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]));
        assert!(of("application/json") && of("Application/JSON; charset=utf-8"));
        assert!(!of("text/plain") && !of("application/json-seq") && !is_json(&HeaderMap::new()));
    }
}
