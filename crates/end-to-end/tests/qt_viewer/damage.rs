//! What a bridge may send, and should not: what is damaged does no harm and is not shown.

use anyhow::{Context, Result, ensure};
use end_to_end::{Picture, XScreen};
use frame_bundle::{BundleBuilder, CaptureInfo, Clock};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::colours::{BLUE, GREEN, TURNS, bundle_of, camera, frame_of, is_about, jpeg, seen};
use crate::played_bridge::PlayedBridge;
use crate::vectors::{Vector, paths};
use crate::viewer::{Build, viewer};

/// A bundle with a sound blue picture of camera 0, damaged in each way that leaves the picture as it is.
fn damaged(sound: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let with = |at: usize, value: u8| [&sound[..at], &[value], &sound[at + 1..]].concat();
    let sender = &sound[sound.len() - 16..];
    let frame = &sound[24..sound.len() - 16];
    let picture = &frame[16..];
    let half = picture[..picture.len() / 2].to_vec();
    let named = |name: &str, bytes| (name.to_owned(), bytes);
    Ok(vec![
        named("wrong magic", with(0, 0xBF)),
        named("version 2", with(4, 2)),
        named("no camera", with(6, 0)),
        named("more cameras than frames", with(6, 2)),
        named("camera twice", [&with(6, 2)[..24], frame, frame, sender].concat()),
        named("sender twice", [sound, sender].concat()),
        named("sender cut", sound[..sound.len() - 1].to_vec()),
        named("one byte left", [sound, &[0]].concat()),
        named("a picture cut in half", bundle_of(0, half)?.to_vec()),
        named("no picture", bundle_of(0, b"nothing to see".to_vec())?.to_vec()),
        named("an empty picture", bundle_of(0, Vec::new())?.to_vec()),
    ])
}

#[tokio::test]
async fn no_damaged_message_ends_the_viewer_or_shows_a_wrong_picture() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let url = format!("ws://{}/", bridge.address()?);
    let _viewer = viewer(Build::Sanitized, &screen, &["--url", &url]).await?;
    let mut guest = bridge.guest(json!([camera(0), camera(1)])).await?;

    let green = bundle_of(0, jpeg(GREEN)?)?;
    let blue = bundle_of(0, jpeg(BLUE)?)?;
    guest.send(green.clone()).await?;
    let (_, place) = screen.until("green", |screen| seen(screen, GREEN)).await?;

    let malformed = paths("malformed").into_iter().map(|path| (path.display().to_string(), Vector::read(&path).bytes));
    for (turn, (name, message)) in malformed.chain(damaged(&blue)?).enumerate() {
        let next = TURNS[turn % 2];
        guest.send(green.clone()).await?;
        guest.send(message.into()).await.context(name.clone())?;
        // What it made of the damaged message would be on the screen before this is.
        guest.send(bundle_of(1, jpeg(next)?)?).await?;
        let (now, _) = screen.until(&format!("the picture behind «{name}»"), |screen| seen(screen, next)).await?;
        assert_eq!(seen(&now, GREEN), Some(place), "{name}");
        assert_eq!(seen(&now, BLUE), None, "{name}");
    }

    // Not damaged, the same picture is shown in the same place.
    guest.send(blue).await?;
    let (_, blue_at) = screen.until("blue", |screen| seen(screen, BLUE)).await?;
    assert_eq!(blue_at, place);
    Ok(())
}

#[tokio::test]
async fn cameras_that_a_bridge_does_not_describe_have_tiles_once_they_send() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let _viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.unannounced().await?;
    let both = |screen: &Picture| Some((seen(screen, GREEN)?, seen(screen, BLUE)?));
    guest.send(bundle_of(4, jpeg(GREEN)?)?).await?;
    guest.send(bundle_of(9, jpeg(BLUE)?)?).await?;
    let (_, (green, blue)) = screen.until("both", both).await?;
    ensure!(green.x + green.width <= blue.x, "{green:?} and {blue:?}");
    Ok(())
}

#[tokio::test]
async fn no_number_in_a_sound_message_is_too_large_or_too_small() -> Result<()> {
    let bridge = PlayedBridge::listen().await?;
    let screen = XScreen::start(1280, 800).await?;
    let _viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("ws://{}/", bridge.address()?)]).await?;
    let mut guest = bridge.guest(json!([camera(0)])).await?;
    // Answers to no question of the viewer's.
    for (t0, bridge_us) in [(i64::MIN, i64::MAX), (0, i64::MAX)] {
        let time = json!({"type": "time", "t0": t0, "bridge_us": bridge_us});
        guest.at_once([Message::text(time.to_string())]).await?;
    }
    // The first is before the viewer knows the bridge's time.
    let times = [0, 0, 1, i64::MAX as u64, i64::MAX as u64 + 1, i64::MAX as u64 + 2, u64::MAX];
    for (turn, capture_time_us) in times.into_iter().enumerate() {
        let info = CaptureInfo { camera_id: 0, clock: Clock::ARRIVAL, capture_time_us, frame_number: u64::MAX };
        let picture = frame_of(0, jpeg(TURNS[turn % 2])?);
        guest.send(BundleBuilder::new(u64::MAX, u64::MAX).frame(picture).capture_info(info).build()?).await?;
        let what = format!("the picture that was taken at {capture_time_us} µs");
        screen.until(&what, |screen| seen(screen, TURNS[turn % 2])).await?;
    }
    for path in paths("good") {
        guest.send(Vector::read(&path).bytes.into()).await.with_context(|| path.display().to_string())?;
    }
    // It shows what comes then. A vector has every camera that there can be, so the picture is a small one.
    guest.send(bundle_of(0, jpeg(GREEN)?)?).await?;
    let any = |screen: &Picture| screen.rgb.chunks_exact(3).any(|pixel| is_about(pixel, GREEN)).then_some(());
    screen.until("green", any).await?;
    Ok(())
}
