//! The first picture: what a person sees who types `./scripts/run`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{Chromium, PATIENCE, Picture, Place, Process, Signal, place_of, program, screenshots};
use fantoccini::elements::Element;
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// `./scripts/run` with the programs of this build, on a socket and port of its own.
fn scripts_run(place: &Place, listen: &str) -> Result<Command> {
    let bin = program("ws-bridge")?;
    let mut command = Process::command(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/run"));
    command.env("CAMERACAST_BIN", bin.parent().context("a folder")?);
    command.env("CAMERACAST_SOCKET", place.socket()).env("CAMERACAST_LISTEN", listen);
    // A machine with cameras would show those.
    if cameras_are_here()? {
        command.arg("--demo");
    }
    Ok(command)
}

fn cameras_are_here() -> Result<bool> {
    let list = Command::new(program("cam-grabber")?).args(["list", "--json"]).output()?;
    let list: Vec<Value> = serde_json::from_slice(&list.stdout).context("list --json")?;
    // Those that a grabber without a configuration takes.
    Ok(list.iter().any(|camera| camera["transport"] != "gige"))
}

#[tokio::test]
async fn scripts_run_ends_with_a_page_in_chromium_on_which_three_moving_cameras_are_seen() -> Result<()> {
    let place = Place::new("")?;
    let mut run = Process::start("scripts/run", &mut scripts_run(&place, "127.0.0.1:0")?)?;
    let line = run.wait_for_line("Watch at", PATIENCE).await?;
    let url = line.split_whitespace().last().context("an address")?;

    let chromium = Chromium::start().await?;
    chromium.open(url).await?;
    chromium.wait_for("[data-camera][data-state=streaming] canvas").await?;
    let tiles = streaming_tiles(&chromium).await?;
    let said = chromium.wait_for("[data-page=demo]:not([hidden])").await?.text().await?;
    ensure!(said.contains("test pattern"), "the page does not say that these are no cameras: «{said}»");

    let earlier = seen_on(&chromium, &tiles, None).await?;
    let shown = frames_shown(&tiles).await?;
    let deadline = Instant::now() + PATIENCE;
    while frames_shown(&tiles).await?.iter().zip(&shown).any(|(now, then)| *now < then + 15) {
        ensure!(Instant::now() < deadline, "fewer than 15 new frames on a tile in {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
    let later = seen_on(&chromium, &tiles, Some(&screenshots()?.join("first-picture.png"))).await?;

    for (earlier, later) in earlier.iter().zip(&later) {
        ensure!(later.mean().iter().sum::<f64>() > 60.0, "a tile is black: mean colour {:?}", later.mean());
        ensure!(later.contrast() > 10.0, "a tile is plain: contrast {}", later.contrast());
        ensure!(earlier.mean_square_difference(later)? > 1.0, "a tile does not move");
    }
    let hues: Vec<f64> = later.iter().filter_map(Picture::hue).collect();
    let apart = |a: f64, b: f64| ((a - b).rem_euclid(360.0)).min((b - a).rem_euclid(360.0));
    let [a, b, c] = hues[..] else { anyhow::bail!("{} tiles of three have a colour", hues.len()) };
    ensure!([apart(a, b), apart(b, c), apart(c, a)].iter().all(|angle| *angle > 20.0), "hues {hues:?}");

    chromium.close().await?;
    run.signal(Signal::TERM)?;
    assert_eq!(run.ended(PATIENCE).await?.code, 0);
    ensure!(!place.socket().exists(), "the socket was left behind");
    Ok(())
}

/// The three tiles, once all of them show pictures.
async fn streaming_tiles(chromium: &Chromium) -> Result<Vec<Element>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let canvases = chromium.all("[data-camera][data-state=streaming] canvas").await?;
        let all = chromium.all("[data-camera]").await?;
        if canvases.len() == 3 && all.len() == 3 && frames_shown(&all).await?.iter().all(|frames| *frames > 0) {
            return Ok(all);
        }
        ensure!(Instant::now() < deadline, "{} tiles, of which {} stream", all.len(), canvases.len());
        sleep(Duration::from_millis(50)).await;
    }
}

async fn frames_shown(tiles: &[Element]) -> Result<Vec<u64>> {
    let mut shown = Vec::new();
    for tile in tiles {
        shown.push(tile.attr("data-frames").await?.context("no data-frames")?.parse()?);
    }
    Ok(shown)
}

/// What is seen on each tile's canvas at one moment.
async fn seen_on(chromium: &Chromium, tiles: &[Element], keep: Option<&Path>) -> Result<Vec<Picture>> {
    let window = chromium.screenshot(keep).await?;
    let mut seen = Vec::new();
    for tile in tiles {
        seen.push(window.part(place_of(&tile.find(fantoccini::Locator::Css("canvas")).await?).await?)?);
    }
    Ok(seen)
}

#[tokio::test]
async fn scripts_run_ends_with_the_code_and_the_sentence_of_the_process_that_cannot_start() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let place = Place::new("")?;
    let mut run = Process::start("scripts/run", &mut scripts_run(&place, &taken.local_addr()?.to_string())?)?;
    let ended = run.ended(PATIENCE).await?;
    assert_eq!(ended.code, 1);
    ensure!(ended.stderr.contains("listen"), "it does not name the option: {}", ended.stderr);
    ensure!(!ended.stdout.contains("Watch at"));
    Ok(())
}

#[tokio::test]
async fn scripts_run_tells_a_mistake_before_it_starts_anything() -> Result<()> {
    let place = Place::new("")?;
    let mut command = scripts_run(&place, "127.0.0.1:0")?;
    let mut run = Process::start("scripts/run", command.arg("--no-such-option"))?;
    let ended = run.ended(PATIENCE).await?;
    assert_eq!(ended.code, 2, "a usage error of cam-grabber");
    ensure!(!ended.stdout.contains("Watch at"), "the bridge ran before");
    Ok(())
}

#[tokio::test]
async fn scripts_run_ends_with_the_grabber_and_leaves_no_bridge_behind() -> Result<()> {
    let place = Place::new("")?;
    let mut run = Process::start("scripts/run", &mut scripts_run(&place, "127.0.0.1:0")?)?;
    run.wait_for_line("grabber connected", PATIENCE).await?;
    let grabber = child_named(run.pid(), "cam-grabber")?;
    rustix::process::kill_process(grabber, rustix::process::Signal::KILL)?;
    let ended = run.ended(PATIENCE).await?;
    assert_eq!(ended.code, 128 + 9, "the code of the grabber");
    ensure!(!place.socket().exists(), "the bridge was left behind");
    Ok(())
}

fn child_named(parent: u32, name: &str) -> Result<rustix::process::Pid> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
    let named = |pid: &&str| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    let child = children.split_whitespace().find(named).context("no such child")?;
    rustix::process::Pid::from_raw(child.parse()?).context("a process id is not 0")
}
