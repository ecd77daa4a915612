//! What a person does: with the mouse, with keys, and by going elsewhere.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{Bridge, PATIENCE, Picture, Place, Process, ViewerPage, WsClient, http_get, pattern_camera};
use fantoccini::key::Key;
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// Two cameras on a page.
async fn two_cameras() -> Result<(Place, Bridge, Process, ViewerPage)> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{}/", bridge.address)).await?;
    page.until_live(2).await?;
    Ok((place, bridge, grabber, page))
}

#[tokio::test]
async fn a_camera_fills_the_screen_by_double_click_and_by_f_and_gives_it_back() -> Result<()> {
    let (_place, _bridge, _grabber, page) = two_cameras().await?;
    let fills = |camera: u8| {
        format!(
            "const {{ width, height }} = document.querySelector('[data-camera=\"{camera}\"]').getBoundingClientRect();
         return document.fullscreenElement && width === innerWidth && height === innerHeight;"
        )
    };
    const NOTHING_DOES: &str = "return !document.fullscreenElement && !document.querySelector('.maximised');";

    page.chromium.double_click(page.part(1, "canvas").await?).await?;
    page.chromium.until("camera 1 on the whole screen", &fills(1)).await?;
    page.until_painted(1, 5).await?;
    page.chromium.double_click(page.part(1, "canvas").await?).await?;
    page.chromium.until("the wall again", NOTHING_DOES).await?;

    page.focus(0).await?;
    page.chromium.press('f').await?;
    page.chromium.until("camera 0 on the whole screen", &fills(0)).await?;
    page.chromium.press('f').await?;
    page.chromium.until("the wall again", NOTHING_DOES).await?;

    // Out again before the browser has let it in.
    let twice = "for (const _ of [1, 2]) document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'f', bubbles: true }));";
    page.chromium.run(twice).await?;
    page.until_painted(0, 10).await?;
    page.chromium.until("the wall still", NOTHING_DOES).await?;
    page.close().await
}

#[tokio::test]
async fn a_paused_camera_stands_still_while_the_other_moves_and_goes_on_when_resumed() -> Result<()> {
    let (_place, _bridge, _grabber, page) = two_cameras().await?;
    page.focus(0).await?;
    page.chromium.press('p').await?;
    assert_eq!(page.told(0, "paused").await?, "true");
    // A picture that was being decoded may still come.
    page.until_painted(1, 30).await?;
    let stood = page.painted(0).await?;
    page.until_painted(1, 30).await?;
    assert_eq!(page.painted(0).await?, stood);

    page.chromium.press('p').await?;
    page.until_painted(0, 10).await?;
    page.chromium.press(' ').await?;
    for camera in 0..2 {
        assert_eq!(page.told(camera, "paused").await?, "true");
    }
    page.chromium.press(' ').await?;
    page.until_painted(0, 10).await?;
    page.until_painted(1, 10).await?;
    page.close().await
}

#[tokio::test]
async fn a_snapshot_is_the_cameras_own_jpeg_under_its_name() -> Result<()> {
    let (_place, bridge, _grabber, page) = two_cameras().await?;
    let mut viewer = WsClient::connect_to(bridge.address, "/?delivery=every").await?;
    let mut seen_by_another = Vec::new();
    let (name, snapshot) = {
        let mut saving = pin!(save(&page, 1));
        loop {
            tokio::select! {
                saved = &mut saving => break saved?,
                bundle = viewer.next_bundle(PATIENCE) => seen_by_another.extend(bundle?.frame(1).map(|frame| frame.data)),
            }
        }
    };
    let picture = Picture::from_jpeg(&snapshot)?;
    assert_eq!((picture.width, picture.height), (640, 480));
    ensure!(name.ends_with(".jpg") && name.contains("_20"), "{name}");
    // It may lie unread.
    while !seen_by_another.iter().any(|seen| *seen == snapshot) {
        let bundle = viewer.next_bundle(PATIENCE).await?;
        seen_by_another.extend(bundle.frame(1).map(|frame| frame.data));
        ensure!(seen_by_another.len() < 1000, "nobody else saw what was saved");
    }
    page.close().await
}

