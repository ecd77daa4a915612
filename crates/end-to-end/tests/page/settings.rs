//! The settings of a camera: they do what they say, for everyone, and what cannot be is refused where it was entered.

use anyhow::{Context, Result, ensure};
use end_to_end::{Bridge, FakeGigeCamera, PATIENCE, Place, Process, ViewerPage, WsClient, gige_camera, pattern_camera};
use fantoccini::key::Key;
use tokio::time::Instant;

/// A page with the settings of camera 0 open.
async fn settings_of(config: &str, cameras: usize) -> Result<(Place, Bridge, Process, ViewerPage)> {
    let place = Place::new(config)?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{}/", bridge.address)).await?;
    page.until_live(cameras).await?;
    page.focus(0).await?;
    page.chromium.press('e').await?;
    page.chromium.wait_for("#setting-stream_fps").await?;
    Ok((place, bridge, grabber, page))
}

/// Types a value over the one that is there.
async fn enter(page: &ViewerPage, css: &str, value: &str) -> Result<()> {
    let input = page.chromium.wait_for(css).await?;
    let chosen = format!("const input = document.querySelector('{css}'); input.focus(); input.select();");
    page.chromium.run(&chosen).await?;
    Ok(input.send_keys(value).await?)
}

async fn apply(page: &ViewerPage) -> Result<()> {
    Ok(page.chromium.wait_for("#settings [data-panel=apply]").await?.click().await?)
}

async fn until_said(page: &ViewerPage, what: &str) -> Result<()> {
    let said = format!("return document.querySelector('#settings [data-panel=said]').textContent.includes('{what}');");
    page.chromium.until(&format!("said «{what}»"), &said).await?;
    Ok(())
}

#[tokio::test]
async fn rate_quality_and_size_change_for_everyone_and_the_other_camera_goes_on() -> Result<()> {
    let (_place, bridge, _grabber, page) = settings_of(&(pattern_camera(0) + &pattern_camera(1)), 2).await?;
    let mut another = WsClient::connect(bridge.address).await?;
    let large = another.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    let large = large.frame(0).context("a frame")?.data.len();

    enter(&page, "#setting-stream_fps", "5").await?;
    enter(&page, "#setting-jpeg_quality", "10").await?;
    apply(&page).await?;
    until_said(&page, "Applied.").await?;
    let small = |size: usize| size < large / 2;
    another.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some_and(|frame| small(frame.data.len()))).await?;
    page.chromium
        .until(
            "told as 5 fps",
            "
        return document.querySelector('[data-camera=\"0\"] [data-part=rate]').textContent === '5 fps';",
        )
        .await?;
    let (slow, fast) = (page.painted(0).await?, page.painted(1).await?);
    page.until_painted(0, 5).await?;
    let (slow, fast) = (page.painted(0).await? - slow, page.painted(1).await? - fast);
    ensure!(fast > 3 * slow, "{slow} pictures of the slower camera, {fast} of the other");

    enter(&page, "#settings [data-setting=size] input:first-of-type", "320").await?;
    enter(&page, "#settings [data-setting=size] input:last-of-type", "240").await?;
    page.chromium.press(Key::Enter.into()).await?;
    page.chromium
        .until(
            "320 wide on the page",
            "
        const { width, height } = document.querySelector('[data-camera=\"0\"]').dataset;
        return width === '320' && height === '240';",
        )
        .await?;
    let narrow = |bundle: &frame_bundle::FrameBundle| bundle.frame(0).is_some_and(|frame| frame.width == 320);
    another.bundle_where(PATIENCE, narrow).await?;
    page.until_live(2).await?;
    page.close().await
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_its_field_and_the_camera_goes_on_as_it_was() -> Result<()> {
    let (_place, _bridge, _grabber, page) = settings_of(&pattern_camera(0), 1).await?;
    enter(&page, "#setting-jpeg_quality", "400").await?;
    apply(&page).await?;
    let problem = page
        .chromium
        .until(
            "a sentence at the field",
            "
        return document.querySelector('#setting-jpeg_quality[aria-invalid=true]') &&
          document.querySelector('#setting-jpeg_quality-problem').textContent;",
        )
        .await?;
    let problem = problem.as_str().context("a sentence")?;
    ensure!(problem.contains("400") || problem.contains("100"), "{problem}");
    let focused = page.chromium.run("return document.activeElement.id;").await?;
    assert_eq!(focused, "setting-jpeg_quality");
    page.until_painted(0, 10).await?;

    page.chromium.wait_for("#settings [data-panel=reset]").await?.click().await?;
    let value = page.chromium.run("return document.querySelector('#setting-jpeg_quality').value;").await?;
    assert_eq!(value, "80");
    // The browser notes each answer that is an error; this one was wanted.
    page.close_where(|error| error.contains("/api/camera/0/config")).await
}

