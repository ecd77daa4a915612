//! GigE Vision cameras may be somebody else's: a grabber without a configuration takes them only with `--all`.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail, ensure};
use end_to_end::{Network, PATIENCE, Place, Process, Signal, User, WsClient, program, skipped, status_of_cameras};
use serde_json::Value;
use tokio::time::Instant;

const WHAT: &str = "cam-grabber --all takes GigE cameras";
const SERIAL: &str = "E2E-ALL";
/// As the simulator calls itself.
const MODEL: &str = "Fake";

#[tokio::test]
async fn without_a_configuration_a_gige_camera_is_left_alone_until_all_are_asked_for() -> Result<()> {
    if !User::is_root() {
        return skipped(WHAT, "it makes a network of its own, which needs root");
    }
    let network = Network::new().await?;
    if let Some(other) = list(&network).await?.first() {
        return skipped(WHAT, &format!("it would take a camera of this machine, {}", other["device"]));
    }
    let mut command = network.command("arv-fake-gv-camera-0.8");
    command.args(["-i", &Ipv4Addr::LOCALHOST.to_string(), "-s", SERIAL]);
    let _camera = Process::start("GigE camera", &mut command)?;
    ensure!(!is_controlled(&network).await?, "somebody has the camera already");

    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    let mut grabber = place.start_in(&network, "cam-grabber", &[])?;
    let said = grabber.wait_for_line("no camera found, waiting for one", PATIENCE).await?;
    ensure!(said.contains("--all"), "{said}");
    ensure!(!is_controlled(&network).await?, "it was taken");
    assert_eq!(status_of_cameras(bridge.address).await?, [] as [Value; 0]);
    grabber.signal(Signal::TERM)?;
    assert_eq!(grabber.ended(PATIENCE).await?.code, 0);

    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.start_in(&network, "cam-grabber", &["--all"])?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    viewer.meta_where(PATIENCE, |meta| meta["cameras"][0]["name"] == MODEL).await?;
    let [status] = &status_of_cameras(bridge.address).await?[..] else { bail!("not the one camera") };
    let reported = &status["reported"];
    assert_eq!((&reported["source"], &reported["serial"]), (&"genicam".into(), &SERIAL.into()), "{status}");
    ensure!(is_controlled(&network).await?, "it streams, but nobody has it");
    Ok(())
}

/// Whether somebody has the camera, as soon as it answers.
async fn is_controlled(network: &Network) -> Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = list(network).await?;
        if let Some(camera) = found.iter().find(|camera| camera["serial"] == SERIAL) {
            return camera["controlled_by_other"].as_bool().with_context(|| format!("it is not known of {camera}"));
        }
        ensure!(Instant::now() < deadline, "the camera is not found, only {found:?}");
    }
}

/// What `cam-grabber list` finds in that network.
async fn list(network: &Network) -> Result<Vec<Value>> {
    let mut command = network.command(program("cam-grabber")?);
    let ended = Process::start("cam-grabber list", command.args(["list", "--json"]))?.ended(PATIENCE).await?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("no list: {}{}", ended.stdout, ended.stderr))
}
