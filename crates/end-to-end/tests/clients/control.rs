//! Control by curl: what it does, and to whom it is refused.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use end_to_end::{Answer, PATIENCE, Signal, WsClient, curl, status_of_cameras};
use serde_json::Value;

use crate::stage::Stage;

const JSON: [&str; 2] = ["--header", "Content-Type: application/json"];

async fn post(stage: &Stage, path: &str, more: &[&str]) -> Result<Answer> {
    curl(&[&["--request", "POST", &stage.http(path)], more].concat()).await
}

/// Waits until viewers are told that a camera is so.
async fn until(viewer: &mut WsClient, camera: u8, is_so: impl Fn(&Value) -> bool) -> Result<()> {
    let of = |meta: &Value| {
        meta["cameras"].as_array().and_then(|all| all.iter().find(|c| c["camera_id"] == camera)).cloned()
    };
    viewer.meta_where(PATIENCE, |meta| of(meta).is_some_and(|camera| is_so(&camera))).await?;
    Ok(())
}

fn done(answer: &Answer) -> Result<Value> {
    let result = answer.json()?;
    ensure!(answer.status == 200 && result["ok"] == true, "{}: {result}", answer.status);
    Ok(result)
}

#[tokio::test]
async fn a_camera_is_stopped_and_started_and_the_other_goes_on() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let mut viewer = WsClient::connect(stage.bridge.address).await?;
    done(&post(&stage, "/api/camera/1/stop", &[]).await?)?;
    let stopped_us = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
    until(&mut viewer, 1, |camera| camera["state"] == "stopped").await?;
    for _ in 0..10 {
        let bundle = viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
        // One from before may still have been under way.
        let taken_us = bundle.capture_info(1).map_or(0, |info| info.capture_time_us);
        ensure!(taken_us <= stopped_us, "a frame of a stopped camera");
    }

    done(&post(&stage, "/api/camera/1/start", &[]).await?)?;
    until(&mut viewer, 1, |camera| camera["state"] == "streaming").await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(1).is_some()).await?;
    Ok(())
}

#[tokio::test]
async fn without_an_id_it_is_the_camera_with_the_lowest_that_is_changed() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let mut viewer = WsClient::connect(stage.bridge.address).await?;
    let set = r#"{"resolution":[320,240],"jpeg_quality":40}"#;
    let result = done(&post(&stage, "/api/camera/config", &[&JSON[..], &["--data", set]].concat()).await?)?;
    assert_eq!(result["applied"]["jpeg_quality"], 40, "{result}");
    until(&mut viewer, 0, |camera| camera["width"] == 320 && camera["height"] == 240).await?;
    until(&mut WsClient::connect(stage.bridge.address).await?, 1, |camera| camera["width"] == 640).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_camera_cannot_do_is_refused_with_what_it_can_and_it_goes_on_as_it_was() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let before = status_of_cameras(stage.bridge.address).await?;
    for (set, names) in [
        (r#"{"resolution":[0,0]}"#, "from 1"),
        (r#"{"resolution":[9000,9000]}"#, "8192"),
        (r#"{"jpeg_quality":101}"#, "1 to 100"),
        (r#"{"colour":"red"}"#, "jpeg_quality"),
        (r"{}", "jpeg_quality"),
        (r"[1]", "object"),
    ] {
        let answer = post(&stage, "/api/camera/0/config", &[&JSON[..], &["--data", set]].concat()).await?;
        let error = answer.text();
        ensure!((400..500).contains(&answer.status) && error.contains(names), "{set}: {} {error}", answer.status);
    }
    let after = status_of_cameras(stage.bridge.address).await?;
    for key in ["width", "height", "fps", "state"] {
        assert_eq!(after[0][key], before[0][key], "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn control_is_refused_to_forms_to_proxies_and_to_foreign_pages() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let form = post(&stage, "/api/camera/0/config", &["--data", r#"{"jpeg_quality":40}"#]).await?;
    assert_eq!(form.status, 415, "{}", form.text());

    let own = format!("Origin: {}", stage.http(""));
    for header in ["X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7", "Origin: http://evil.example"] {
        for path in ["/api/camera/0/stop", "/api/camera/stop", "/api/camera/0/config"] {
            let more = [&JSON[..], &["--header", header, "--data", r#"{"jpeg_quality":40}"#]].concat();
            let answer = post(&stage, path, &more).await?;
            assert_eq!(answer.status, 403, "{header} on {path}: {}", answer.text());
        }
    }
    let status = status_of_cameras(stage.bridge.address).await?;
    ensure!(status[0]["state"] == "streaming" && status[0]["reported"]["jpeg_quality"] == 80, "{status:?}");
    // Our own page's requests look like this.
    done(&post(&stage, "/api/camera/0/stop", &["--header", &own]).await?)?;
    Ok(())
}

#[tokio::test]
async fn control_of_what_is_not_there_says_so() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let answer = post(&stage, "/api/camera/7/stop", &[]).await?;
    assert_eq!(answer.status, 404, "{}", answer.text());
    let answer = curl(&[&stage.http("/api/camera/0/stop")]).await?;
    assert_eq!(answer.status, 405, "a link must not stop a camera: {}", answer.text());
    Ok(())
}

#[tokio::test]
async fn a_stopped_camera_stays_stopped_over_a_restart_of_the_bridge() -> Result<()> {
    let mut stage = Stage::with_cameras(2).await?;
    done(&post(&stage, "/api/camera/1/stop", &[]).await?)?;
    let address = stage.bridge.address;
    stage.bridge.process.signal(Signal::TERM)?;
    stage.bridge.process.ended(PATIENCE).await?;

    stage.bridge = stage.place.bridge_at(address).await?;
    let mut viewer = WsClient::connect(address).await?;
    until(&mut viewer, 1, |camera| camera["state"] == "stopped").await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    let bundles = viewer.bundles_for(Duration::from_secs(1)).await?;
    ensure!(bundles.iter().all(|(_, bundle)| bundle.frame(1).is_none()), "frames of a stopped camera");

    done(&post(&stage, "/api/camera/1/start", &[]).await?)?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(1).is_some()).await?;
    Ok(())
}
