//! What the README says of security, monitoring and reloading is true: its commands are run as they stand there, but for the address
//! and the ids of the processes, and it names every metric and no other.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use end_to_end::{Bridge, Certificate, PATIENCE, Place, Process, WsClient, http_get, pattern_camera, program};

const README: &str = include_str!("../../../README.md");

/// The text of a section.
fn section(title: &str) -> Result<&'static str> {
    let (_, rest) = README.split_once(&format!("\n## {title}\n")).with_context(|| format!("no section {title}"))?;
    Ok(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
}

/// The blocks of a section in one language.
fn blocks(section: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    section.split(&begin).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

/// Runs a line in a shell; it ends with 0, or is ended after some time where it has no end.
async fn shell(place: &Place, line: &str) -> Result<String> {
    let mut command = Process::client("bash");
    let programs = program("cam-grabber")?.parent().context("a folder")?.display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH")?);
    command
        .env("PATH", path)
        .env("CAMERACAST_CONFIG", place.config())
        .args(["-c", &format!("set -o pipefail; {line}")]);
    let ended = Process::start(line, &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "«{line}» ended with {}: {}{}", ended.code, ended.stdout, ended.stderr);
    Ok(ended.stdout)
}

async fn stage() -> Result<(Place, Bridge, Process)> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.next_bundle(PATIENCE).await?;
    Ok((place, bridge, grabber))
}

#[tokio::test]
async fn the_commands_for_monitoring_work() -> Result<()> {
    let (place, bridge, _grabber) = stage().await?;
    let section = section("Monitoring")?;
    let lines: Vec<String> = blocks(section, "sh").concat().lines().map(str::to_owned).collect();
    ensure!(lines.len() == 5, "{lines:?}");
    for line in lines {
        let here = line.replace("localhost:8765", &bridge.address.to_string());
        // A grabber on its own, for three seconds; it has the same cameras, so the bridge does not keep it.
        let here = here.replace("cam-grabber", "timeout --preserve-status 3 cam-grabber --socket /nonexistent");
        println!("{here}\n{}", shell(&place, &here).await?);
    }
    let config = place.file("prometheus.yml");
    std::fs::write(&config, blocks(section, "yaml").concat())?;
    shell(&place, &format!("promtool check config {}", config.display())).await?;
    Ok(())
}

#[tokio::test]
async fn the_configuration_and_the_commands_for_security_work() -> Result<()> {
    let place = Place::new("")?;
    let certificate = Certificate::make(&place, "cert").await?;
    let section = section("Security")?;
    let config = blocks(section, "toml").concat().replacen('…', "see", 1).replacen('…', "turn", 1);
    let config = config.replace("/etc/cameracast/cert.pem", &certificate.cert.display().to_string());
    let config = config.replace("/etc/cameracast/key.pem", &certificate.key.display().to_string());
    place.configure(&format!("[bridge]\n{config}{}", pattern_camera(0)))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;

    let folder = place.file("").display().to_string();
    let given = format!("cd {folder} && export TOKEN=see CURL_CA_BUNDLE={}", certificate.trusted());
    let ready = format!("until curl -fsS https://{}/readyz; do sleep 0.05; done", bridge.address);
    shell(&place, &format!("{given}; {ready}")).await?;
    let lines = blocks(section, "sh").concat();
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        let here = line.replace("cams.example:8765", &bridge.address.to_string()).replace("-t 10", "-t 1");
        shell(&place, &format!("{given}; {here}")).await?;
    }
    for made in ["now.jpg", "ten-seconds.mp4"] {
        ensure!(std::fs::metadata(place.file(made))?.len() > 1000, "{made} is empty");
    }
    Ok(())
}

#[tokio::test]
async fn the_commands_for_reloading_work() -> Result<()> {
    let (place, bridge, grabber) = stage().await?;
    let lines = blocks(section("Reload")?, "sh").concat();
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        let here = line.replace("localhost:8765", &bridge.address.to_string());
        let here = here.replace("$(pidof cam-grabber)", &grabber.pid().to_string());
        let here = here.replace("$(pidof ws-bridge)", &bridge.process.pid().to_string());
        println!("{}", shell(&place, &here).await?);
    }
    grabber.wait_for_line("configuration reloaded: no camera has changed", PATIENCE).await?;
    bridge.process.wait_for_line("configuration reloaded", PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn each_metric_is_in_the_table_and_what_is_in_the_table_is_a_metric() -> Result<()> {
    let (_place, bridge, _grabber) = stage().await?;
    let (_, text) = http_get(bridge.address, "/metrics").await?;
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let told: BTreeSet<&str> = families.filter(|name| !name.starts_with("process_")).collect();
    let named: BTreeSet<&str> =
        section("Monitoring")?.split('`').filter(|word| word.starts_with("cameracast_")).collect();
    assert_eq!(told, named);
    Ok(())
}
