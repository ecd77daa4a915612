//! What is no longer live is not shown as if it were, whatever ended: a camera, a sender, the bridge.

use anyhow::Result;
use end_to_end::python::{FedCamera, feeder};
use end_to_end::{PATIENCE, Picture, Place, Signal, pattern_camera};

use crate::godot::{Screen, all_is_so, script};
use crate::stage::Stage;

/// One that is never plugged in.
const MISSING: &str = "[[camera]]\nid = 3\nsource = \"v4l2\"\ndevice = \"/dev/video-that-is-missing\"\n";

#[tokio::test]
async fn old_pictures_do_not_look_live() -> Result<()> {
    let place = Place::new(&[pattern_camera(0), pattern_camera(1), MISSING.into()].concat())?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let file = place.file("fed.jpg");
    std::fs::write(&file, Picture::drawn(64, 48, |x, y| [(4 * x) as u8, (5 * y) as u8, 90]).to_jpeg()?)?;
    // It says nothing but bundles, so the bridge calls its camera streaming whatever happens.
    let feeder = feeder(&place.socket(), 30, 30 * 120, &[FedCamera { id: 2, width: 64, height: 48, file: &file }])?;

    let script = script("old_pictures", Screen::Xvfb, &format!("ws://{}", bridge.address))?;
    for (asked, signal) in [("the senders may hang", Signal::STOP), ("they may go on", Signal::CONT)] {
        script.wait_for_line(asked, 3 * PATIENCE).await?;
        grabber.signal(signal)?;
        feeder.signal(signal)?;
    }
    script.wait_for_line("camera 1 may be removed", 3 * PATIENCE).await?;
    place.configure(&[pattern_camera(0), MISSING.into()].concat())?;
    grabber.signal(Signal::HUP)?;
    script.wait_for_line("the bridge may end", 3 * PATIENCE).await?;
    bridge.process.signal(Signal::KILL)?;
    all_is_so(script).await
}

#[tokio::test]
async fn after_a_switch_to_a_stopped_camera_nothing_is_shown_or_saved() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    all_is_so(script("switch", Screen::None, &stage.ws(""))?).await
}
