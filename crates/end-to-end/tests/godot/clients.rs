//! The clients as they are used from scripts: rates, losses, errors, slow games, large pictures.

use anyhow::Result;
use end_to_end::python::{FedCamera, feeder};
use end_to_end::{PATIENCE, Picture, Place, Signal, WsClient, gstreamer_camera};

use crate::godot::{Screen, all_is_so, script};
use crate::stage::Stage;

/// 640x480 of noise, which JPEG cannot make small.
const NOISE: &str =
    "videotestsrc is-live=true pattern=snow ! video/x-raw,format=I420,width=640,height=480,framerate=15/1";

#[tokio::test]
async fn a_config_halves_the_rate_of_one_client_alone() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    all_is_so(script("rates", Screen::None, &stage.ws(""))?).await
}

#[tokio::test]
async fn clients_come_back_when_the_bridge_does() -> Result<()> {
    let mut stage = Stage::with_cameras(3).await?;
    let script = script("restart", Screen::None, &stage.ws(""))?;
    for (how, signal) in [("killed", Signal::KILL), ("stopped", Signal::TERM)] {
        script.wait_for_line(&format!("the bridge may be {how}"), PATIENCE).await?;
        stage.bridge.process.signal(signal)?;
        stage.bridge.process.ended(PATIENCE).await?;
        script.wait_for_line(&format!("it is {how}: it may come back"), PATIENCE).await?;
        stage.bridge = stage.place.bridge_at(stage.bridge.address).await?;
    }
    // Its connections stay, but nothing comes and no ping is answered.
    script.wait_for_line("the bridge may be stuck", PATIENCE).await?;
    stage.bridge.process.signal(Signal::STOP)?;
    script.wait_for_line("it is stuck: it may come back", PATIENCE).await?;
    stage.bridge.process.signal(Signal::CONT)?;
    all_is_so(script).await
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_given_up_with_one_sentence() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    all_is_so(script("giving_up", Screen::None, &stage.ws(""))?).await
}

#[tokio::test]
async fn what_is_closed_for_a_cause_says_what_to_do_and_waits_longer_each_time() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    all_is_so(script("closed_for_cause", Screen::None, &stage.ws(""))?).await
}

#[tokio::test]
async fn a_slow_game_shows_the_newest_picture() -> Result<()> {
    let stage = Stage::with_cameras(3).await?;
    all_is_so(script("slow_game", Screen::None, &stage.ws(""))?).await
}

#[tokio::test]
async fn a_texture_takes_memory_only_where_the_size_changes() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    all_is_so(script("texture", Screen::Xvfb, &stage.ws(""))?).await
}

#[tokio::test]
async fn what_does_not_decode_is_left_out() -> Result<()> {
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    let whole = Picture::drawn(64, 48, |x, y| [(4 * x) as u8, (5 * y) as u8, 90]).to_jpeg()?;
    let files = [place.file("broken.jpg"), place.file("whole.jpg")];
    std::fs::write(&files[0], [&whole[..100], &[0; 500], b"\xff\xd9"].concat())?;
    std::fs::write(&files[1], &whole)?;
    let cameras = [0, 1].map(|id| FedCamera { id, width: 64, height: 48, file: &files[usize::from(id)] });
    let _feeder = feeder(&place.socket(), 30, 30 * 60, &cameras)?;
    let address = bridge.address;
    WsClient::connect(address).await?.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 2).await?;
    all_is_so(script("broken", Screen::None, &format!("ws://{address}"))?).await
}

#[tokio::test]
async fn a_minimal_client_shows_large_pictures_once_its_buffer_is_set() -> Result<()> {
    let config = format!("[stream]\njpeg_quality = 95\n{}", gstreamer_camera(0, NOISE));
    let stage = Stage::with(&config, 1).await?;
    all_is_so(script("minimal_client", Screen::None, &stage.ws(""))?).await
}
