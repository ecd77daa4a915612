//! A reload while a camera is stuck in a call of its SDK: no other waits for it, and nobody is told a lie about it.

use std::fs::OpenOptions;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{Bridge, PATIENCE, Place, WsClient, curl, gstreamer_camera, pattern_camera, status_of_cameras};
use serde_json::Value;
use tokio::time::{Instant, timeout};

/// The grabber waits this long for its cameras.
const FOR_CAMERAS: Duration = Duration::from_secs(10);

async fn reload(bridge: &Bridge) -> Result<(u16, Value)> {
    let answer = curl(&["--request", "POST", &format!("http://{}/api/reload", bridge.address)]).await?;
    Ok((answer.status, answer.json()?))
}

async fn is_reported(bridge: &Bridge, what: &str, holds: impl Fn(&Value) -> bool) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let cameras = status_of_cameras(bridge.address).await?;
        if cameras.iter().any(|camera| camera["camera_id"] == 0 && holds(camera)) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "camera 0 is not {what}: {cameras:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stuck_camera_delays_no_other_and_is_told_again_what_it_has_not_heard() -> Result<()> {
    let place = Place::new("")?;
    // Opening a pipe that nobody writes to does not come back.
    let pipe = place.file("pipe");
    ensure!(Command::new("mkfifo").arg(&pipe).status()?.success());
    let stuck = gstreamer_camera(0, &format!("filesrc location={} ! jpegdec", pipe.display()));
    place.configure(&(stuck.clone() + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    is_reported(&bridge, "told of by its grabber", |camera| !camera["reported"].is_null()).await?;
    viewer.next_bundle(PATIENCE).await?;

    place.configure(&(stuck.clone() + "stream_fps = 5\n" + &pattern_camera(1) + &pattern_camera(2)))?;
    let asked = Instant::now();
    let added = async {
        while viewer.next_bundle(PATIENCE).await?.frame(2).is_none() {}
        anyhow::Ok(asked.elapsed())
    };
    let (answer, added) = tokio::join!(reload(&bridge), added);
    let added = added?;
    ensure!(added < FOR_CAMERAS / 2, "the new camera came after {added:?}");
    let (status, answer) = answer?;
    let error = answer["grabbers"][0]["error"].as_str().context("no error")?;
    ensure!(status == 422 && error.contains("camera 0 is in a call of its SDK"), "{answer}");

    // As it was before: what it has not heard is not carried out any more, and it is told what holds now.
    place.configure(&(stuck + &pattern_camera(1) + &pattern_camera(2)))?;
    let writer = timeout(
        PATIENCE,
        tokio::task::spawn_blocking({
            let pipe = pipe.clone();
            move || OpenOptions::new().write(true).open(pipe)
        }),
    );
    let writer = writer.await???;
    std::fs::remove_file(&pipe)?; // the next opening finds none, and comes back
    drop(writer);
    is_reported(&bridge, "back", |camera| camera["state"] == "lost").await?;
    let (status, answer) = reload(&bridge).await?;
    ensure!(status == 200 && answer["ok"] == true, "{answer}");
    grabber
        .wait_for_line_where("camera 0 changed", PATIENCE, |line| {
            line.contains("changed as its section says") && line.contains("camera=0")
        })
        .await?;
    is_reported(&bridge, "as before", |camera| camera["reported"]["stream_fps"] == 30.0).await
}
