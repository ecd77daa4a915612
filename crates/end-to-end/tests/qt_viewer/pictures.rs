//! What is seen of real cameras, through the two real programs.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use end_to_end::{
    Certificate, PATIENCE, Picture, Place, Rectangle, XScreen, curl, http_post, pattern_camera, screenshots,
};
use serde_json::json;

use crate::bars::{patterns, same};
use crate::viewer::{Build, viewer};

const WIDTH: usize = 1280;
const HEIGHT: usize = 800;

fn three_cameras() -> String {
    let names = ["Front gate", "Bench", "Loading bay"];
    (0..).zip(names).map(|(id, name)| pattern_camera(id) + &format!("name = \"{name}\"\n")).collect()
}

/// Waits until so many patterns are seen, and each of them moves; keeps the screen as a file of this name.
async fn until_moving(screen: &XScreen, count: usize, name: &str) -> Result<(Picture, Vec<Rectangle>)> {
    let what = format!("{count} patterns");
    let (before, places) =
        screen.until(&what, |seen| Some(patterns(seen)).filter(|places| places.len() == count)).await?;
    let moves = |after: &Picture, place: &Rectangle| {
        let (before, after) = (before.part(*place)?, after.part(*place)?);
        anyhow::Ok(before.mean_square_difference(&after)? > 1.0)
    };
    let all_move = |seen: &Picture| {
        let still_there = same(&patterns(seen), &places);
        (still_there && places.iter().all(|place| moves(seen, place).unwrap_or(false))).then_some(())
    };
    let (after, ()) = screen.until(&format!("{what} that move"), all_move).await?;
    std::fs::create_dir_all(screenshots()?)?;
    std::fs::write(screenshots()?.join(format!("qt-{name}.jpg")), after.to_jpeg()?)?;
    Ok((after, places))
}

async fn newest_of(bridge: SocketAddr, camera: usize) -> Result<Picture> {
    Picture::from_jpeg(&curl(&[&format!("http://{bridge}/api/frame/{camera}")]).await?.body)
}

#[tokio::test]
async fn three_tiles_show_their_own_cameras_and_again_after_a_restart_of_the_bridge() -> Result<()> {
    let place = Place::new(&three_cameras())?;
    let mut bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let screen = XScreen::start(WIDTH, HEIGHT).await?;
    let viewer = viewer(Build::Plain, &screen, &["--url", &format!("ws://{}", bridge.address)]).await?;

    let (seen, places) = until_moving(&screen, 3, "three-cameras").await?;
    for (camera, at) in places.iter().enumerate() {
        ensure!(at.width > 380, "camera {camera} is shown small: {at:?}");
        let tile = seen.part(*at)?;
        for source in 0..3 {
            let likeness = tile.likeness(&newest_of(bridge.address, source).await?);
            println!("tile {camera} is like camera {source} in {likeness:.3} of its cells");
            ensure!((likeness > 0.9) == (camera == source), "tile {camera} and camera {source}: {likeness:.3}");
        }
    }

    bridge.process.kill()?;
    viewer.wait_for_line("The bridge closed the connection. Trying again in 1 s.", PATIENCE).await?;
    viewer.wait_for_line("No connection to the bridge: Connection refused. Trying again in", PATIENCE).await?;
    let none_live = |seen: &Picture| patterns(seen).is_empty().then_some(());
    let (gone, ()) = screen.until("no picture as if it were live", none_live).await?;
    std::fs::write(screenshots()?.join("qt-no-bridge.jpg"), gone.to_jpeg()?)?;

    let _bridge = place.bridge_at(bridge.address).await?;
    let (_, again) = until_moving(&screen, 3, "three-cameras-again").await?;
    ensure!(same(&again, &places), "{again:?}, before {places:?}");
    Ok(())
}

