//! What goes wrong with a device, by its name in the state, in the log, in the counters; and that it is over when it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Process};

use crate::stage::Stage;
use crate::vivid::{Vivid, camera, device};

#[tokio::test]
async fn a_fatal_streaming_error_is_named_and_the_device_opened_again() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let stage = Stage::with(&camera(0, &device(0))).await?;
    stage.new_frame(0, PATIENCE).await?;

    vivid.set(0, "inject_fatal_streaming_error", 1)?;
    let said = stage.grabber.wait_for_line("failed: /dev/video0: Could not read", PATIENCE).await?;
    ensure!(said.contains("its driver failed, the device is still there"), "{said}");
    stage.new_frame(0, Duration::from_secs(5)).await?;
    stage.until_streaming(0).await?;
    Ok(())
}

#[tokio::test]
async fn frames_that_the_driver_drops_are_counted() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let stage = Stage::with(&(camera(0, &device(0)) + "fps = 25\n")).await?;
    stage.new_frame(0, PATIENCE).await?;
    vivid.set(0, "percentage_of_dropped_buffers", 30)?;
    let account = stage.account_over(Duration::from_secs(12), 0).await?;
    account.check()?;
    let dropped = account.dropped.get("dropped by the driver").copied().unwrap_or_default();
    let share = dropped as f64 / account.sent as f64;
    // Of 250 frames that the driver casts a die for: three standard deviations are 9 %.
    ensure!((0.2..0.4).contains(&share), "{:.0} % dropped: {account:?}", 100.0 * share);
    Ok(())
}

#[tokio::test]
async fn frames_that_the_driver_calls_damaged_are_counted_and_not_shown() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let stage = Stage::with(&(camera(0, &device(0)) + "fps = 25\n")).await?;
    stage.new_frame(0, PATIENCE).await?;
    vivid.set(0, "inject_v4l2_buf_flag_error", 1)?;
    stage.until(0, "short of a damaged frame", |status| status["reported"]["dropped"]["corrupted"] == 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_device_that_goes_silent_is_named_as_stalled_and_goes_on_when_it_does() -> Result<()> {
    let vivid = Vivid::fresh()?;
    let stage = Stage::with(&camera(0, &device(0))).await?;
    stage.new_frame(0, PATIENCE).await?;
    vivid.set(0, "percentage_of_dropped_buffers", 100)?;
    stage.until(0, "stalled", |status| status["state"] == "stalled").await?;
    vivid.set(0, "percentage_of_dropped_buffers", 0)?;
    stage.new_frame(0, PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_driver_that_cannot_start_says_so_and_is_tried_again() -> Result<()> {
    let vivid = Vivid::fresh()?;
    for fault in ["inject_vidioc_reqbufs_error", "inject_vidioc_streamon_error"] {
        vivid.set(0, fault, 1)?;
        let stage = Stage::with(&camera(0, &device(0))).await?;
        let said = stage.grabber.wait_for_line("/dev/video0: ", PATIENCE).await?;
        ensure!(said.contains("failed: ") && said.contains("bandwidth"), "{said}");
        stage.new_frame(0, PATIENCE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_device_that_another_program_uses_is_busy_and_taken_when_it_is_free() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let mut command = Process::command("v4l2-ctl");
    command.args(["-d", "/dev/video0", "--stream-mmap", "--verbose"]);
    let mut other = Process::start("v4l2-ctl", &mut command)?;
    other.wait_for_line("cap dqbuf", PATIENCE).await?;

    let stage = Stage::with(&camera(0, &device(0))).await?;
    stage.until_lost(0, "busy").await?;
    let said = stage.grabber.wait_for_line("/dev/video0", PATIENCE).await?;
    ensure!(said.contains("busy: ") && said.contains("another program uses it"), "{said}");

    other.kill()?;
    stage.new_frame(0, Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::test]
async fn a_device_that_we_may_not_open_is_named_so_and_taken_when_we_may() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let stage = Stage::with_grabber_of_nobody(&camera(0, &device(0))).await?;
    stage.until_lost(0, "no permission").await?;
    let said = stage.grabber.wait_for_line("/dev/video0", PATIENCE).await?;
    ensure!(said.contains("no permission: ") && said.contains("usermod -aG video"), "{said}");

    fs::set_permissions(device(0), fs::Permissions::from_mode(0o666))?;
    stage.new_frame(0, Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_camera_is_no_device() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let stage = Stage::with(&[camera(0, &device(9)), camera(1, "/dev/null".as_ref())].concat()).await?;
    stage.until_lost(0, "no device").await?;
    stage.until_lost(1, "no device").await?;
    stage.grabber.wait_for_line("/dev/video9", PATIENCE).await?;
    stage.grabber.wait_for_line("/dev/null", PATIENCE).await?;
    Ok(())
}
