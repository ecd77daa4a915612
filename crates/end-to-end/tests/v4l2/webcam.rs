//! A webcam's JPEGs go through untouched, and raw pictures are taken where they are fast enough.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use end_to_end::{PATIENCE, Picture, Process, Signal, picture_of, program};
use frame_bundle::FrameBundle;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stage::{Stage, figure};
use crate::vivid::{Vivid, camera};
use crate::webcams::{Webcam, picture};

const BACK_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn jpegs_go_through_untouched_to_the_last_byte() -> Result<()> {
    let webcam = Webcam::plug_in("UNTOUCHED").await?;
    let stage = Stage::with(&(camera(0, &webcam.device()) + "fps = 30\n")).await?;
    stage.new_frame(0, PATIENCE).await?;
    let bundles = stage.bundles_for(Duration::from_secs(3)).await?;
    let seen: BTreeSet<Bytes> = bundles.iter().filter_map(|(_, bundle)| frame_of(bundle)).collect();
    let sent: BTreeSet<Bytes> = webcam.jpegs.iter().cloned().map(Bytes::from).collect();
    ensure!(seen == sent, "{} pictures were sent, {} others seen", sent.len(), seen.difference(&sent).count());
    Ok(())
}

#[tokio::test]
async fn raw_pictures_are_taken_where_they_reach_the_rate_and_jpegs_where_they_do_not() -> Result<()> {
    let webcam = Webcam::plug_in("FORMATS").await?;
    for (asked, format, rates) in [
        ("fps = 60", "JPEG", 50.0..65.0),
        ("fps = 30", "JPEG", 27.0..33.0),
        ("fps = 20", "JPEG", 27.0..33.0),
        ("fps = 5", "YUY2", 4.0..6.0),
        ("", "JPEG", 27.0..33.0),
        ("pixel_format = \"YUYV\"", "YUY2", 4.0..6.0),
    ] {
        let stage = Stage::with(&(camera(0, &webcam.device()) + asked + "\n")).await?;
        let as_asked = |status: &Value| {
            let actual = &status["reported"]["actual"];
            actual["pixel_format"] == format && actual["fps"].as_f64().is_some_and(|fps| rates.contains(&fps))
        };
        let status = stage.until(0, &format!("{format} at {rates:?} FPS for «{asked}»"), as_asked).await?;
        figure(&format!("«{asked}»: {}", status["reported"]["actual"]));
        assert_eq!(status["reported"]["serial"], "FORMATS");
        if format == "YUY2" {
            // From black to white, as the camera draws it.
            let seen = picture_of(&stage.new_frame(0, PATIENCE).await?, 0)?;
            let ramp = Picture::drawn(640, 480, |x, _| [(255 * x / 639) as u8; 3]);
            ensure!(seen.psnr(&ramp)? > 35.0, "{:.1} dB", seen.psnr(&ramp)?);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_webcam_is_back_within_five_seconds_of_being_plugged_in_again() -> Result<()> {
    let mut webcam = Webcam::plug_in("AGAIN").await?;
    let device = webcam.device();
    let stage = Stage::with(&(camera(0, &device) + "fps = 30\n")).await?;
    stage.new_frame(0, PATIENCE).await?;

    webcam.unplug()?;
    stage.until_lost(0, "no device").await?;
    let said = stage.grabber.wait_for_line("lost: /dev/v4l/by-id/", PATIENCE).await?;
    ensure!(said.contains("Could not read"), "{said}");

    // Another one has taken its number in the meantime.
    let _vivid = Vivid::fresh()?;
    let _again = Webcam::plug_in("AGAIN").await?;
    let returned = Instant::now();
    stage.new_frame(0, BACK_WITHIN).await?;
    figure(&format!("back after {:?}, now {:?}", returned.elapsed(), device.canonicalize()?));
    Ok(())
}

#[tokio::test]
async fn a_webcam_that_comes_back_with_another_size_is_taken_with_that() -> Result<()> {
    let mut webcam = Webcam::plug_in("CHANGED").await?;
    let device = webcam.device();
    let config = format!("[[camera]]\nid = 0\nsource = \"v4l2\"\ndevice = \"{}\"\n", device.display());
    let stage = Stage::with(&config).await?;
    let bundle = stage.new_frame(0, PATIENCE).await?;
    assert_eq!(bundle.frame(0).map(|frame| (frame.width, frame.height)), Some((640, 480)));
    webcam.unplug()?;
    stage.until_lost(0, "no device").await?;
    let _changed = Webcam::of_size("CHANGED", 320, 240).await?;
    let bundle = stage.new_frame(0, PATIENCE).await?;
    assert_eq!(bundle.frame(0).map(|frame| (frame.width, frame.height)), Some((320, 240)));
    let small = |status: &Value| status["reported"]["actual"]["width"] == 320;
    stage.until(0, "reported in its new size", small).await?;
    Ok(())
}

#[tokio::test]
async fn truncated_jpegs_are_dropped_and_counted_or_completed_where_that_is_configured() -> Result<()> {
    let whole = picture(0, 640, 480).to_jpeg()?;
    let without_end = whole[..whole.len() - 2].to_vec();
    let cut = whole[..whole.len() / 2].to_vec();
    let webcam = Webcam::sending("CUT", vec![whole.clone(), cut.clone(), without_end]).await?;

    let stage = Stage::with(&(camera(0, &webcam.device()) + "fps = 30\n")).await?;
    let counted = |status: &Value| status["reported"]["dropped"]["truncated jpeg"].as_u64() >= Some(20);
    stage.until(0, "short of 20 truncated JPEGs", counted).await?;
    let bundles = stage.bundles_for(Duration::from_secs(2)).await?;
    let seen: BTreeSet<Bytes> = bundles.iter().filter_map(|(_, bundle)| frame_of(bundle)).collect();
    ensure!(seen == [Bytes::from(whole.clone())].into(), "only whole JPEGs are shown, not {} kinds", seen.len());
    drop(stage);

    let completing = camera(0, &webcam.device()) + "fps = 30\ncomplete_jpeg = true\n";
    let stage = Stage::with(&completing).await?;
    stage.new_frame(0, PATIENCE).await?;
    let bundles = stage.bundles_for(Duration::from_secs(2)).await?;
    let seen: BTreeSet<Bytes> = bundles.iter().filter_map(|(_, bundle)| frame_of(bundle)).collect();
    let completed = [&cut[..], &[0xff, 0xd9]].concat();
    ensure!(seen == [Bytes::from(whole), Bytes::from(completed)].into(), "{} kinds of pictures", seen.len());
    let status = stage.until_streaming(0).await?;
    assert_eq!(status["reported"]["dropped"], json!({}));
    Ok(())
}

#[tokio::test]
async fn webcams_are_listed_by_the_name_that_stays_with_them() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let webcam = Webcam::plug_in("LISTED").await?;
    let listed =
        Process::start("cam-grabber list", Process::command(program("cam-grabber")?).args(["list", "--json"]))?
            .ended(PATIENCE)
            .await?;
    let listed: Vec<Value> = serde_json::from_str(&listed.stdout).context(listed.stdout)?;
    let v4l2: Vec<&Value> = listed.iter().filter(|camera| camera["source"] == "v4l2").collect();
    // Not its second node, which has no pictures.
    assert_eq!(v4l2.len(), 4, "{v4l2:?}");
    let found = v4l2.iter().find(|camera| camera["device"] == webcam.device().display().to_string());
    let found = found.context("the webcam by its name")?;
    assert_eq!(found["serial"], "LISTED");
    let formats: Vec<&Value> = found["formats"].as_array().into_iter().flatten().collect();
    let names: BTreeSet<&str> = formats.iter().filter_map(|format| format["pixel_format"].as_str()).collect();
    assert_eq!(names, ["JPEG", "YUY2"].into());
    Ok(())
}

#[tokio::test]
async fn a_driver_that_hangs_does_not_keep_the_grabber_from_ending() -> Result<()> {
    let webcam = Webcam::plug_in("FROZEN").await?;
    let mut stage = Stage::with(&(camera(0, &webcam.device()) + "fps = 30\n")).await?;
    stage.new_frame(0, PATIENCE).await?;
    webcam.signal(Signal::STOP)?;
    stage.until(0, "stalled", |status| status["state"] == "stalled").await?;
    stage.grabber.signal(Signal::TERM)?;
    stage.grabber.wait_for_line("it is left behind", Duration::from_secs(2)).await?;
    // The kernel lets nobody go who is in a call of a driver.
    webcam.signal(Signal::CONT)?;
    assert_eq!(stage.grabber.ended(PATIENCE).await?.code, 0);
    Ok(())
}

fn frame_of(bundle: &FrameBundle) -> Option<Bytes> {
    bundle.frame(0).map(|frame| frame.data)
}