#[tokio::test]
async fn a_stopped_camera_shows_no_picture_as_if_it_were_live_until_it_is_started_again() -> Result<()> {
    let place = Place::new(&three_cameras())?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let screen = XScreen::start(WIDTH, HEIGHT).await?;
    let viewer = viewer(Build::Sanitized, &screen, &["--url", &format!("http://{}/", bridge.address)]).await?;
    let (_, places) = until_moving(&screen, 3, "before-a-stop").await?;

    let (status, answer) = http_post(bridge.address, "/api/camera/1/stop", &json!({})).await?;
    ensure!(status == 200, "{answer}");
    viewer.wait_for_line("camera 1 (Bench): stopped", PATIENCE).await?;
    let (_, others) = until_moving(&screen, 2, "one-stopped").await?;
    ensure!(same(&others, &[places[0], places[2]]), "{others:?} of {places:?}");

    let (status, answer) = http_post(bridge.address, "/api/camera/1/start", &json!({})).await?;
    ensure!(status == 200, "{answer}");
    let (_, again) = until_moving(&screen, 3, "started-again").await?;
    ensure!(same(&again, &places), "{again:?}, before {places:?}");
    Ok(())
}

#[tokio::test]
async fn a_bridge_with_a_token_lets_the_viewer_in_with_it_alone() -> Result<()> {
    let place = Place::new(&format!("{}[bridge]\nview_token = 'let-me-see'\n", pattern_camera(0)))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let screen = XScreen::start(WIDTH, HEIGHT).await?;
    let url = format!("ws://{}/", bridge.address);
    let refused = viewer(Build::Plain, &screen, &["--url", &url]).await?;
    refused.wait_for_line("The bridge asks for a token: give it with --token.", PATIENCE).await?;
    assert_eq!(patterns(&screen.picture()?), []);
    drop(refused);

    for arguments in [vec!["--url", &url, "--token", "let-me-see"], vec!["--url", &format!("{url}?token=let-me-see")]] {
        let _viewer = viewer(Build::Plain, &screen, &arguments).await?;
        until_moving(&screen, 1, "token").await?;
    }
    Ok(())
}

#[tokio::test]
async fn over_tls_a_certificate_has_to_be_trusted() -> Result<()> {
    let place = Place::new("")?;
    let certificate = Certificate::make(&place, "own").await?;
    place.configure(&format!("{}[bridge]\n{}", pattern_camera(0), certificate.config()))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let screen = XScreen::start(WIDTH, HEIGHT).await?;
    let url = format!("https://{}/", bridge.address);
    let stranger = viewer(Build::Plain, &screen, &["--url", &url]).await?;
    let said = stranger.wait_for_line("No connection to the bridge", PATIENCE).await?;
    ensure!(said.contains("certificate"), "{said}");
    drop(stranger);

    let _viewer = viewer(Build::Plain, &screen, &["--url", &url, "--ca", &certificate.trusted()]).await?;
    until_moving(&screen, 1, "tls").await?;
    Ok(())
}

#[tokio::test]
async fn what_is_typed_wrong_gets_one_sentence() -> Result<()> {
    let screen = XScreen::start(WIDTH, HEIGHT).await?;
    for (arguments, sentence) in [
        (["--url", "somewhere"], "--url somewhere is no address of a bridge; give one such as ws://localhost:8765/"),
        (["--ca", "/etc/hostname"], "--ca /etc/hostname is no file with a certificate in PEM"),
        (["--url=ws://localhost/", "more"], "unknown argument more; --help names what there is"),
        // A token in the address is shown to nobody.
        (["--url", "here?token=t"], "--url here is no address of a bridge; give one such as ws://localhost:8765/"),
        (["--url=ws://localhost/", "ws://a/?token=t"], "unknown argument ws://a/; --help names what there is"),
    ] {
        let ended = viewer(Build::Plain, &screen, &arguments).await?.ended(PATIENCE).await?;
        // Qt may have something to say of the machine before.
        assert_eq!((ended.code, ended.stderr.lines().last()), (2, Some(format!("qt-viewer: {sentence}").as_str())));
    }
    Ok(())
}
