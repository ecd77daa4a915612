//! What happens to GigE Vision cameras in the field: bad lines, power cuts, hang-ups, somebody else who takes them. Each
//! has its name in the status, its counters, and its recovery, and no other camera notices.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{
    DeafCamera, FakeGigeCamera, PATIENCE, Place, Signal, Watch, forge_datagrams, gige_camera, pattern_camera,
};
use serde_json::Value;
use tokio::time::Instant;

const BACK_WITHIN: Duration = Duration::from_secs(6);
const ENDS_WITHIN: Duration = Duration::from_secs(2);
/// So many of a thousand packets that no frame of some forty comes whole.
const HALF: u32 = 500;
/// A camera forgets a controller that is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// The camera in trouble is 0; nothing happens to the other one.
fn with_another(camera: &FakeGigeCamera) -> Result<Place> {
    Place::new(&(gige_camera(0, camera.ip(), 50) + &pattern_camera(Watch::OTHER)))
}

fn counter(status: &Value, group: &str, name: &str) -> u64 {
    status["reported"][group][name].as_u64().unwrap_or(0)
}

fn is_well(status: &Value) -> bool {
    status["state"] == "streaming" && status["cause"].is_null()
}

#[tokio::test]
async fn a_bad_line_is_counted_by_packets_and_by_frames_and_the_camera_streams_on() -> Result<()> {
    let camera = FakeGigeCamera::start_losing(2).await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, 0).await?;

    let counted = |status: &Value| {
        counter(status, "dropped", "missing packets") >= 3 && counter(status, "statistics", "missing packets") >= 3
    };
    let status = watch.until_status(0, "losing packets", counted).await?;
    println!("{}", status["reported"]);
    ensure!(status["state"] == "streaming", "{status}");
    // Aravis counts all that lies behind the first packet that did not come.
    let (received, missing) =
        (counter(&status, "statistics", "received packets"), counter(&status, "statistics", "missing packets"));
    ensure!(missing < received, "{status}");
    watch.until_seen(0, PATIENCE).await?;
    watch.other_never_paused()
}

#[tokio::test]
async fn a_camera_whose_frames_all_come_incomplete_is_named_so_and_no_bundle_waits_for_it() -> Result<()> {
    let camera = FakeGigeCamera::start_losing(HALF).await?;
    for bundle in ["latest", "complete"] {
        let patient = format!("[stream]\nbundle = \"{bundle}\"\nmax_wait_ms = 1000\n");
        let place = Place::new(&(patient + &gige_camera(0, camera.ip(), 50) + &pattern_camera(Watch::OTHER)))?;
        let bridge = place.bridge().await?;
        let mut grabber = place.grabber(&[])?;
        let mut watch = Watch::begin(&bridge, Watch::OTHER).await?;

        let status = watch.until_cause(0, "stalled", "incomplete frames").await?;
        ensure!(counter(&status, "dropped", "missing packets") > 50, "{status}");
        let advice = watch.meanwhile(grabber.wait_for_line("none is whole", PATIENCE)).await?;
        ensure!(advice.contains("packets get lost on the way"), "{advice}");
        // It goes on so, without being opened again and again.
        let counted = counter(&status, "dropped", "missing packets");
        let more = |status: &Value| counter(status, "dropped", "missing packets") > counted + 100;
        let status = watch.until_status(0, "counted on", more).await?;
        assert_eq!((&status["state"], &status["cause"]), (&"stalled".into(), &"incomplete frames".into()), "{status}");
        assert_eq!((counter(&status, "statistics", "stalls"), counter(&status, "statistics", "reopened")), (1, 0));
        watch.other_never_paused()?;
        grabber.signal(Signal::TERM)?;
        assert_eq!(grabber.ended(PATIENCE).await?.code, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_camera_without_power_is_lost_as_no_device_and_back_within_six_seconds_with_its_counters() -> Result<()> {
    let mut camera = FakeGigeCamera::start().await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, 0).await?;
    watch.until_status(0, "counted", |status| counter(status, "statistics", "received packets") > 0).await?;

    camera.kill()?;
    let lost = watch.until_cause(0, "lost", "no device").await?;
    watch.meanwhile(camera.switch_on()).await?;
    let on = Instant::now();
    watch.until_seen(0, BACK_WITHIN).await?;
    println!("back after {:?}", on.elapsed());

    let more = |now: &Value| {
        let grew = |group: Option<&str>, name: &str| match group {
            Some(group) => counter(now, group, name) > counter(&lost, group, name),
            None => now["reported"][name].as_u64() > lost["reported"][name].as_u64(),
        };
        now["state"] == "streaming" && grew(None, "grabbed") && grew(Some("statistics"), "received packets")
    };
    let back = watch.until_status(0, "counted on", more).await?;
    ensure!(back["cause"].is_null(), "{back}");
    watch.other_never_paused()
}

#[tokio::test]
async fn a_camera_that_hangs_for_three_seconds_is_stalled_and_goes_on_when_it_does() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, 0).await?;

    camera.signal(Signal::STOP)?;
    let stopped = Instant::now();
    watch.until_cause(0, "stalled", "stalled").await?;
    while stopped.elapsed() < Duration::from_secs(3) {
        watch.until_seen(Watch::OTHER, PATIENCE).await?;
    }
    camera.signal(Signal::CONT)?;
    watch.until_seen(0, BACK_WITHIN).await?;
    let counted = |status: &Value| {
        let count = |name| counter(status, "statistics", name);
        is_well(status) && count("stalls") >= 1 && count("reopened") >= 1
    };
    watch.until_status(0, "streaming, with what happened counted", counted).await?;
    watch.other_never_paused()
}