/// Saves a camera's picture; gives the file's name and bytes.
async fn save(page: &ViewerPage, camera: u8) -> Result<(String, Vec<u8>)> {
    page.until_painted(camera, 10).await?;
    page.focus(camera).await?;
    page.chromium.press('s').await?;
    page.chromium.downloaded().await
}

#[tokio::test]
async fn a_hidden_camera_stays_hidden_over_a_reload_and_is_shown_again_from_the_list() -> Result<()> {
    let (_place, bridge, _grabber, page) = two_cameras().await?;
    page.focus(0).await?;
    page.chromium.press('h').await?;
    const ONE: &str =
        "return [...document.querySelectorAll('.slot:not([hidden]) .tile')].map((tile) => tile.dataset.camera) == '1';";
    page.chromium.until("camera 1 alone on the wall", ONE).await?;
    page.chromium.open(&format!("http://{}/", bridge.address)).await?;
    page.until_state(1, "streaming").await?;
    page.chromium.until("camera 1 alone on the wall", ONE).await?;

    page.chromium.wait_for("[data-page=cameras]").await?.click().await?;
    page.chromium.wait_for("#camera-list label:first-child input").await?.click().await?;
    page.until_live(2).await?;
    page.until_painted(0, 5).await?;
    page.close().await
}

#[tokio::test]
async fn the_arrow_keys_go_from_camera_to_camera_and_tab_to_a_cameras_buttons() -> Result<()> {
    let (_place, _bridge, _grabber, page) = two_cameras().await?;
    let focused = |what: &str| format!("return document.activeElement.{what};");
    page.chromium.press(Key::Right.into()).await?;
    page.chromium.until("the first camera in focus", &focused("dataset.camera === '0'")).await?;
    page.chromium.press(Key::Right.into()).await?;
    page.chromium.until("the second camera in focus", &focused("dataset.camera === '1'")).await?;
    page.chromium.press(Key::Tab.into()).await?;
    page.chromium
        .until(
            "its first button in focus",
            &focused("closest('[data-camera=\"1\"]') && document.activeElement.ariaLabel === 'Pause'"),
        )
        .await?;
    page.chromium.press(Key::Enter.into()).await?;
    assert_eq!(page.told(1, "paused").await?, "true");

    // Everything that can be pressed has a name to be called by.
    let nameless = "return [...document.querySelectorAll('button, input, [role]')]
        .filter((each) => each.checkVisibility() && !(each.ariaLabel || each.textContent.trim() || each.labels?.length || each.role === 'status'))
        .map((each) => each.outerHTML);";
    assert_eq!(page.chromium.run(nameless).await?, Value::Array(vec![]));
    page.close().await
}

#[tokio::test]
async fn a_page_that_nobody_sees_costs_the_bridge_nothing_and_is_live_at_once_when_seen() -> Result<()> {
    let (_place, bridge, _grabber, page) = two_cameras().await?;
    let painted = page.painted(0).await?;
    let tab = page.chromium.cover().await?;
    until_viewers(&bridge, 0).await?;

    let seen = Instant::now();
    page.chromium.back_to(tab).await?;
    page.until_live(2).await?;
    page.until_painted(0, 1).await?;
    let took = seen.elapsed();
    println!("live {took:?} after it was seen again");
    ensure!(took < Duration::from_secs(2), "live {took:?} after it was seen again");
    ensure!(page.painted(0).await? > painted);
    until_viewers(&bridge, 1).await?;
    page.close().await
}

async fn until_viewers(bridge: &Bridge, count: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, status) = http_get(bridge.address, "/api/status").await?;
        let status: Value = serde_json::from_str(&status)?;
        let viewers = status["clients"].as_array().context("clients")?.len();
        if viewers == count {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{viewers} viewers, not {count}");
        sleep(Duration::from_millis(20)).await;
    }
}
