//! `POST /api/reload`: the bridge reads its configuration again, then every grabber that takes requests.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi::answers::ReloadAnswer;
use super::{ClientAddress, control};
use crate::bridge::Bridge;
use crate::control::GrabberNotReloaded;
use crate::reload::NotReloaded;

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
    if let Err(refusal) = control::may_control(&bridge, &request) {
        return control::answer(Err(refusal));
    }
    let address = ClientAddress::of(&request).map(tracing::field::display);
    tracing::info!(address, "asked to reload the configuration");
    // Each process reads what it was started with, so each says for itself what is wrong with that.
    let own = bridge.reload().await;
    let asked = bridge.hub.reload().await;
    let any = |is_it: fn(&GrabberNotReloaded) -> bool| asked.iter().any(|(_, done)| done.as_ref().is_err_and(is_it));
    let status = if matches!(own, Err(NotReloaded::TooSlow)) || any(|e| matches!(e, GrabberNotReloaded::NoAnswer(_))) {
        StatusCode::GATEWAY_TIMEOUT
    } else if any(|e| matches!(e, GrabberNotReloaded::NotAsked)) {
        StatusCode::SERVICE_UNAVAILABLE
    } else if own.is_err() || any(|_| true) {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let (mut note, error) = in_words(own);
    if asked.is_empty() {
        note =
            Some(note.map_or_else(String::new, |note| note + "; ") + "no grabber is connected that could reload, too");
    }
    let grabbers = asked.into_iter().map(|(grabber, done)| {
        let (note, error) = in_words(done);
        GrabberReloaded { grabber: grabber.0, ok: error.is_none(), error, note }
    });
    let grabbers = grabbers.collect();
    (status, Json(Reloaded { r#type: "result", ok: status.is_success(), error, note, grabbers })).into_response()
}

/// Note and error of what was done.
fn in_words(done: Result<Option<String>, impl ToString>) -> (Option<String>, Option<String>) {
    match done {
        Ok(note) => (note, None),
        Err(error) => (None, Some(error.to_string())),
    }
}
