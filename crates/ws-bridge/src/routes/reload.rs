//! `POST /api/reload`: the bridge reads its configuration again, then every grabber that takes requests.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::control;
use super::openapi::answers::ReloadAnswer;
use crate::bridge::Bridge;
use crate::control::NotReloaded;
use crate::refusals::Reason;

/// What became of a reload.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Reloaded {
    /// Always `result`.
    r#type: &'static str,
    /// Whether all holds that the file says, but for what needs a restart.
    ok: bool,
    /// Why the bridge has not reloaded: one sentence, with the line of each mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What of the bridge needs a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    /// What became of it at each grabber that takes requests.
    grabbers: Vec<GrabberReloaded>,
}

/// The same of one grabber.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GrabberReloaded {
    /// Its connection.
    grabber: u64,
    ok: bool,
    /// Why not all holds that the file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What of it needs a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
}

/// Reads the configuration again, here and at all grabbers
#[utoipa::path(post, path = "/api/reload", tag = "control", responses(ReloadAnswer))]
pub(crate) async fn reload(State(bridge): State<Bridge>, request: Request) -> Response {
    if let Err(reason) = bridge.guard.may_control(&request) {
        bridge.refusals.count(Reason::Control);
        return control::answer(Err(control::not_allowed(reason)));
    }
    // A mistake in the file is one for the grabbers, too: then nothing changes anywhere.
    let own = match bridge.reload().await {
        Ok(note) => note,
        Err(sentence) => return answer(StatusCode::UNPROCESSABLE_ENTITY, Err(sentence), vec![]),
    };
    let asked = bridge.hub.reload().await;
    let status = match () {
        () if asked.iter().any(|(_, done)| matches!(done, Err(NotReloaded::NoAnswer(_)))) => {
            StatusCode::GATEWAY_TIMEOUT
        }
        () if asked.iter().any(|(_, done)| done.is_err()) => StatusCode::UNPROCESSABLE_ENTITY,
        () => StatusCode::OK,
    };
    let grabbers = asked.into_iter().map(|(grabber, done)| {
        let (note, error) = match done {
            Ok(note) => (note, None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        GrabberReloaded { grabber: grabber.0, ok: error.is_none(), error, note }
    });
    answer(status, Ok(own), grabbers.collect())
}

fn answer(status: StatusCode, own: Result<Option<String>, String>, grabbers: Vec<GrabberReloaded>) -> Response {
    let (note, error) = match own {
        Ok(note) => (note, None),
        Err(sentence) => (None, Some(sentence)),
    };
    (status, Json(Reloaded { r#type: "result", ok: status.is_success(), error, note, grabbers })).into_response()
}
