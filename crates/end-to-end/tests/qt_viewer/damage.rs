//! What a bridge may send, and should not: what is damaged does no harm and is not shown.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use end_to_end::{PATIENCE, Picture, Rectangle, XScreen};
use frame_bundle::{BundleBuilder, Frame, PixelFormat};
use serde_json::{Value, json};

use crate::played_bridge::PlayedBridge;
use crate::viewer::{Build, viewer};

const GREEN: [u8; 3] = [20, 200, 60];
const BLUE: [u8; 3] = [30, 60, 220];
/// Those that the second camera shows in turn, so that it is seen when a picture is a new one.
const TURNS: [[u8; 3]; 2] = [[230, 120, 20], [220, 40, 200]];

fn jpeg(colour: [u8; 3]) -> Result<Vec<u8>> {
    Picture::drawn(320, 240, |_, _| colour).to_jpeg()
}

/// As the bridge describes it.
fn camera(id: u8) -> Value {
    json!({"camera_id": id, "name": format!("Number {id}"), "width": 320, "height": 240, "state": "streaming"})
}

fn bundle_of(camera_id: u8, jpeg: Vec<u8>) -> Result<Bytes> {
    let frame = Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 320, height: 240, data: jpeg.into() };
    // Read as a frame, a sender block with this session would go past the end.
    Ok(BundleBuilder::new(1, 2).frame(frame).session(u64::MAX).build()?)
}

/// Every malformed vector, by its name.
fn vectors() -> Result<Vec<(String, Vec<u8>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto/vectors/malformed");
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("hex")) {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
        let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair)?, 16).context("no hex"));
        vectors.push((path.display().to_string(), pairs.collect::<Result<_>>()?));
    }
    ensure!(!vectors.is_empty(), "no vectors");
    Ok(vectors)
}

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

/// The smallest rectangle around all pixels of about this colour; none where it is no whole picture.
fn seen(screen: &Picture, colour: [u8; 3]) -> Option<Rectangle> {
    let is_it = |pixel: &[u8]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 24);
    let places = || (0..).zip(screen.rgb.chunks_exact(3)).filter(|(_, pixel)| is_it(pixel)).map(|(at, _)| at);
    let (columns, rows) = (|| places().map(|at| at % screen.width), || places().map(|at| at / screen.width));
    let (x, y) = (columns().min()?, rows().min()?);
    let (width, height) = (columns().max()? + 1 - x, rows().max()? + 1 - y);
    let whole = width > 100 && places().count() > width * height * 9 / 10 && (4 * height).abs_diff(3 * width) < 8;
    whole.then_some(Rectangle { x, y, width, height })
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

    for (turn, (name, message)) in vectors()?.into_iter().chain(damaged(&blue)?).enumerate() {
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
