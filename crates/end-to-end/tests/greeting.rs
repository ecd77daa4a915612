//! What a bridge says first decides what a grabber sends to it; and a bridge that talks nonsense is named.

use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{Listener, PATIENCE, Place, Signal, names, pattern_camera};
use serde_json::json;

const OTHER_VERSIONS: &str = "reads bundles of versions [7, 8] and not of 1: nothing is sent to it";

#[tokio::test]
async fn a_bridge_that_does_not_read_our_version_gets_nothing_and_it_is_said_once() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let mut grabber = place.grabber(&[])?;
    for _ in 0..2 {
        let other = json!({"type": "hello", "versions": [7, 8], "features": ["control"]});
        let listener = Listener::greeting(&place.socket(), other)?;
        listener.until_heard(PATIENCE, |heard| heard.connected).await?;
        grabber.wait_for_line(OTHER_VERSIONS, PATIENCE).await?;
        // Bundles may have been under way before the hello was there. Not for an event: nothing is to happen.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = listener.heard();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let heard = listener.heard();
        ensure!(heard.bundles == before.bundles && heard.controls == 0, "{before:?}, then {heard:?}");
        std::fs::remove_file(place.socket())?;
    }

    let ours = Listener::start(&place.socket())?;
    ours.until_heard(PATIENCE, |heard| heard.bundles > 10 && heard.controls > 0).await?;
    grabber.signal(Signal::TERM)?;
    let ended = grabber.ended(PATIENCE).await?;
    assert_eq!(ended.stderr.matches(OTHER_VERSIONS).count(), 1, "{}", ended.stderr);
    Ok(())
}

#[tokio::test]
async fn a_bridge_that_takes_no_control_gets_bundles_alone() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let hello = json!({"type": "hello", "versions": [1, 2], "features": ["colour"]});
    let listener = Listener::greeting(&place.socket(), hello)?;
    let _grabber = place.grabber(&[])?;
    let before = listener.until_heard(PATIENCE, |heard| heard.bundles > 10).await?.bundles;
    listener.say(json!({"type": "stop", "request": 1, "camera": 0}))?;
    // Two seconds, in which state messages would be due, and an answer.
    let heard = listener.until_heard(PATIENCE, |heard| heard.bundles > before + 60).await?;
    assert_eq!(heard.controls, 0);
    Ok(())
}

#[tokio::test]
async fn a_bridge_that_sends_what_is_no_packet_is_named_with_its_pid_and_the_check_that_failed() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let listener = UnixListener::bind(place.socket())?;
    let grabber = place.grabber(&[])?;
    let talking = tokio::task::spawn_blocking(move || -> Result<UnixListener> {
        let (mut peer, _) = listener.accept()?;
        peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        let _ = std::io::copy(&mut peer, &mut std::io::sink()); // until it goes: it may be writing, and is to read first
        Ok(listener)
    });
    let us = std::process::id();
    let is_it = |line: &str| names(line, us) && line.contains("packet magic 0x50545448") && line.contains("uid");
    let said = grabber.wait_for_line_where("who sent what is no packet", PATIENCE, is_it).await?;
    println!("{said}");

    // It comes again.
    let listener = talking.await??;
    listener.set_nonblocking(true)?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while let Err(error) = listener.accept() {
        ensure!(error.kind() == ErrorKind::WouldBlock, "{error}");
        ensure!(tokio::time::Instant::now() < deadline, "the grabber does not come again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
