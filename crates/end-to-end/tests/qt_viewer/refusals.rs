//! What the viewer does when a bridge says no: it tries again where that can help, and nowhere else.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Picture, XScreen, screenshots};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::colours::{GREEN, bundle_of, camera, is_about, jpeg, seen};
use crate::played_bridge::{PlayedBridge, close};
use crate::viewer::{Build, viewer};

/// Four times as long as a viewer waits that tries again.
const LONG: Duration = Duration::from_secs(2);
const FINAL: &str = "F5 tries again.";

async fn refused_with(status: &str, is_final: bool, screen: &XScreen) -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let viewer = viewer(Build::Plain, screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    bridge.refuse(status).await?;
    if is_final {
        viewer.wait_for_line(FINAL, PATIENCE).await?;
        bridge.nobody_comes(LONG).await
    } else {
        viewer.wait_for_line("Trying again in 1 s.", PATIENCE).await?;
        bridge.unannounced().await.map(drop)
    }
}

#[tokio::test]
async fn a_viewer_that_is_refused_comes_again_only_where_waiting_can_help() -> Result<()> {
    let screen = XScreen::start(1280, 800).await?;
    let statuses = [
        ("401 Unauthorized", true),
        ("403 Forbidden", true),
        ("404 Not Found", true),
        ("429 Too Many Requests", false),
        ("502 Bad Gateway", false),
        ("503 Service Unavailable", false),
    ];
    try_join_all(statuses.map(|(status, is_final)| refused_with(status, is_final, &screen))).await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_never_stands_long_is_tried_less_and_less_often() -> Result<()> {
    let screen = XScreen::start(1280, 800).await?;
    let bridge = PlayedBridge::listen().await?;
    let viewer = viewer(Build::Plain, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    for _ in 0..3 {
        drop(bridge.guest(json!([])).await?);
    }
    viewer.wait_for_line("The bridge closed the connection. Trying again in 2 s.", PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_viewer_that_is_sent_away_does_not_come_again() -> Result<()> {
    let screen = XScreen::start(1280, 800).await?;
    let bridge = PlayedBridge::listen().await?;
    let viewer = viewer(Build::Plain, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    guest.send(bundle_of(0, jpeg(GREEN)?)?).await?;
    screen.until("green", |screen| seen(screen, GREEN)).await?;
    guest.at_once([close(CloseCode::Policy, "not for you")]).await?;
    let said = viewer.wait_for_line("The bridge said no", PATIENCE).await?;
    ensure!(said == format!("The bridge said no: not for you. {FINAL}"), "{said}");
    let dimmed = |screen: &Picture| !screen.rgb.chunks_exact(3).any(|pixel| is_about(pixel, GREEN));
    let not_live = |screen: &Picture| dimmed(screen).then_some(());
    let (seen, ()) = screen.until("no picture as if it were live", not_live).await?;
    std::fs::create_dir_all(screenshots()?)?;
    std::fs::write(screenshots()?.join("qt-sent-away.jpg"), seen.to_jpeg()?)?;
    bridge.nobody_comes(LONG).await
}