#[tokio::test]
async fn datagrams_that_no_camera_sent_end_nothing_and_spoil_no_picture() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let mut grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, 0).await?;
    let mut rng = fastrand::Rng::with_seed(3956);

    for _ in 0..20 {
        forge_datagrams(grabber.pid(), 200, &mut rng)?;
        watch.until_seen(0, PATIENCE).await?;
    }
    let status = watch.until_status(0, "streaming", is_well).await?;
    ensure!(counter(&status, "statistics", "stalls") == 0, "{status}");
    watch.other_never_paused()?;
    grabber.signal(Signal::TERM)?;
    assert_eq!(grabber.ended(PATIENCE).await?.code, 0);
    Ok(())
}

#[tokio::test]
async fn a_camera_that_another_controller_took_is_busy_and_back_when_it_is_let_go() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, 0).await?;

    // A grabber that hangs for longer than the camera's patience, and another one that was waiting for this.
    grabber.signal(Signal::STOP)?;
    let elsewhere = Place::new(&gige_camera(0, camera.ip(), 50))?;
    let mut thief = elsewhere.grabber(&[])?;
    thief.wait_for_line("streaming", PATIENCE + HEARTBEAT).await?;
    grabber.signal(Signal::CONT)?;
    watch.until_seen(Watch::OTHER, PATIENCE).await?;
    watch.look_away();

    let busy = watch.until_cause(0, "lost", "busy").await?;
    ensure!(busy["reported"]["grabbed"].as_u64() > Some(0), "{busy}");
    thief.signal(Signal::TERM)?;
    assert_eq!(watch.meanwhile(thief.ended(PATIENCE)).await?.code, 0);
    // What the first one left behind at the camera ends after some seconds; until then the simulator takes it for alive.
    watch.until_seen(0, PATIENCE).await?;
    let counted = |status: &Value| is_well(status) && counter(status, "statistics", "reopened") >= 1;
    watch.until_status(0, "streaming, with the opening counted", counted).await?;
    watch.other_never_paused()
}

#[tokio::test]
async fn a_camera_that_waits_for_its_trigger_and_loses_its_power_has_lost_control() -> Result<()> {
    let mut camera = FakeGigeCamera::start().await?;
    let triggered = gige_camera(0, camera.ip(), 50) + "trigger = \"Software\"\n";
    let place = Place::new(&(triggered + &pattern_camera(Watch::OTHER)))?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, Watch::OTHER).await?;
    watch.until_status(0, "waiting", |status| status["state"] == "waiting").await?;

    camera.kill()?;
    watch.meanwhile(grabber.wait_for_line("control lost", PATIENCE)).await?;
    watch.until_cause(0, "lost", "no device").await?;
    watch.meanwhile(camera.switch_on()).await?;
    watch.until_status(0, "waiting", |status| status["state"] == "waiting" && status["cause"].is_null()).await?;
    watch.other_never_paused()
}

#[tokio::test]
async fn sigterm_ends_the_grabber_in_time_while_a_camera_hangs_that_streamed_and_it_is_named() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = with_another(&camera)?;
    let bridge = place.bridge().await?;
    let mut grabber = place.grabber(&[])?;
    Watch::begin(&bridge, 0).await?;

    camera.signal(Signal::STOP)?;
    grabber.signal(Signal::TERM)?;
    let ended = grabber.ended(ENDS_WITHIN).await?;
    assert_eq!(ended.code, 0);
    let said = ended.stdout + &ended.stderr;
    let names_it = |line: &str| line.contains(&camera.ip().to_string()) || line.contains("camera=0");
    ensure!(said.lines().any(|line| line.contains("left behind") && names_it(line)), "{said}");
    Ok(())
}

#[tokio::test]
async fn sigterm_ends_the_grabber_in_time_while_an_opening_does_not_come_back_and_its_camera_is_named() -> Result<()> {
    let camera = DeafCamera::start()?;
    let place = Place::new(&(gige_camera(0, camera.ip(), 50) + "name = \"Deaf\"\n" + &pattern_camera(Watch::OTHER)))?;
    let mut grabber = place.grabber(&[])?;
    // Aravis waits 2.5 s for the first answer.
    camera.is_being_opened(PATIENCE).await?;
    grabber.signal(Signal::TERM)?;
    let ended = grabber.ended(ENDS_WITHIN).await?;
    assert_eq!(ended.code, 0);
    let said = ended.stdout + &ended.stderr;
    ensure!(said.lines().any(|line| line.contains("Deaf") && line.contains("left behind")), "{said}");
    Ok(())
}
