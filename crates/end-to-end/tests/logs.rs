//! `--log-format json`: one object an event, with camera and peer as fields, of either process.

use anyhow::{Context, Result, ensure};
use end_to_end::{FakeGigeCamera, PATIENCE, Place, Process, Signal, WsClient, gige_camera, pattern_camera};
use serde_json::Value;

/// Ends a process; every line that it said, wherever, is an object.
async fn events(mut process: Process) -> Result<Vec<Value>> {
    process.signal(Signal::TERM)?;
    let ended = process.ended(PATIENCE).await?;
    assert_eq!(ended.code, 0);
    let lines = ended.stdout.lines().chain(ended.stderr.lines());
    lines.map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

fn find<'a>(events: &'a [Value], message: &str) -> Result<&'a Value> {
    let is_it = |event: &&Value| event["message"].as_str().is_some_and(|said| said.contains(message));
    events.iter().find(is_it).with_context(|| format!("no «{message}» in {events:#?}"))
}

#[tokio::test]
async fn each_event_of_either_process_is_an_object_with_camera_and_peer_as_fields() -> Result<()> {
    let camera = FakeGigeCamera::start_losing(2).await?;
    let place = Place::new(&(gige_camera(0, camera.ip(), 50) + "name = \"Gate\"\n" + &pattern_camera(1)))?;
    let bridge = place.start_bridge(&["--listen", "127.0.0.1:0", "--log-format", "json"])?;
    let line = bridge.wait_for_line("http://127.0.0.1:", PATIENCE).await?;
    let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/')).context("an address")?.0;
    let mut command = place.command("cam-grabber")?;
    let grabber = Process::start("cam-grabber", command.env("CAMERACAST_LOG_FORMAT", "json"))?;
    let mut viewer = WsClient::connect(address.parse()?).await?;
    viewer.next_bundle(PATIENCE).await?;
    let is_of_gate = |line: &str| line.contains("\"lost\":") && line.contains("\"camera\":0");
    grabber.wait_for_line_where("the losses of camera 0", PATIENCE, is_of_gate).await?;
    drop(viewer);
    bridge.wait_for_line("viewer gone", PATIENCE).await?;

    let pid = grabber.pid();
    let of_grabber = events(grabber).await?;
    let lost = of_grabber.iter().find(|event| event["lost"].is_u64() && event["camera"] == 0).context("no losses")?;
    assert_eq!((&lost["camera"], &lost["name"], &lost["level"]), (&0.into(), &"Gate".into(), &"WARN".into()), "{lost}");
    let connected = find(&of_grabber, "connected to the bridge")?;
    assert_eq!(connected["pid"], bridge.pid(), "{connected}");
    let losses = of_grabber.iter().filter(|event| event["lost"].is_u64() && event["camera"] == 0);
    let seconds: Vec<_> = losses.filter_map(|event| event["timestamp"].as_str()).collect();
    println!("losses were told at {seconds:?}");

    bridge.wait_for_line("grabber gone", PATIENCE).await?;
    let of_bridge = events(bridge).await?;
    assert_eq!(find(&of_bridge, "grabber connected")?["pid"], pid);
    let gone = find(&of_bridge, "viewer gone")?;
    ensure!(gone["client"] == 1 && gone["bundles"].as_u64() > Some(0), "{gone}");
    let came = find(&of_bridge, "viewer connected")?;
    ensure!(came["address"].as_str().is_some_and(|address| address.starts_with("127.0.0.1:")), "{came}");
    Ok(())
}
