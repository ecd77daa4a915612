//! How fast, how small, and how soon it ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use end_to_end::{PATIENCE, Place, Seen, Signal, Tee, WsClient, pattern_camera};
use tokio::time::Instant;

const MIB: f64 = 1024.0 * 1024.0;
const ENDS_WITHIN: Duration = Duration::from_secs(2);

fn three_cameras() -> String {
    [pattern_camera(0), pattern_camera(1), pattern_camera(2)].concat()
}

#[tokio::test]
async fn the_first_frame_is_seen_within_a_second_after_both_processes_started() -> Result<()> {
    let place = Place::new(&three_cameras())?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let started = Instant::now();
    let _grabber = place.grabber(&[])?;
    viewer.next_bundle(PATIENCE).await?;
    let took = started.elapsed();
    println!("the first frame after {took:?}");
    ensure!(took < Duration::from_secs(1), "the first frame after {took:?}");
    Ok(())
}

#[tokio::test]
async fn with_three_cameras_at_30_a_second_the_bridge_stays_under_20_mb_and_the_grabber_under_100() -> Result<()> {
    let place = Place::new(&three_cameras())?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let grabber = place.grabber(&[])?;
    viewer.next_bundle(PATIENCE).await?;
    let bundles = viewer.bundles_for(Duration::from_secs(5)).await?;
    ensure!(bundles.len() > 100, "{} bundles in 5 s", bundles.len());

    let of_bridge = bridge.process.resident_bytes()? as f64 / MIB;
    let of_grabber = grabber.resident_bytes()? as f64 / MIB;
    println!("RSS: bridge {of_bridge:.1} MiB, grabber {of_grabber:.1} MiB");
    ensure!(of_bridge < 20.0, "the bridge holds {of_bridge:.1} MiB");
    ensure!(of_grabber < 100.0, "the grabber holds {of_grabber:.1} MiB");
    Ok(())
}

#[tokio::test]
async fn either_process_ends_within_two_seconds_of_sigterm_and_sigint_with_code_0_and_tidies_up() -> Result<()> {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new(&three_cameras())?;
        let mut bridge = place.bridge().await?;
        let mut grabber = place.grabber(&[])?;
        let mut viewer = WsClient::connect(bridge.address).await?;
        viewer.next_bundle(PATIENCE).await?;

        grabber.signal(signal)?;
        assert_eq!(grabber.ended(ENDS_WITHIN).await?.code, 0, "cam-grabber on {signal:?}");
        bridge.process.signal(signal)?;
        assert_eq!(viewer.closed(ENDS_WITHIN).await?, Some(1001));
        assert_eq!(bridge.process.ended(ENDS_WITHIN).await?.code, 0, "ws-bridge on {signal:?}");
        ensure!(!place.socket().exists(), "the socket was left behind");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_bridge_nothing_piles_up_nothing_is_encoded_and_the_grabber_ends_as_soon() -> Result<()> {
    let place = Place::new(&three_cameras())?;
    let mut grabber = place.grabber(&["--socket", &place.file("nobody").display().to_string()])?;
    let tee_socket = place.file("tee.sock");
    let waiting = place.grabber_on(&tee_socket)?;
    // Not for an event: time has to pass in which frames could pile up.
    tokio::time::sleep(Duration::from_secs(2)).await;

    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let there = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
    let tee = Tee::start(tee_socket, &place.socket())?;
    let first = viewer.next_bundle(PATIENCE).await?;
    let captured = first.capture_infos().map(|info| info.capture_time_us).min().context("no capture info")?;
    ensure!(captured + 500_000 > there, "the first frame was {} µs old when the bridge came", there - captured);

    let is_state = |seen: &Seen| matches!(seen, Seen::Control(state) if state["type"] == "state");
    let (sent, state) = loop {
        let seen = tee.seen();
        match seen.iter().position(is_state) {
            Some(at) => break (at as u64, seen[at].clone()),
            None => drop(viewer.next_bundle(PATIENCE).await?),
        }
    };
    let Seen::Control(state) = state else { bail!("no state") };
    let cameras = state["cameras"].clone();
    for camera in cameras.as_array().context("cameras")? {
        let (grabbed, encoded) = (camera["grabbed"].as_u64().unwrap_or(0), camera["encoded"].as_u64().unwrap_or(99));
        ensure!(grabbed > 30 && encoded <= sent + 3, "{grabbed} grabbed, {encoded} encoded, {sent} bundles sent");
    }
    drop(waiting);

    grabber.signal(Signal::TERM)?;
    assert_eq!(grabber.ended(ENDS_WITHIN).await?.code, 0);
    Ok(())
}
