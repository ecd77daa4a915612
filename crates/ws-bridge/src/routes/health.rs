//! `/healthz`: the process lives. `/readyz`: frames are flowing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::refuse;
use crate::bridge::Bridge;
use crate::camera::Camera;
use crate::scene::Scene;

/// Silence that is too long at any rate.
const SILENCE: Duration = Duration::from_secs(5);
/// How many frames may fail to come before a slow camera counts as silent.
const FRAMES_OF_SILENCE: f64 = 3.0;
/// Cameras of which the reason tells, where none sends.
const CAMERAS_NAMED: usize = 8;

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "status", responses((status = 200, description = "It does", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether frames are flowing
#[utoipa::path(get, path = "/readyz", tag = "status", responses(
    (status = 200, description = "They are", body = String),
    (status = 503, description = "They are not, with the reason", body = String)
))]
pub(crate) async fn readyz(State(bridge): State<Bridge>) -> Response {
    match flowing(&bridge.hub.scene(), Instant::now()) {
        Ok(()) => format!("frames are flowing{}\n", out(&bridge.hub.scene())).into_response(),
        Err(reason) => refuse(StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

/// The cameras that are out while others send, unless somebody stopped them.
fn out(scene: &Scene) -> String {
    let is_out = |camera: &&Arc<Camera>| !["streaming", "stopped"].contains(&camera.state());
    scene.cameras.values().filter(is_out).take(CAMERAS_NAMED).map(how).collect()
}

fn how(camera: &Arc<Camera>) -> String {
    format!("; camera {} ({}) is {}", camera.id, camera.name(), camera.in_words())
}

/// Whether a camera whose grabber is there has sent something lately.
fn flowing(scene: &Scene, now: Instant) -> Result<(), String> {
    if scene.grabbers.is_empty() {
        return Err("no grabber is connected".into());
    }
    let cameras = || scene.cameras.values().filter(|camera| !camera.gone);
    let since = |at: Instant| now.saturating_duration_since(at);
    let flows = cameras().any(|camera| {
        let slow = FRAMES_OF_SILENCE / camera.stream_fps().unwrap_or(FRAMES_OF_SILENCE);
        let patience = Duration::try_from_secs_f64(slow).unwrap_or(Duration::MAX).max(SILENCE);
        camera.newest.as_ref().is_some_and(|newest| since(newest.at) < patience)
    });
    if flows {
        return Ok(());
    }
    let silence = cameras().filter_map(|camera| camera.newest.as_ref()).map(|newest| since(newest.at)).min();
    let since_when = match silence {
        Some(silence) => format!("the last frame came {} s ago", silence.as_secs()),
        None => "a grabber is connected, but no frame has come".into(),
    };
    let why: String = cameras().take(CAMERAS_NAMED).map(how).collect();
    Err(since_when + &why)
}

#[cfg(test)]
mod tests {
    use frame_bundle::control::CameraState;

    use super::*;
    use crate::test_bundles::{BACK, FRONT, bundle, two_grabbers};

    #[test]
    fn frames_flow_as_long_as_one_camera_sends() {
        let start = Instant::now();
        let scene = two_grabbers().with_bundle(FRONT, bundle(1, 0, &[0, 1]), start);
        assert_eq!(flowing(&scene, start + Duration::from_secs(4)), Ok(()));
        let later = start + Duration::from_secs(7);
        let silent = flowing(&scene, later).unwrap_err();
        assert!(silent.starts_with("the last frame came 7 s ago; camera 0 (Camera 0) is streaming;"), "{silent}");
        assert_eq!(flowing(&scene.with_bundle(BACK, bundle(2, 0, &[9]), later), later), Ok(()));
    }

    #[test]
    fn a_slow_camera_is_given_its_time() {
        let start = Instant::now();
        let slow = CameraState { stream_fps: 0.1, ..CameraState::default() };
        let scene = two_grabbers().with_state(FRONT, false, vec![slow]).with_bundle(FRONT, bundle(1, 0, &[0]), start);
        assert_eq!(flowing(&scene, start + Duration::from_secs(29)), Ok(()));
        assert!(flowing(&scene, start + Duration::from_secs(31)).is_err());
    }

    #[test]
    fn without_frames_the_reason_is_given() {
        let now = Instant::now();
        assert_eq!(flowing(&Scene::default(), now), Err("no grabber is connected".into()));
        assert_eq!(flowing(&two_grabbers(), now), Err("a grabber is connected, but no frame has come".into()));
        let state = CameraState { name: "Gate".into(), state: "lost".into(), ..CameraState::default() };
        let lost = CameraState { cause: Some("no device".into()), ..state };
        assert_eq!(
            flowing(&two_grabbers().with_state(FRONT, false, vec![lost]), now),
            Err("a grabber is connected, but no frame has come; camera 0 (Gate) is lost, no device".into())
        );
        let lost = two_grabbers().after(FRONT, 0, &[0]).without_grabber(FRONT);
        assert_eq!(flowing(&lost, now), Err("a grabber is connected, but no frame has come".into()));
    }
}
