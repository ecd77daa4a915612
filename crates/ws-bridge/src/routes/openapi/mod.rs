//! `/api/openapi.json`: the description of all faces, gathered from where each is written.

pub(super) mod answers;
mod wanted;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use frame_bundle::control::Settings;
use utoipa::OpenApi;

use crate::control::Outcome;
use crate::json;
use crate::routes::reload::Reloaded;

pub(super) use wanted::Wanted;

/// What holds for all faces.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "cameracast",
        description = "Live cameras over HTTP and WebSockets. A refusal is a sentence as text/plain, of control as JSON. \
            HEAD is answered where GET is. Beside what is listed: another path gets 404, another method 405 with \
            `Allow`, and a connection too many 503 with `Retry-After` and no body. Where the bridge has tokens, all but \
            /healthz and /readyz takes `Authorization: Bearer`, `?token=` or the page's cookie, and may answer 401, or 429 \
            with `Retry-After` to who tries many. Ids of cameras are from 0 to 255; \
            where a path has none, the camera with the lowest one is meant."
    ),
    servers((url = "..", description = "Where this document comes from, under whatever path")),
    components(schemas(Outcome<Settings>, Reloaded))
)]
pub(super) struct Faces;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| json::to_bytes(super::faces().get_openapi()));

/// This document
#[utoipa::path(get, path = "/api/openapi.json", tag = "status", operation_id = "openapi", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object)
))]
pub(super) async fn document() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, DOCUMENT.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::{CameraConfig, FASTEST, SLOWEST};

    fn document() -> Value {
        serde_json::from_slice(&DOCUMENT).unwrap()
    }

    /// Every object in it.
    fn objects(value: &Value) -> Vec<&Value> {
        let members: Vec<&Value> = match value {
            Value::Object(members) => members.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => vec![],
        };
        members.into_iter().flat_map(objects).chain([value]).collect()
    }

    #[test]
    fn every_path_of_the_contract_is_described() {
        let document = document();
        let described: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        let expected = [
            "/",
            "/api/camera/config",
            "/api/camera/start",
            "/api/camera/stop",
            "/api/camera/trigger",
            "/api/camera/{id}/config",
            "/api/camera/{id}/start",
            "/api/camera/{id}/stop",
            "/api/camera/{id}/trigger",
            "/api/frame",
            "/api/frame/{id}",
            "/api/openapi.json",
            "/api/reload",
            "/api/status",
            "/camera/{id}",
            "/healthz",
            "/metrics",
            "/readyz",
            "/stream",
            "/stream/{id}",
        ];
        assert_eq!(described, expected);
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_its_own_name() {
        let document = document();
        let (mut names, mut references) = (BTreeSet::new(), 0);
        for object in objects(&document) {
            if let Some(place) = object["$ref"].as_str() {
                assert!(document.pointer(&place[1..]).is_some(), "{place}");
                references += 1;
            }
            if let Some(name) = object["operationId"].as_str() {
                assert!(names.insert(name), "{name} twice");
            }
        }
        assert!(references > 20 && names.len() > 10);
    }

    #[test]
    fn the_rates_are_those_that_can_be_asked_for() {
        let document = document();
        let rates: Vec<_> = objects(&document).into_iter().filter(|object| object["name"] == "fps").collect();
        assert_eq!(rates.len(), 4);
        for rate in rates {
            let schema = &rate["schema"];
            assert_eq!((schema["minimum"].as_f64(), schema["maximum"].as_f64()), (Some(SLOWEST), Some(FASTEST)));
        }
    }

    #[test]
    fn a_body_may_have_the_keys_that_are_described_and_no_other() {
        let wanted = &document()["components"]["schemas"]["Wanted"];
        for (key, schema) in wanted["properties"].as_object().unwrap() {
            let value = match schema["type"].as_str() {
                Some("array") => json!([640, 480]),
                Some("string") => json!("Off"),
                _ => schema["minimum"].clone(),
            };
            let body = json!({key: value}).to_string();
            assert!(CameraConfig::read_settings(body.as_bytes()).is_ok(), "{body}");
        }
        assert_eq!(wanted["additionalProperties"], false);
        let nothing = CameraConfig::read_settings(b"{}").unwrap_err();
        let missing = |key: &&String| !nothing.contains(key.as_str());
        assert_eq!(wanted["properties"].as_object().unwrap().keys().find(missing), None, "{nothing}");
    }
}
