//! Cameras that share a link: they are told to pause between their packets, and what does not fit is said with what helps.
//! On the loopback interface there is no link; here is one, a cable between two networks.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{Cable, PATIENCE, Place, Process, Signal, WsClient, gige_camera};
use tokio::time::{Instant, sleep};

/// The register of a camera's pause between packets, in ticks of its clock: ns, for the simulator.
const PACKET_DELAY: u32 = 0x0D08;
const MEGABITS: u32 = 100;

fn grabber(place: &Place, cable: &Cable) -> Result<Process> {
    Process::start("cam-grabber", &mut cable.at_grabber(&place.command("cam-grabber")?))
}

/// Both cameras' pauses, as soon as they are as expected.
async fn delays_when(cable: &Cable, what: &str, is_so: impl Fn([u32; 2]) -> bool) -> Result<[u32; 2]> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let [left, right] = Cable::CAMERAS.map(|camera| cable.register(camera, PACKET_DELAY));
        match (left, right) {
            (Ok(left), Ok(right)) if is_so([left, right]) => return Ok([left, right]),
            (left, right) => ensure!(Instant::now() < deadline, "never {what}: {left:?} and {right:?} ns"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn cameras(fps: [f64; 2]) -> String {
    let camera = |id: u8, fps: f64| {
        let address = Cable::CAMERAS[usize::from(id)];
        gige_camera(id, address, 1).replace("fps = 1\n", &format!("fps = {fps}\n"))
    };
    camera(0, fps[0]) + &camera(1, fps[1])
}

/// The number behind the words, wherever they stand in the text.
fn number_behind(text: &str, words: &str) -> Result<f64> {
    let (_, behind) = text.split_once(words).with_context(|| format!("no {words} in {text}"))?;
    let number: String = behind.chars().take_while(|digit| digit.is_ascii_digit() || *digit == '.').collect();
    Ok(number.parse()?)
}

#[tokio::test]
async fn two_cameras_on_a_link_pause_between_their_packets_and_a_shortage_is_said_with_the_rates_that_fit() -> Result<()>
{
    let cable = Cable::lay(MEGABITS)?;
    let _cameras = Cable::CAMERAS.map(|camera| cable.camera(camera));
    let place = Place::new(&cameras([30.0, 15.0]))?;
    let bridge = place.bridge().await?;
    let mut first = grabber(&place, &cable)?;

    let is_short = |line: &str| line.contains("in practice") && line.contains("camera 1");
    let said = first.wait_for_line_where("that the link is short", PATIENCE, is_short).await?;
    println!("{said}");
    for words in ["on eth1 need 1", "82 Mb/s is what its 100 Mb/s carry", "camera 0 (Camera 0)"] {
        ensure!(said.contains(words), "{words} in {said}");
    }
    // Each its share of the link by what it needs: the one with twice the rate pauses for a third of the time.
    let [left, right] = delays_when(&cable, "two pauses", |[left, right]| left > 0 && right > left).await?;
    ensure!((50_000..=150_000).contains(&left) && (200_000..=400_000).contains(&right), "{left} and {right} ns");
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 2).await?;
    first.signal(Signal::TERM)?;
    assert_eq!(first.ended(PATIENCE).await?.code, 0);

    // What was said to help does.
    let rates = [number_behind(&said, "`fps = ")?, number_behind(&said, "for camera 0 (Camera 0), `fps = ")?];
    println!("with {rates:?} instead");
    place.configure(&cameras(rates))?;
    let mut second = grabber(&place, &cable)?;
    delays_when(&cable, "two pauses again", |[left, right]| left > 0 && right > left).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 2).await?;
    second.signal(Signal::TERM)?;
    let ended = second.ended(PATIENCE).await?;
    ensure!(!ended.stderr.contains("in practice"), "{}", ended.stderr);

    // Alone on the link, a camera need not pause.
    place.configure(&gige_camera(0, Cable::CAMERAS[0], 15))?;
    let _alone = grabber(&place, &cable)?;
    delays_when(&cable, "no pause", |[left, _]| left == 0).await?;
    Ok(())
}

#[tokio::test]
async fn packets_larger_than_the_interface_takes_are_named_with_the_command_that_helps_and_it_does() -> Result<()> {
    let cable = Cable::lay(1000)?;
    cable.set_mtu_of_cameras(9000)?;
    let _camera = cable.camera(Cable::CAMERAS[0])?;
    let place = Place::new(&(gige_camera(0, Cable::CAMERAS[0], 20) + "packet_size = 9000\n"))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let grabber = grabber(&place, &cable)?;

    let said = grabber.wait_for_line("none is whole", PATIENCE).await?;
    println!("{said}");
    let (_, command) = said.split_once("`ip ").context("a command")?;
    let (command, _) = command.split_once('`').context("its end")?;
    assert_eq!(command, "link set dev eth1 mtu 9000");
    let is_named = |meta: &serde_json::Value| meta["cameras"][0]["cause"] == "incomplete frames";
    viewer.meta_where(PATIENCE, is_named).await?;

    cable.ip_at_grabber(command)?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    viewer.meta_where(PATIENCE, |meta| meta["cameras"][0]["state"] == "streaming").await?;
    Ok(())
}
