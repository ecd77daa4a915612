//! `/camera/{id}`: what `websockets` is sent, and what it is answered.

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, WsClient, status_of_cameras};
use serde_json::json;

use crate::stage::Stage;
use crate::viewer::Viewer;

#[tokio::test]
async fn the_first_message_is_text_about_the_camera_and_then_whole_jpegs_come() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let seen = Viewer::start(&stage.ws("/camera/0"), &[], 30)?.seen().await?;
    let meta = &seen.all()[0]["text"];
    for (key, expected) in [
        ("type", json!("meta")),
        ("camera_id", json!(0)),
        ("width", json!(640)),
        ("height", json!(480)),
        ("fps", json!(30)),
        ("format", json!("MJPEG")),
    ] {
        assert_eq!(meta[key], expected, "{key} of {meta}");
    }
    ensure!(meta["timestamp"].as_str().is_some_and(is_utc), "{meta}");

    assert_eq!(seen.all().len(), 31, "one meta and 30 frames: no other text unasked");
    for frame in seen.frames()? {
        assert_eq!((&frame["width"], &frame["height"]), (&json!(640), &json!(480)));
    }
    Ok(())
}

/// `2026-01-01T12:00:00Z`, of this century, with or without a part of a second.
fn is_utc(text: &str) -> bool {
    let digits_as_zeros: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let fraction = digits_as_zeros.strip_prefix("0000-00-00T00:00:00").and_then(|rest| rest.strip_suffix('Z'));
    text.starts_with("20") && fraction.is_some_and(|rest| rest.is_empty() || rest.trim_end_matches('0') == ".")
}

#[tokio::test]
async fn a_config_in_either_shape_is_answered_with_what_is_applied() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let say = [r#"{"type":"config","fps":5}"#, r#"{"type":"config","data":{"fps":6}}"#];
    let seen = Viewer::start(&stage.ws("/camera/0"), &say, 2)?.seen().await?;
    let results = seen.texts("result");
    assert_eq!(results.len(), 2);
    for (result, fps) in results.iter().zip([5.0, 6.0]) {
        ensure!(result["ok"] == true && result["applied"]["fps"].as_f64() == Some(fps), "{result}");
    }
    let told: Vec<_> = seen.texts("meta").iter().filter_map(|meta| meta["fps"].as_f64()).collect();
    // Of two right after each other, a client that reads late is told the last.
    ensure!(told == [30.0, 5.0, 6.0] || told == [30.0, 6.0], "meta says what this client gets, and not {told:?}");
    Ok(())
}

/// Right after a change the bridge does not know yet how the camera is: what a client takes back counts all the same.
#[tokio::test]
async fn of_changes_one_right_after_the_other_the_last_holds() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let say = [
        r#"{"type":"config","resolution":[320,240],"jpeg_quality":50}"#,
        r#"{"type":"config","resolution":[640,480],"jpeg_quality":80}"#,
        r#"{"type":"config","data":{"stream_fps":20}}"#,
    ];
    let seen = Viewer::start(&stage.ws("/camera/0"), &say, 2)?.seen().await?;
    for result in seen.texts("result") {
        ensure!(result["ok"] == true, "{result}");
    }
    // What the grabber says after the last change, it says of those before, too.
    let mut viewer = WsClient::connect(stage.bridge.address).await?;
    viewer.meta_where(PATIENCE, |meta| meta["cameras"][0]["fps"] == 20).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    let camera = &status_of_cameras(stage.bridge.address).await?[0];
    let now = (&camera["width"], &camera["height"], &camera["reported"]["jpeg_quality"]);
    assert_eq!(now, (&json!(640), &json!(480), &json!(80)), "{camera}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name_and_changes_nothing() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let large = format!(r#"{{"type":"config","fps":5,"note":"{}"}}"#, "x".repeat(10_000));
    let impossible = [
        (r#"{"type":"config","resolution":[0,0]}"#, "is 0", "is allowed for camera 0"),
        (r#"{"type":"config","jpeg_quality":null}"#, "jpeg_quality", "1 to 100"),
        (r#"{"type":"config","resolution":[640]}"#, "resolution", "[width, height]"),
        (r#"{"type":"config","fps":1e9}"#, "fps", " to "),
        (r#"{"type":"config","data":{"fps":0}}"#, "fps", " to "),
        (r#"{"type":"config","jpeg_quality":0}"#, "jpeg_quality", "1 to 100"),
        (r#"{"type":"config","jpeg_quality":"high"}"#, "jpeg_quality", "1 to 100"),
        (r#"{"type":"config","fps":"30"}"#, "fps", " to "),
        (r#"{"type":"config","colour":"red"}"#, "colour", "jpeg_quality"),
        (large.as_str(), "", "bytes"),
        (r#"{"type":"dance"}"#, "dance", "config"),
        ("fps=5", "JSON object", ""),
    ];
    let before = status_of_cameras(stage.bridge.address).await?;
    let possible = r#"{"type":"config","fps":10,"colour":"red"}"#;
    let say: Vec<_> = impossible.iter().map(|(said, ..)| *said).chain([possible]).collect();
    let seen = Viewer::start(&stage.ws("/camera/0"), &say, 2)?.seen().await?;

    let results = seen.texts("result");
    assert_eq!(results.len(), say.len());
    for (result, (said, names, allows)) in results.iter().zip(impossible) {
        let error = result["error"].as_str().unwrap_or_default();
        let said = &said[..said.len().min(100)];
        ensure!(result["ok"] == false && error.contains(names) && error.contains(allows), "{said}: {result}");
    }
    // The connection is as good as before; what it does not know it names.
    let last = results[impossible.len()];
    ensure!(last["ok"] == true && last["error"].as_str().is_some_and(|error| error.contains("colour")), "{last}");

    let told: Vec<_> = seen.texts("meta").iter().filter_map(|meta| meta["fps"].as_f64()).collect();
    assert_eq!(told, [30.0, 10.0], "something else was changed in between");
    let after = status_of_cameras(stage.bridge.address).await?;
    for key in ["width", "height", "fps", "state"] {
        assert_eq!(after[0][key], before[0][key], "{key}");
    }
    assert_eq!(after[0]["reported"]["jpeg_quality"], before[0]["reported"]["jpeg_quality"]);
    Ok(())
}