#[tokio::test]
async fn a_camera_stopped_on_the_page_says_so_and_is_started_again_there() -> Result<()> {
    let (_place, _bridge, _grabber, page) = settings_of(&(pattern_camera(0) + &pattern_camera(1)), 2).await?;
    let run = page.chromium.wait_for("#settings [data-panel=run]").await?;
    assert_eq!(run.text().await?, "Stop");
    run.click().await?;
    let said = page.until_state(0, "stopped").await?;
    ensure!(said.contains("Stopped") && said.contains("on request"), "{said}");
    page.until_painted(1, 20).await?; // its last picture may still have been under way
    let stood = page.painted(0).await?;
    page.until_painted(1, 20).await?;
    assert_eq!(page.painted(0).await?, stood);

    page.chromium
        .until("a button to start it", "return document.querySelector('[data-panel=run]').textContent === 'Start';")
        .await?;
    page.chromium.wait_for("#settings [data-panel=run]").await?.click().await?;
    page.until_state(0, "streaming").await?;
    page.until_painted(0, 10).await?;
    page.close().await
}

#[tokio::test]
async fn an_industrial_camera_has_exposure_and_gain_and_takes_them_within_two_seconds() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let (_place, bridge, _grabber, page) = settings_of(&gige_camera(0, camera.ip(), 50), 1).await?;
    let shown =
        "return ['exposure_us', 'gain_db'].every(key => document.querySelector(`#setting-${key}`).value !== '');";
    page.chromium.until("exposure and gain as the camera has them", shown).await?;
    // The fake camera's picture is brighter the longer it is exposed, and the more it gains.
    let mut viewer = WsClient::connect(bridge.address).await?;
    let dark = brightness(&mut viewer).await?;
    enter(&page, "#setting-exposure_us", "9000").await?;
    enter(&page, "#setting-gain_db", "3").await?;
    apply(&page).await?;
    let asked = Instant::now();
    let mut bright = dark;
    while bright < 1.2 * dark {
        bright = brightness(&mut viewer).await?;
        ensure!(asked.elapsed().as_secs_f64() < 2.0, "from {dark} to {bright} in {:?}", asked.elapsed());
    }
    until_said(&page, "Applied.").await?;
    page.until_painted(0, 10).await?;
    page.close().await
}

async fn brightness(viewer: &mut WsClient) -> Result<f64> {
    let bundle = viewer.next_bundle(PATIENCE).await?;
    Ok(end_to_end::picture_of(&bundle, 0)?.mean()[0])
}

#[tokio::test]
async fn over_a_camera_that_fills_the_screen_they_are_used_by_pointer() -> Result<()> {
    let (_place, _bridge, _grabber, page) = settings_of(&(pattern_camera(0) + &pattern_camera(1)), 2).await?;
    page.chromium.wait_for("#settings [data-panel=close]").await?.click().await?;
    page.focus(0).await?;
    page.chromium.press('f').await?;
    page.chromium.until("the whole screen", "return document.fullscreenElement && innerWidth > 0;").await?;
    page.chromium.press('e').await?;
    page.chromium.wait_for("#setting-stream_fps").await?;
    // A click that something else would get is an error.
    page.chromium.wait_for("#setting-stream_fps").await?.click().await?;
    enter(&page, "#setting-stream_fps", "5").await?;
    apply(&page).await?;
    until_said(&page, "Applied.").await?;
    page.chromium.wait_for("#settings [data-panel=close]").await?.click().await?;
    let alone = "
        return document.fullscreenElement && document.getElementById('settings').hidden &&
          document.querySelector('.maximised').dataset.camera === '0';";
    page.chromium.until("the camera alone", alone).await?;
    page.until_painted(0, 5).await?;
    page.close().await
}

#[tokio::test]
async fn the_settings_are_used_by_keyboard_alone() -> Result<()> {
    let (_place, _bridge, _grabber, page) = settings_of(&(pattern_camera(0) + &pattern_camera(1)), 2).await?;
    let title = page.chromium.run("return document.activeElement.id;").await?;
    assert_eq!(title, "settings-title", "who opens them is told what opened");
    page.chromium.press(Key::Escape.into()).await?;
    page.chromium
        .until(
            "back at the camera",
            "
        return document.activeElement.dataset.camera === '0' && document.getElementById('settings').hidden;",
        )
        .await?;

    page.chromium.press('e').await?;
    let opened = "return document.activeElement.id === 'settings-title';";
    page.chromium.until("the settings again", opened).await?;
    // They come with the bridge's answer: before it there is nothing to go to.
    page.chromium.wait_for("#setting-jpeg_quality").await?;
    // From the title: close, stop, rate, quality.
    for _ in 0..4 {
        page.chromium.press(Key::Tab.into()).await?;
    }
    let focused = page.chromium.run("return document.activeElement.id;").await?;
    assert_eq!(focused, "setting-jpeg_quality");
    for key in ['4', '0', Key::Enter.into()] {
        page.chromium.press(key).await?;
    }
    until_said(&page, "Applied.").await?;
    page.close().await
}
