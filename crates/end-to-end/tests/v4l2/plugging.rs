//! Cameras that are unplugged come back by themselves; those that are plugged in are found.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::PATIENCE;
use tokio::time::Instant;

use crate::stage::{Stage, figure};
use crate::vivid::{Vivid, camera, device};
use crate::webcams::Webcam;

const BACK_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn unplugged_devices_are_lost_and_back_within_five_seconds_of_their_return() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let cameras: String = (0..3).map(|id| camera(id, &device(id.into())) + "fps = 10\n").collect();
    let stage = Stage::with(&cameras).await?;
    for id in 0..3 {
        stage.new_frame(id, PATIENCE).await?;
    }
    for time in 1..=2 {
        vivid.unplug()?;
        for id in 0..3 {
            stage.until_lost(id, "no device").await?;
        }
        let said = stage.grabber.wait_for_line("lost: /dev/video0", PATIENCE).await?;
        ensure!(said.contains("Could not read"), "{said}");

        let returned = Instant::now();
        vivid.plug_in()?;
        for id in 0..3 {
            stage.new_frame(id, BACK_WITHIN.saturating_sub(returned.elapsed())).await?;
        }
        figure(&format!("time {time}: all three back after {:?}", returned.elapsed()));
    }
    Ok(())
}

#[tokio::test]
async fn one_unplugged_device_does_not_disturb_the_others() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let cameras: String = (0..3).map(|id| camera(id, &device(id.into())) + "fps = 10\n").collect();
    let stage = Stage::with(&cameras).await?;
    for id in 0..3 {
        stage.new_frame(id, PATIENCE).await?;
    }
    // Disconnected, it comes back as soon as nobody has it open any more.
    let holding = File::options().read(true).write(true).open(device(1))?;
    vivid.set(1, "disconnect", 1)?;
    stage.until(1, "lost", |status| status["state"] == "lost").await?;
    // The others' frames while it is gone.
    let others = stage.bundles_for(Duration::from_secs(3)).await?;
    for id in [0, 2] {
        let times: Vec<Instant> =
            others.iter().filter(|(_, bundle)| bundle.frame(id).is_some()).map(|(time, _)| *time).collect();
        let pause = times.windows(2).map(|pair| pair[1] - pair[0]).max();
        ensure!(times.len() > 15 && pause < Some(Duration::from_millis(800)), "camera {id} paused for {pause:?}");
    }
    ensure!(others.iter().skip(10).all(|(_, bundle)| bundle.frame(1).is_none()), "camera 1 is gone");
    drop(holding);
    stage.new_frame(1, BACK_WITHIN).await?;
    Ok(())
}

#[tokio::test]
async fn without_a_configuration_cameras_are_found_when_they_are_plugged_in_and_keep_their_ids() -> Result<()> {
    let _vivid = Vivid::unplugged()?;
    let stage = Stage::with("[stream]\nfps = 5\n").await?;
    stage.grabber.wait_for_line("no camera found, waiting for one", PATIENCE).await?;

    let mut first = Webcam::plug_in("FIRST").await?;
    stage.new_frame(0, PATIENCE).await?;
    let second = Webcam::plug_in("SECOND").await?;
    stage.new_frame(1, PATIENCE).await?;

    let file_of_first = first.device().canonicalize()?;
    first.unplug()?;
    stage.until(0, "lost", |status| status["state"] == "lost").await?;
    let third = Webcam::plug_in("THIRD").await?;
    stage.new_frame(2, PATIENCE).await?;
    assert_eq!(third.device().canonicalize()?, file_of_first, "or the first would come back as what it was anyway");
    let first = Webcam::plug_in("FIRST").await?;
    stage.new_frame(0, PATIENCE).await?;
    for (id, webcam) in [(0, &first), (1, &second), (2, &third)] {
        let status = stage.until_streaming(id).await?;
        assert_eq!(status["reported"]["serial"], webcam.serial());
    }
    // And nothing is found twice: it looks every 2 s.
    stage.bundles_for(Duration::from_secs(3)).await?;
    assert_eq!(stage.status().await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_camera_that_has_not_got_its_name_yet_is_not_found_under_another_one() -> Result<()> {
    let _vivid = Vivid::unplugged()?;
    let stage = Stage::with("[stream]\nfps = 5\n").await?;
    stage.grabber.wait_for_line("no camera found, waiting for one", PATIENCE).await?;
    // The device's file is there at once; udev names it later than the grabber looks.
    let udev = SlowUdev::begin()?;
    let _webcam = Webcam::plug_in_for_the_kernel_alone("LATE").await?;
    stage.bundles_for(Duration::from_secs(3)).await?;
    assert_eq!(stage.status().await?, [] as [serde_json::Value; 0]);
    udev.end()?;
    stage.new_frame(0, PATIENCE).await?;
    stage.grabber.wait_for_line("found camera=0 device=\"/dev/v4l/by-id/", PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn devices_that_may_not_be_opened_are_named_and_found_when_they_may() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let stage = Stage::with_grabber_of_nobody("[stream]\nfps = 5\n").await?;
    let said = stage.grabber.wait_for_line("/dev/video0: we may not open it", PATIENCE).await?;
    ensure!(said.contains("usermod -aG video"), "{said}");
    fs::set_permissions(device(0), fs::Permissions::from_mode(0o666))?;
    stage.new_frame(0, PATIENCE).await?;
    Ok(())
}

/// udev that has heard of devices and does nothing about them, until this is dropped.
struct SlowUdev;

impl SlowUdev {
    fn begin() -> Result<Self> {
        control_udev("--stop-exec-queue")?;
        Ok(Self)
    }

    fn end(self) -> Result<()> {
        control_udev("--start-exec-queue")
    }
}

impl Drop for SlowUdev {
    fn drop(&mut self) {
        let _ = control_udev("--start-exec-queue");
    }
}

fn control_udev(what: &str) -> Result<()> {
    ensure!(Command::new("udevadm").args(["control", what]).status()?.success(), "udevadm control {what}");
    Ok(())
}
