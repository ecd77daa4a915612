//! The counterparts against each other, without our programs: what the other tests measure with is right.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::python::{FedCamera, feeder, listener};
use end_to_end::{Chromium, FakeGigeCamera, PATIENCE, Picture, Place, Process, Tee, place_of, still};
use serde_json::Value;
use tokio::time::timeout;

#[tokio::test]
async fn the_feeder_and_the_listener_understand_each_other_with_the_tee_between_them() -> Result<()> {
    let place = Place::new("")?;
    let picture = Picture::drawn(64, 48, |x, y| [(4 * x) as u8, (5 * y) as u8, 90]);
    std::fs::write(place.file("sent.jpg"), picture.to_jpeg()?)?;

    let mut listener = listener(&place.socket(), 10, &place.file("")).await?;
    let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
    let file = place.file("sent.jpg");
    let cameras = [3, 200].map(|id| FedCamera { id, width: 64, height: 48, file: &file });
    let mut feeder = feeder(tee.socket(), 100, 10, &cameras)?;

    ensure!(feeder.ended(PATIENCE).await?.code == 0);
    let heard = listener.ended(PATIENCE).await?;
    ensure!(heard.code == 0);
    let bundles: Vec<Value> = heard.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let seqs: Vec<u64> = bundles.iter().filter_map(|bundle| bundle["seq"].as_u64()).collect();
    assert_eq!(seqs, (0..10).collect::<Vec<_>>());
    assert_eq!(bundles[9]["cameras"][1]["camera"], 200);
    assert_eq!(std::fs::read(place.file("200.jpg"))?, std::fs::read(&file)?);

    let passed: Vec<u64> = tee.bundles().into_keys().collect();
    assert_eq!(passed, seqs);
    Ok(())
}

#[tokio::test]
async fn two_gige_cameras_stand_side_by_side_and_one_comes_back_after_it_was_killed() -> Result<()> {
    let mut first = FakeGigeCamera::start().await?;
    let second = FakeGigeCamera::start().await?;
    let list = || async { Process::start("arv-tool", &mut Process::command("arv-tool-0.8"))?.ended(PATIENCE).await };
    let both = list().await?.stdout;
    ensure!(both.contains(first.serial()) && both.contains(second.serial()), "arv-tool lists {both}");

    first.kill()?;
    let left = list().await?.stdout;
    ensure!(!left.contains(first.serial()) && left.contains(second.serial()), "arv-tool lists {left}");

    first.switch_on().await?;
    ensure!(list().await?.stdout.contains(&first.ip().to_string()));
    Ok(())
}

#[tokio::test]
async fn a_screenshot_of_chromium_has_the_colours_of_the_page() -> Result<()> {
    let chromium = Chromium::start().await?;
    chromium
        .open("data:text/html,<body style='margin:0'><div style='width:300px;height:200px;background:rgb(255,128,0)'>")
        .await?;
    let square = place_of(&chromium.wait_for("div").await?).await?;
    let seen = chromium.screenshot(None).await?.part(square)?;
    assert_eq!((seen.width, seen.height), (300, 200));
    ensure!(seen.psnr(&Picture::drawn(300, 200, |_, _| [255, 128, 0]))? > 50.0, "seen: {:?}", seen.mean());
    chromium.close().await
}

#[tokio::test]
async fn gstreamer_gives_the_picture_that_a_pipeline_shows() -> Result<()> {
    let red =
        still("videotestsrc num-buffers=1 pattern=red ! video/x-raw,format=RGB,width=31,height=20", 31, 20).await?;
    assert_eq!(red, Picture::drawn(31, 20, |_, _| [255, 0, 0]));
    Ok(())
}

#[tokio::test]
async fn a_process_is_heard_signalled_and_never_left_behind() -> Result<()> {
    let script = "echo ready >&2; sleep 1000 & echo child $!; trap 'exit 3' TERM; wait";
    let mut shell = Process::start("shell", Process::command("bash").args(["-c", script]))?;
    shell.wait_for_line("ready", PATIENCE).await?;
    let line = shell.wait_for_line("child", PATIENCE).await?;
    let child = line.rsplit(' ').next().context("a pid")?.to_owned();
    ensure!(shell.resident_bytes()? > 100_000);
    ensure!(shell.wait_for_line("never said", Duration::from_millis(20)).await.is_err());
    ensure!(shell.ended(Duration::from_millis(20)).await.is_err());

    drop(shell);
    // A killed grandchild is reaped by init, which may take a moment.
    let gone = || std::fs::read_to_string(format!("/proc/{child}/stat")).map_or(true, |stat| stat.contains(") Z "));
    let waiting = async {
        while !gone() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.context("the grandchild lives")
}
