//! The configuration is read again while everything runs: SIGHUP to either process, and `POST /api/reload`. What has
//! changed changes, and nobody else notices.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use end_to_end::{
    Bridge, Message, PATIENCE, Place, Process, Signal, WsClient, curl, http_get, is_reported, pattern_camera,
    status_of_cameras,
};
use frame_bundle::FrameBundle;
use serde_json::Value;
use tokio::time::Instant;

/// Slower than the stream, so that each of its frames is streamed.
fn watched() -> String {
    pattern_camera(1).replace("fps = 30", "fps = 15")
}

fn of_size(id: u8, width: u32, height: u32) -> String {
    let size = format!("width = {width}\nheight = {height}");
    pattern_camera(id).replace("width = 640\nheight = 480", &size)
}

/// All frames of every camera from the beginning, by their numbers, and when those of camera 1 were taken.
struct Recorder {
    viewer: WsClient,
    numbers: BTreeMap<u8, Vec<u64>>,
    taken_us: Vec<u64>,
}

/// More than a camera of 15 frames a second needs from one to the next.
const LONGEST_STEP_US: u64 = 500_000;
/// A thread that is late by a period leaves a frame out, and its number; one that was closed, many.
const LEFT_OUT: u64 = 15;

impl Recorder {
    async fn begin(bridge: &Bridge) -> Result<Self> {
        let mut viewer = WsClient::connect_to(bridge.address, "/?delivery=every").await?;
        viewer.meta_where(PATIENCE, |meta| is_reported(meta, 1)).await?;
        let mut recorder = Self { viewer, numbers: BTreeMap::new(), taken_us: Vec::new() };
        recorder.until("frames of camera 1", |bundle| bundle.frame(1).is_some()).await?;
        Ok(recorder)
    }

    async fn until(&mut self, what: &str, is_it: impl Fn(&FrameBundle) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Message::Bundle(bundle) = self.viewer.next_by(deadline).await.with_context(|| what.to_owned())? else {
                continue;
            };
            for info in bundle.capture_infos() {
                self.numbers.entry(info.camera_id).or_default().push(info.frame_number);
                if info.camera_id == 1 {
                    self.taken_us.push(info.capture_time_us);
                }
            }
            if is_it(&bundle) {
                return Ok(());
            }
        }
    }

    async fn a_second_more(&mut self) -> Result<()> {
        let until = Instant::now() + std::time::Duration::from_secs(1);
        self.until("a second more", |_| Instant::now() >= until).await
    }

    /// Camera 1 went on as if nothing had happened.
    fn missed_nothing(&self) -> Result<()> {
        let numbers = &self.numbers[&1];
        ensure!(numbers.len() > 8, "{} frames", numbers.len());
        ensure!(numbers.array_windows().all(|[a, b]| a < b), "camera 1 was opened anew: {numbers:?}");
        let left_out = numbers[numbers.len() - 1] - numbers[0] + 1 - numbers.len() as u64;
        ensure!(left_out <= LEFT_OUT, "camera 1 lost frames: {numbers:?}");
        let steps = self.taken_us.array_windows().map(|[a, b]| b.saturating_sub(*a));
        let longest = steps.max().unwrap_or_default();
        ensure!(longest < LONGEST_STEP_US, "camera 1 paused for {longest} µs");
        Ok(())
    }
}

/// Camera 1 was never closed and opened again: then, too, its numbers would go on.
async fn was_opened_once(mut grabber: Process) -> Result<()> {
    grabber.signal(Signal::TERM)?;
    let log = grabber.ended(PATIENCE).await?.stderr;
    let opened = log.lines().filter(|line| line.contains(" streaming ") && line.contains("camera=1 ")).count();
    ensure!(opened == 1, "camera 1 was opened {opened} times:\n{log}");
    Ok(())
}

async fn begin(config: &str) -> Result<(Place, Bridge, Process)> {
    let place = Place::new(config)?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    Ok((place, bridge, grabber))
}

fn is_of_size(bundle: &FrameBundle, camera: u8, width: u32) -> bool {
    bundle.frame(camera).is_some_and(|frame| frame.width == width)
}

async fn reload(bridge: &Bridge) -> Result<(u16, Value)> {
    let answer = curl(&["--request", "POST", &format!("http://{}/api/reload", bridge.address)]).await?;
    Ok((answer.status, answer.json()?))
}

async fn ids(bridge: &Bridge) -> Result<Vec<u64>> {
    let cameras = status_of_cameras(bridge.address).await?;
    Ok(cameras.iter().filter_map(|camera| camera["camera_id"].as_u64()).collect())
}

