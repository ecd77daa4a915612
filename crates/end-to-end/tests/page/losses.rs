//! What a person sees when something is lost, and that it comes back by itself.

use anyhow::{Result, ensure};
use end_to_end::{FakeGigeCamera, Place, ViewerPage, gige_camera, pattern_camera};

#[tokio::test]
async fn the_page_says_that_the_bridge_is_gone_and_recovers_by_itself_when_it_is_back() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let mut bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{}/", bridge.address)).await?;
    page.until_live(2).await?;

    bridge.process.kill()?;
    let said = page.until_trouble("bridge").await?;
    ensure!(said.starts_with("No connection to the bridge. Trying again in "), "{said}");
    page.until_state(0, "disconnected").await?;
    ensure!(page.painted(0).await? > 0, "the last picture is gone");
    // It tries more than once, and says so.
    page.chromium
        .until(
            "another attempt",
            "
        return document.querySelector('[data-page=troubleText]').textContent.includes('again in 2 s');",
        )
        .await?;

    let _bridge = place.bridge_at(bridge.address).await?;
    page.until_live(2).await?;
    page.until_painted(0, 10).await?;
    page.until_painted(1, 10).await?;
    let trouble = page.chromium.run("return document.querySelector('[data-page=trouble]').hidden;").await?;
    assert_eq!(trouble, true, "it still says that there is trouble");
    page.close_after_outage().await
}

#[tokio::test]
async fn a_lost_camera_keeps_its_tile_and_its_picture_says_why_and_comes_back() -> Result<()> {
    let mut camera = FakeGigeCamera::start().await?;
    let place = Place::new(&(gige_camera(0, camera.ip(), 50) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{}/", bridge.address)).await?;
    page.until_live(2).await?;
    let bright = brightness(&page).await?;

    camera.kill()?;
    let said = page.until_state(0, "lost").await?;
    ensure!(said.contains("Lost") && said.contains("The camera is not found"), "{said}");
    let painted = page.painted(0).await?;
    page.chromium.until("the picture dimmed", "
        return getComputedStyle(document.querySelector('[data-camera=\"0\"] canvas')).filter.includes('brightness(0.45)');")
        .await?;
    let dimmed = brightness(&page).await?;
    ensure!(dimmed > 0.05 * bright && dimmed < 0.7 * bright, "from {bright} to {dimmed}: not the last picture dimmed");
    page.until_painted(1, 10).await?;

    camera.switch_on().await?;
    page.until_state(0, "streaming").await?;
    page.until_painted(0, 10).await?;
    ensure!(page.painted(0).await? > painted + 9);
    page.close().await
}

async fn brightness(page: &ViewerPage) -> Result<f64> {
    let seen = page.seen(&page.chromium.screenshot(None).await?, 0).await?;
    Ok(seen.mean().iter().sum())
}
