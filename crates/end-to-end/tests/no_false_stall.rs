//! Silence that is no fault: a slow camera, one whose trigger does not come, one that somebody stopped.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{FakeGigeCamera, Listener, PATIENCE, Place, gige_camera, pattern_camera};
use serde_json::json;

/// Longer than any patience with a camera.
const SILENCE: Duration = Duration::from_secs(20);

const SLOW: u8 = 0;
const TRIGGERED: u8 = 1;
const STOPPED: u8 = 2;
const OTHER: u8 = 3;

#[tokio::test]
async fn cameras_that_are_slow_or_armed_or_stopped_are_never_called_stalled() -> Result<()> {
    let [slow, triggered, stopped] =
        [FakeGigeCamera::start().await?, FakeGigeCamera::start().await?, FakeGigeCamera::start().await?];
    let place = Place::new(
        &[
            gige_camera(SLOW, slow.ip(), 1),
            gige_camera(TRIGGERED, triggered.ip(), 50) + "trigger = \"Software\"\n",
            gige_camera(STOPPED, stopped.ip(), 50),
            pattern_camera(OTHER),
        ]
        .concat(),
    )?;
    let mut listener = Listener::start(&place.socket())?;
    let _grabber = place.grabber(&[])?;
    listener.until(SLOW, "streaming", PATIENCE).await?;
    listener.until(TRIGGERED, "waiting", PATIENCE).await?;
    listener.until(STOPPED, "streaming", PATIENCE).await?;
    listener.say(json!({"type": "stop", "request": 1, "camera": STOPPED}))?;
    assert_eq!(listener.answer(1, PATIENCE).await?["ok"], true);
    listener.until(STOPPED, "stopped", PATIENCE).await?;
    let before = listener.grabbed(SLOW);

    // Not for an event: nothing is to happen.
    tokio::time::sleep(SILENCE).await;

    for (camera, allowed) in [
        (SLOW, &["opening", "streaming"][..]),
        (TRIGGERED, &["opening", "waiting"]),
        (STOPPED, &["opening", "streaming", "stopped"]),
        (OTHER, &["opening", "streaming"]),
    ] {
        let states = listener.states_of(camera);
        let is_allowed = |state: &serde_json::Value| allowed.iter().any(|allowed| state["state"] == *allowed);
        ensure!(states.iter().all(is_allowed), "camera {camera}: {states:#?}");
        ensure!(states.iter().all(|state| state["cause"].is_null()), "camera {camera}: {states:#?}");
    }
    let came = listener.grabbed(SLOW) - before;
    ensure!((15..=25).contains(&came), "{came} frames of the slow camera in {SILENCE:?}");

    listener.say(json!({"type": "start", "request": 2, "camera": STOPPED}))?;
    assert_eq!(listener.answer(2, PATIENCE).await?["ok"], true);
    listener.until(STOPPED, "streaming", PATIENCE).await
}