#[tokio::test]
async fn sighup_changes_adds_and_removes_cameras_and_another_one_misses_no_frame() -> Result<()> {
    let (place, bridge, grabber) = begin(&(pattern_camera(0) + &watched() + &pattern_camera(3))).await?;
    let mut recorder = Recorder::begin(&bridge).await?;
    recorder.until("camera 3", |bundle| bundle.frame(3).is_some()).await?;

    place.configure(&(of_size(0, 320, 240) + &watched() + &pattern_camera(2)))?;
    grabber.signal(Signal::HUP)?;
    recorder.until("the other size", |bundle| is_of_size(bundle, 0, 320)).await?;
    recorder.until("the new camera", |bundle| bundle.frame(2).is_some()).await?;
    recorder.a_second_more().await?;
    let told = grabber.wait_for_line("camera 0 changed, camera 2 added, camera 3 removed", PATIENCE).await?;
    ensure!(told.contains("configuration reloaded"), "{told}");
    recorder.missed_nothing()?;

    // Everybody sees that one is gone, and nothing of it comes any more.
    let mut viewer = WsClient::connect(bridge.address).await?;
    let gone = |meta: &Value| meta["cameras"].as_array().is_some_and(|all| all.len() == 3);
    let meta = viewer.meta_where(PATIENCE, gone).await?;
    ensure!(meta["cameras"].as_array().into_iter().flatten().all(|camera| camera["camera_id"] != 3), "{meta}");
    assert_eq!(ids(&bridge).await?, [0, 1, 2]);
    let before = recorder.numbers[&3].len();
    recorder.a_second_more().await?;
    assert_eq!(recorder.numbers[&3].len(), before);
    assert_eq!(http_get(bridge.address, "/api/frame/3").await?.0, 404);
    was_opened_once(grabber).await
}

#[tokio::test]
async fn what_was_set_and_a_stop_are_over_where_the_section_has_changed_and_last_elsewhere() -> Result<()> {
    let (place, bridge, grabber) = begin(&(pattern_camera(0) + &pattern_camera(2) + &watched())).await?;
    let mut recorder = Recorder::begin(&bridge).await?;
    for camera in [0, 2] {
        let (status, answer) =
            end_to_end::http_post(bridge.address, &format!("/api/camera/{camera}/stop"), &Value::Null).await?;
        ensure!(status == 200, "{status}: {answer}");
    }
    place.configure(
        &("# A comment changes nothing.\n".to_owned() + &of_size(0, 320, 240) + &pattern_camera(2) + &watched()),
    )?;
    let (status, answer) = reload(&bridge).await?;
    ensure!(status == 200 && answer["ok"] == true && answer["grabbers"][0]["ok"] == true, "{answer}");
    ensure!(answer["note"].is_null() && answer["grabbers"][0]["note"].is_null(), "{answer}");
    recorder.until("the started camera", |bundle| is_of_size(bundle, 0, 320)).await?;
    recorder.a_second_more().await?;
    recorder.missed_nothing()?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let state = |meta: &Value, id: u8| {
        let all = meta["cameras"].as_array().into_iter().flatten();
        all.into_iter().find(|camera| camera["camera_id"] == id).map(|camera| camera["state"].clone())
    };
    let as_wanted =
        |meta: &Value| state(meta, 0) == Some("streaming".into()) && state(meta, 2) == Some("stopped".into());
    viewer.meta_where(PATIENCE, as_wanted).await?;
    was_opened_once(grabber).await
}

#[tokio::test]
async fn a_file_with_mistakes_changes_nothing_and_each_is_told_with_its_line() -> Result<()> {
    let (place, bridge, grabber) = begin(&(pattern_camera(0) + &watched())).await?;
    let mut recorder = Recorder::begin(&bridge).await?;
    // The socket's line is the first one.
    place.configure("[stream]\nfps = 0\n[[camera]]\nid = 0\nsource = \"patern\"\n")?;
    let lines = ["cameracast.toml:3:", "cameracast.toml:6:"];

    grabber.signal(Signal::HUP)?;
    let told = grabber.wait_for_line("nothing has changed", PATIENCE).await?;
    ensure!(lines.iter().all(|line| told.contains(line)), "{told}");
    bridge.process.signal(Signal::HUP)?;
    let told = bridge.process.wait_for_line("nothing has changed", PATIENCE).await?;
    ensure!(lines.iter().all(|line| told.contains(line)), "{told}");
    let (status, answer) = reload(&bridge).await?;
    let error = answer["error"].as_str().context("no error")?;
    ensure!(status == 422 && answer["ok"] == false && lines.iter().all(|line| error.contains(line)), "{answer}");
    let error = answer["grabbers"][0]["error"].as_str().context("no error of the grabber")?;
    ensure!(lines.iter().all(|line| error.contains(line)), "{answer}");

    recorder.a_second_more().await?;
    recorder.missed_nothing()?;
    assert_eq!(ids(&bridge).await?, [0, 1]);

    // And a mended file works.
    place.configure(&(of_size(0, 320, 240) + &watched()))?;
    assert_eq!(reload(&bridge).await?.0, 200);
    recorder.until("the other size", |bundle| is_of_size(bundle, 0, 320)).await?;
    recorder.missed_nothing()?;
    was_opened_once(grabber).await
}

