//! `/metrics`: all that is counted, as Prometheus reads it. Counters begin when the bridge does and never go back.

mod cameras;
mod clients;
mod grabbers;
mod process;
mod text;

use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::refuse;
use crate::bridge::Bridge;
use text::{Kind, Text};

/// Version 0.0.4 of the text format, which every Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is counted, as Prometheus reads it
#[utoipa::path(get, path = "/metrics", tag = "status", responses(
    (status = 200, description = "Prometheus' text format, version 0.0.4", body = String)
))]
pub(crate) async fn metrics(State(bridge): State<Bridge>) -> Response {
    // The system is asked for some of it, which may have to look at thousands of open files.
    match tokio::task::spawn_blocking(move || written(&bridge, Instant::now())).await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

/// The part that is about what grabbers have said.
#[cfg(fuzzing)]
pub(crate) fn of_grabbers(hub: &crate::hub::Hub) -> String {
    let (scene, ledger) = (hub.scene(), hub.ledger());
    let mut text = Text::default();
    cameras::write(&mut text, &scene, &ledger, Instant::now());
    grabbers::write(&mut text, &scene, &ledger);
    text.into_string()
}

fn written(bridge: &Bridge, now: Instant) -> String {
    let (scene, ledger) = (bridge.hub.scene(), bridge.hub.ledger());
    let mut text = Text::default();
    cameras::write(&mut text, &scene, &ledger, now);
    grabbers::write(&mut text, &scene, &ledger);
    clients::write(&mut text, bridge);
    text.family("cameracast_build_info", Kind::Gauge, "Always 1; the version of the bridge is a label.")
        .add(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    process::write(&mut text);
    text.into_string()
}
