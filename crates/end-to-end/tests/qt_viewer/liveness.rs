//! An old picture does not pass for a live one.

use std::time::Instant;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Picture, Process, XScreen};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::colours::{BLUE, GREEN, TURNS, bundle_of, camera, jpeg, seen};
use crate::played_bridge::{Guest, PlayedBridge, close, meta};
use crate::viewer::{Build, viewer};

fn stopped(mut camera: Value) -> Value {
    camera["state"] = "stopped".into();
    camera
}

fn bundle(colour: [u8; 3]) -> Result<Message> {
    Ok(Message::Binary(bundle_of(0, jpeg(colour)?)?))
}

/// Waits until camera 0 is back, and says as what; then shows that it is live with the next picture, and only with that.
async fn waits_for_a_new_picture(guest: &mut Guest, screen: &XScreen, viewer: &Process) -> Result<()> {
    let is_back =
        |line: &str| ["waiting", "streaming"].iter().any(|state| line == format!("camera 0 (Number 0): {state}"));
    let back = viewer.wait_for_line_where("that camera 0 is back", PATIENCE, is_back).await?;
    ensure!(back.ends_with("waiting"), "{back}");
    let now = screen.picture()?;
    assert_eq!((seen(&now, GREEN), seen(&now, BLUE)), (None, None));
    guest.send(bundle_of(0, jpeg(TURNS[0])?)?).await?;
    screen.until("the new picture", |screen| seen(screen, TURNS[0])).await?;
    Ok(())
}

#[tokio::test]
async fn pictures_from_right_before_a_stop_are_not_live_when_the_camera_is_started_again() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0), camera(1)])).await?;
    // One is being decoded when the viewer hears of the stop, and one waits for that.
    let stop = meta(json!([stopped(camera(0)), camera(1)]));
    guest.at_once([bundle(GREEN)?, bundle(BLUE)?, stop]).await?;
    // Whatever it makes of them is made before these are on the screen.
    for turn in [TURNS[1], TURNS[0], TURNS[1]] {
        guest.send(bundle_of(1, jpeg(turn)?)?).await?;
        screen.until("the other camera", |screen| seen(screen, turn)).await?;
    }
    guest.at_once([meta(json!([camera(0), camera(1)]))]).await?;
    waits_for_a_new_picture(&mut guest, &screen, &viewer).await
}

#[tokio::test]
async fn pictures_from_right_before_the_connection_ended_are_not_live_with_the_next_one() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    guest.at_once([bundle(GREEN)?, bundle(BLUE)?, close(CloseCode::Away, "")]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    waits_for_a_new_picture(&mut guest, &screen, &viewer).await
}

#[tokio::test]
async fn a_picture_from_before_an_outage_is_not_live_again_with_the_connection() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    guest.send(bundle_of(0, jpeg(GREEN)?)?).await?;
    screen.until("green", |screen| seen(screen, GREEN)).await?;

    drop(guest);
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    viewer.wait_for_line("camera 0 (Number 0): waiting", PATIENCE).await?;
    assert_eq!(seen(&screen.picture()?, GREEN), None);
    guest.send(bundle_of(0, jpeg(BLUE)?)?).await?;
    screen.until("blue", |screen| seen(screen, BLUE)).await?;
    Ok(())
}

/// The bridge says nothing of the silence; the viewer sees by itself that nothing comes.
#[tokio::test]
async fn a_silence_after_a_silence_is_seen_as_soon_as_the_first() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let _viewer = viewer(Build::Plain, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    let mut silences = Vec::new();
    // Three pictures soon after one another, and after each silence one.
    for colours in [&[GREEN, BLUE, GREEN][..], &[BLUE]] {
        for colour in colours {
            guest.send(bundle_of(0, jpeg(*colour)?)?).await?;
            screen.until("the picture", |screen| seen(screen, *colour)).await?;
        }
        let since = Instant::now();
        let none = |screen: &Picture| [GREEN, BLUE].iter().all(|colour| seen(screen, *colour).is_none()).then_some(());
        screen.until("that nothing comes", none).await?;
        silences.push(since.elapsed());
    }
    println!("seen after {silences:?}");
    ensure!(silences[1] < 2 * silences[0], "{silences:?}");
    Ok(())
}