#[tokio::test]
async fn socket_and_listen_need_a_restart_and_it_is_said_while_the_rest_holds() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &watched() + "[bridge]\nlisten = \"127.0.0.1:0\"\n"))?;
    let process = place.start_bridge(&[])?;
    let line = process.wait_for_line("http://127.0.0.1:", PATIENCE).await?;
    let (_, address) = line.split_once("http://").context("an address")?;
    let address = address.split_once('/').context("an address")?.0.parse()?;
    let bridge = Bridge { process, address };
    let grabber = place.grabber(&[])?;
    let mut recorder = Recorder::begin(&bridge).await?;

    let elsewhere = place.file("elsewhere.sock");
    let cameras = of_size(0, 320, 240) + &watched() + "[bridge]\nlisten = \"127.0.0.1:1\"\n";
    std::fs::write(place.config(), format!("socket = \"{}\"\n{cameras}", elsewhere.display()))?;
    for _ in 0..2 {
        let (status, answer) = reload(&bridge).await?;
        ensure!(status == 200 && answer["ok"] == true, "{answer}");
        assert_eq!(answer["note"], "listen and socket changed, which needs a restart of ws-bridge");
        assert_eq!(answer["grabbers"][0]["note"], "socket changed, which needs a restart of cam-grabber");
    }
    recorder.until("the other size", |bundle| is_of_size(bundle, 0, 320)).await?;
    recorder.a_second_more().await?;
    recorder.missed_nothing()?;
    grabber.wait_for_line("socket changed, which needs a restart", PATIENCE).await?;
    bridge.process.wait_for_line("listen and socket changed, which needs a restart", PATIENCE).await?;
    was_opened_once(grabber).await
}

/// Waits until it is told that this is the highest rate of camera 0 in the stream.
async fn streams_at_most(bridge: &Bridge, fps: f64) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = status_of_cameras(bridge.address).await?;
        if status[0]["reported"]["limits"]["stream_fps"]["max"] == fps {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{}", status[0]);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn rate_and_quality_of_the_stream_change_without_disturbing_a_camera() -> Result<()> {
    let (place, bridge, grabber) =
        begin(&("[stream]\nfps = 30\n".to_owned() + &pattern_camera(0) + &watched())).await?;
    let mut recorder = Recorder::begin(&bridge).await?;
    let large = recorder.size_of(0).await?;
    place.configure(&("[stream]\nfps = 60\njpeg_quality = 10\n".to_owned() + &pattern_camera(0) + &watched()))?;
    let (status, answer) = reload(&bridge).await?;
    ensure!(status == 200, "{answer}");
    recorder
        .until("smaller pictures", |bundle| bundle.frame(0).is_some_and(|frame| frame.data.len() * 2 < large))
        .await?;
    recorder.a_second_more().await?;
    recorder.missed_nothing()?;
    let numbers = &recorder.numbers[&0];
    ensure!(numbers.array_windows().all(|[a, b]| a < b), "a camera was opened anew: {numbers:?}");
    streams_at_most(&bridge, 60.0).await?;

    // And the other way: two bundles a second.
    place.configure(&("[stream]\nfps = 2\n".to_owned() + &pattern_camera(0) + &watched()))?;
    ensure!(reload(&bridge).await?.0 == 200);
    recorder.a_second_more().await?;
    let before = recorder.numbers[&0].len();
    for _ in 0..2 {
        recorder.a_second_more().await?;
    }
    let came = recorder.numbers[&0].len() - before;
    ensure!((3..=7).contains(&came), "{came} frames in two seconds and a bit");
    streams_at_most(&bridge, 2.0).await?;
    was_opened_once(grabber).await
}

impl Recorder {
    /// Bytes of a camera's next frame.
    async fn size_of(&mut self, camera: u8) -> Result<usize> {
        let size = std::cell::Cell::new(0);
        let note = |bundle: &FrameBundle| {
            bundle.frame(camera).is_some_and(|frame| {
                size.set(frame.data.len());
                true
            })
        };
        self.until("a frame", note).await?;
        Ok(size.get())
    }
}

