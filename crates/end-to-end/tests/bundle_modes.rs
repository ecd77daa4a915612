//! What goes together into a bundle, by the capture times and cameras that a viewer gets.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Place, WsClient, cameras_of, gstreamer_camera, pattern_camera};
use frame_bundle::FrameBundle;

const WATCHED: Duration = Duration::from_secs(4);
/// More than half the time between two frames of a camera of 100 a second, so that each frame has a counterpart.
const TOLERANCE_MS: f64 = 6.0;
/// How late the frames of one camera come, as over a slow link: several frames of the other one.
const LATE_MS: f64 = 30.0;

/// Two live cameras of 100 frames a second with clocks of their own, the second one late.
fn one_of_two_is_late(bundle: &str) -> String {
    let camera =
        "videotestsrc is-live=true pattern=ball ! video/x-raw,format=GRAY8,width=320,height=240,framerate=100/1";
    let held_back = (LATE_MS * 1e6) as u64;
    let late = format!("{camera} ! queue max-size-buffers=0 max-size-bytes=0 min-threshold-time={held_back}");
    let stream = format!("[stream]\nfps = 30\nbundle = \"{bundle}\"\ntolerance_ms = {TOLERANCE_MS}\n");
    stream + &gstreamer_camera(0, camera) + &gstreamer_camera(1, &late)
}

/// The bundles that a viewer gets once all of `cameras` are seen.
async fn watch(config: &str, cameras: &[u8]) -> Result<Vec<FrameBundle>> {
    let place = Place::new(config)?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;
    for camera in cameras {
        viewer.bundle_where(PATIENCE, |bundle| bundle.frame(*camera).is_some()).await?;
    }
    Ok(viewer.bundles_for(WATCHED).await?.into_iter().map(|(_, bundle)| bundle).collect())
}

/// How far apart the frames of each bundle were captured, where it has both.
fn apart_ms(bundles: &[FrameBundle]) -> Vec<f64> {
    let time = |bundle: &FrameBundle, camera| Some(bundle.capture_info(camera)?.capture_time_us);
    let apart = |bundle| Some(time(bundle, 0)?.abs_diff(time(bundle, 1)?) as f64 / 1000.0);
    bundles.iter().filter_map(apart).collect()
}

#[tokio::test]
async fn synchronized_bundles_hold_what_was_captured_within_the_tolerance_however_late_it_comes() -> Result<()> {
    let bundles = watch(&one_of_two_is_late("synchronized"), &[0, 1]).await?;
    let apart = apart_ms(&bundles);
    let most = apart.iter().copied().fold(0.0, f64::max);
    println!("{} bundles, {} of both, apart by at most {most:.1} ms", bundles.len(), apart.len());
    ensure!(bundles.len() > 80, "{} bundles in {WATCHED:?}", bundles.len());
    ensure!(apart.len() * 10 > bundles.len() * 9, "{} of {} bundles have both", apart.len(), bundles.len());
    ensure!(apart.iter().all(|ms| *ms <= TOLERANCE_MS), "{apart:?}");

    // The newest of each are not of the same moment: it takes pairing.
    let apart = apart_ms(&watch(&one_of_two_is_late("latest"), &[0, 1]).await?);
    let of_one_moment = apart.iter().filter(|ms| **ms <= TOLERANCE_MS).count();
    ensure!(apart.len() > 40 && of_one_moment * 10 < apart.len(), "{of_one_moment} of {}: {apart:?}", apart.len());
    Ok(())
}

#[tokio::test]
async fn complete_bundles_hold_every_live_camera_and_wait_for_none_that_is_lost() -> Result<()> {
    let stream = "[stream]\nfps = 30\nbundle = \"complete\"\nmax_wait_ms = 2000\n";
    let slow = pattern_camera(1).replace("fps = 30", "fps = 10");
    let lost = "[[camera]]\nid = 2\nsource = \"v4l2\"\ndevice = \"/dev/video-none\"\n";
    let bundles = watch(&[stream, &pattern_camera(0), &slow, lost].concat(), &[0, 1]).await?;
    let rate = bundles.len() as f64 / WATCHED.as_secs_f64();
    ensure!((7.0..=11.0).contains(&rate), "{rate} bundles/s, with a camera of 10");
    ensure!(bundles.iter().all(|bundle| cameras_of(bundle) == [0, 1].into()), "a bundle lacks a camera");
    Ok(())
}

#[tokio::test]
async fn complete_bundles_wait_no_longer_for_a_slow_camera_than_they_may() -> Result<()> {
    let stream = "[stream]\nfps = 30\nbundle = \"complete\"\nmax_wait_ms = 100\n";
    let slow = pattern_camera(1).replace("fps = 30", "fps = 1");
    let bundles = watch(&[stream, &pattern_camera(0), &slow].concat(), &[0, 1]).await?;
    let alone = bundles.iter().filter(|bundle| cameras_of(bundle) == [0].into()).count();
    let both = bundles.iter().filter(|bundle| cameras_of(bundle) == [0, 1].into()).count();
    // Where camera 0 is late itself, one may hold the slow one alone.
    ensure!(alone > 15 && both >= 2 && alone + both + 2 >= bundles.len(), "{alone} and {both} of {}", bundles.len());
    Ok(())
}
