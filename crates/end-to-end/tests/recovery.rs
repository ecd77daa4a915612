//! Killed with SIGKILL and started again: bridge and grabber. What is left goes on, and what comes back is seen.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Place, WsClient, pattern_camera};
use tokio::time::Instant;

const BACK_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_viewer_sees_frames_again_within_two_seconds_of_the_bridges_return() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let mut bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let before = viewer.next_bundle(PATIENCE).await?;

    bridge.process.kill()?;
    viewer.closed(PATIENCE).await?;
    ensure!(place.socket().exists(), "a killed bridge cannot tidy up, so this tests nothing");

    let returned = Instant::now();
    let _bridge = place.bridge_at(bridge.address).await?;
    let mut viewer = WsClient::connect_again(bridge.address, BACK_WITHIN).await?;
    let after = viewer.next_bundle(BACK_WITHIN).await?;
    let took = returned.elapsed();
    println!("back after {took:?}");
    ensure!(took < BACK_WITHIN, "back after {took:?}");
    assert_eq!(after.session(), before.session(), "the grabber lives on");
    ensure!(after.seq() > before.seq());
    Ok(())
}

#[tokio::test]
async fn a_viewer_sees_frames_again_within_two_seconds_of_the_grabbers_return() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let mut grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let before = viewer.next_bundle(PATIENCE).await?.session().context("our grabber says its session")?;

    grabber.kill()?;
    let returned = Instant::now();
    let _grabber = place.grabber(&[])?;
    let after = viewer.bundle_where(BACK_WITHIN, |bundle| bundle.session() != Some(before)).await?;
    let took = returned.elapsed();
    println!("back after {took:?}");
    ensure!(took < BACK_WITHIN, "back after {took:?}");
    ensure!(after.seq() < 60, "a new life counts from 0, not from {}", after.seq());
    Ok(())
}