#[tokio::test]
async fn a_camera_that_does_not_take_its_section_goes_on_as_it_was_and_the_answer_says_why() -> Result<()> {
    let (place, bridge, grabber) = begin(&(pattern_camera(0) + &watched())).await?;
    let mut recorder = Recorder::begin(&bridge).await?;
    place.configure(&(of_size(0, 9000, 9000) + &watched() + &pattern_camera(2)))?;
    for _ in 0..2 {
        let (status, answer) = reload(&bridge).await?;
        let error = answer["grabbers"][0]["error"].as_str().context("no error")?;
        ensure!(status == 422 && error.contains("camera 0 goes on as it was") && error.contains("8192"), "{answer}");
    }
    recorder.until("camera 0 again", |bundle| is_of_size(bundle, 0, 640)).await?;
    recorder.until("the new camera all the same", |bundle| bundle.frame(2).is_some()).await?;
    recorder.a_second_more().await?;
    recorder.missed_nothing()?;
    was_opened_once(grabber).await
}

#[tokio::test]
async fn more_or_fewer_viewers_may_come_after_sighup_and_nobody_has_to_go() -> Result<()> {
    let bridge_section = |places| pattern_camera(1) + &format!("[bridge]\nmax_clients = {places}\n");
    let (place, bridge, _grabber) = begin(&bridge_section(2)).await?;
    let mut first = WsClient::connect(bridge.address).await?;
    let second = WsClient::connect(bridge.address).await?;
    ensure!(WsClient::connect(bridge.address).await.is_err());
    place.configure(&bridge_section(3))?;
    bridge.process.signal(Signal::HUP)?;
    let mut third = WsClient::connect_again(bridge.address, PATIENCE).await?;
    place.configure(&bridge_section(1))?;
    ensure!(reload(&bridge).await?.0 == 200);
    first.next_bundle(PATIENCE).await?;
    third.next_bundle(PATIENCE).await?;
    drop((second, third));
    let one = |status: &Value| status["clients"].as_array().is_some_and(|clients| clients.len() == 1);
    while !one(&serde_json::from_str(&http_get(bridge.address, "/api/status").await?.1)?) {}
    ensure!(WsClient::connect(bridge.address).await.is_err(), "there were three places, now there is one");
    Ok(())
}

#[tokio::test]
async fn another_token_holds_at_once_and_who_watches_by_the_old_one_goes_on() -> Result<()> {
    let with_token = |token| pattern_camera(1) + &format!("[bridge]\nview_token = \"{token}\"\n");
    let (place, bridge, _grabber) = begin(&with_token("the-old-one")).await?;
    let mut viewer = WsClient::connect_to(bridge.address, "/?token=the-old-one").await?;
    viewer.next_bundle(PATIENCE).await?;
    place.configure(&with_token("the-new-one"))?;
    ensure!(http_get(bridge.address, "/api/status?token=the-new-one").await?.0 == 401);
    bridge.process.signal(Signal::HUP)?;
    bridge.process.wait_for_line("configuration reloaded", PATIENCE).await?;
    ensure!(http_get(bridge.address, "/api/status?token=the-new-one").await?.0 == 200);
    ensure!(http_get(bridge.address, "/api/status?token=the-old-one").await?.0 == 401);
    viewer.next_bundle(PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_never_ends_keeps_the_bridge_neither_from_going_on_nor_from_ending() -> Result<()> {
    let (place, mut bridge, _grabber) = begin(&pattern_camera(1)).await?;
    // By now the grabber has read it.
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    std::fs::remove_file(place.config())?;
    let made = std::process::Command::new("mkfifo").arg(place.config()).status()?;
    ensure!(made.success());
    for _ in 0..2 {
        bridge.process.signal(Signal::HUP)?;
    }
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    bridge.process.wait_for_line("could not be read within 5 s", PATIENCE).await?;
    bridge.process.signal(Signal::HUP)?;
    bridge.process.signal(Signal::TERM)?;
    assert_eq!(bridge.process.ended(std::time::Duration::from_secs(2)).await?.code, 0);
    Ok(())
}

#[tokio::test]
async fn who_may_not_change_cameras_may_not_reload() -> Result<()> {
    let (_place, bridge, _grabber) = begin(&pattern_camera(1)).await?;
    let url = format!("http://{}/api/reload", bridge.address);
    for header in ["X-Forwarded-For: 192.0.2.7", "Origin: http://evil.example"] {
        let answer = curl(&["--request", "POST", "--header", header, &url]).await?;
        ensure!(answer.status == 403 && answer.json()?["ok"] == false, "{}: {}", answer.status, answer.text());
    }
    let answer = curl(&[&url]).await?;
    assert_eq!(answer.status, 405, "a link must not reload: {}", answer.text());
    Ok(())
}
