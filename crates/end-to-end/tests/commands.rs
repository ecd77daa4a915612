//! What people type, and the sentence that they get when something is wrong.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use anyhow::{Context, Result, ensure};
use end_to_end::{
    Ended, FakeGigeCamera, PATIENCE, Place, Process, WsClient, gige_camera, http_get, pattern_camera, program,
    status_of_cameras,
};
use serde_json::Value;

async fn run(name: &str, args: &[&str]) -> Result<Ended> {
    Process::start(name, Process::command(program(name)?).args(args))?.ended(PATIENCE).await
}

#[tokio::test]
async fn list_shows_a_gige_camera_with_what_to_put_under_device() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let (serial, ip) = (camera.serial(), camera.ip().to_string());

    let for_people = run("cam-grabber", &["list"]).await?;
    assert_eq!(for_people.code, 0);
    ensure!(for_people.stdout.contains(serial) && for_people.stdout.contains(&ip), "{}", for_people.stdout);
    ensure!(for_people.stdout.contains("Mono8"), "no pixel formats: {}", for_people.stdout);

    let for_programs = run("cam-grabber", &["list", "--json"]).await?;
    let list: Vec<Value> = serde_json::from_str(&for_programs.stdout).context("an array of JSON")?;
    let found = list.iter().find(|found| found["serial"] == serial).with_context(|| format!("{list:?}"))?;
    assert_eq!((&found["source"], &found["address"]), (&"genicam".into(), &ip.clone().into()), "{found}");
    let device = found["device"].as_str().context("device")?;

    // And that is what works in a configuration.
    let place = Place::new(&gige_camera(0, device, 30))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;
    viewer.next_bundle(PATIENCE).await?;
    Ok(())
}

const FIVE_MISTAKES: &str = r#"
[stream]
jpeg_qualty = 80

[[camera]]
id = 0
source = "webcam"

[[camera]]
id = 1
source = "pattern"
fps = -5

[[camera]]
id = 1
source = "pattern"

[bridge]
listen = "everywhere"
"#;

#[tokio::test]
async fn check_names_all_five_mistakes_of_a_file_each_with_its_line_and_what_is_allowed() -> Result<()> {
    let place = Place::new("")?;
    let file = place.file("wrong.toml");
    std::fs::write(&file, FIVE_MISTAKES)?;
    let ended = run("cam-grabber", &["check", &file.display().to_string()]).await?;
    assert_eq!(ended.code, 2);
    let told = ended.stdout + &ended.stderr;
    let wrong = [
        ("jpeg_qualty", "jpeg_quality"),
        ("webcam", "gstreamer"),
        ("fps = -5", "fps"),
        ("id = 1", "1"),
        ("everywhere", "8765"),
    ];
    for (mistake, hint) in wrong {
        // The last line that holds it: of an id that is given twice, the second is wrong.
        let line = FIVE_MISTAKES.lines().collect::<Vec<_>>().iter().rposition(|line| line.contains(mistake));
        let line = line.context("in the file")? + 1;
        let place = format!("wrong.toml:{line}:");
        let told = told.lines().find(|told| told.contains(&place)).with_context(|| format!("no {place} in\n{told}"))?;
        ensure!(told.contains(hint), "line {line} does not name {hint}: {told}");
    }
    assert_eq!(told.matches("wrong.toml:").count(), 5, "more than the five:\n{told}");
    Ok(())
}

#[tokio::test]
async fn check_finds_nothing_wrong_in_a_file_that_is_right() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let ended = run("cam-grabber", &["check", &place.config().display().to_string()]).await?;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    Ok(())
}

#[tokio::test]
async fn neither_program_starts_on_a_file_with_mistakes() -> Result<()> {
    let place = Place::new("[stream]\nfps = 0\n[bridge]\nmax_clients = 0\n")?;
    for mut process in [place.start_bridge(&[])?, place.grabber(&[])?] {
        let ended = process.ended(PATIENCE).await?;
        assert_eq!(ended.code, 2);
        let told = ended.stdout + &ended.stderr;
        ensure!(told.contains("cameracast.toml:3:") && told.contains("cameracast.toml:5:"), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn both_programs_answer_help_and_version_and_name_what_they_do_not_know() -> Result<()> {
    for name in ["cam-grabber", "ws-bridge"] {
        let help = run(name, &["--help"]).await?;
        assert_eq!(help.code, 0);
        for option in ["--config", "--socket", "--log"] {
            ensure!(help.stdout.contains(option), "{name} --help does not tell of {option}");
        }
        let version = run(name, &["--version"]).await?;
        assert_eq!(
            (version.code, version.stdout.trim()),
            (0, format!("{name} {}", env!("CARGO_PKG_VERSION")).as_str())
        );
        let unknown = run(name, &["--no-such-option"]).await?;
        assert_eq!(unknown.code, 2);
        ensure!(unknown.stderr.contains("--no-such-option"));
    }
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_told_in_a_sentence_that_names_the_option() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let place = Place::new("")?;
    let ended = place.start_bridge(&["--listen", &address])?.ended(PATIENCE).await?;
    assert_eq!(ended.code, 1);
    let told = ended.stdout + &ended.stderr;
    ensure!(told.contains(&address) && told.contains("--listen"), "{told}");
    ensure!(!place.socket().exists(), "the socket was left behind");
    Ok(())
}

#[tokio::test]
async fn a_socket_in_use_is_not_stolen_and_the_sentence_names_the_option() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let ended = place.start_bridge(&["--listen", "127.0.0.1:0"])?.ended(PATIENCE).await?;
    assert_eq!(ended.code, 1);
    let told = ended.stdout + &ended.stderr;
    ensure!(told.contains(&place.socket().display().to_string()) && told.contains("--socket"), "{told}");

    let _grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.next_bundle(PATIENCE).await.context("the first bridge lost its socket")?;
    Ok(())
}

#[tokio::test]
async fn a_stale_socket_is_replaced() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    drop(UnixListener::bind(place.socket())?);
    ensure!(place.socket().exists());
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn missing_cameras_are_shown_with_their_cause_while_the_others_run_and_are_taken_when_they_come() -> Result<()> {
    let mut absent = FakeGigeCamera::start().await?;
    absent.kill()?;
    let no_such_device = "[[camera]]\nid = 2\nsource = \"v4l2\"\ndevice = \"/dev/video-none\"\n";
    let place = Place::new(&(gige_camera(0, absent.ip(), 30) + &pattern_camera(1) + no_such_device))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;

    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(1).is_some()).await?;
    let cause = |meta: &Value, id: usize| meta["cameras"][id]["cause"] == "no device";
    let meta = viewer.meta_where(PATIENCE, |meta| cause(meta, 0) && cause(meta, 2)).await?;
    assert_eq!(meta["cameras"][1]["state"], "streaming", "{meta}");
    let status = status_of_cameras(bridge.address).await?;
    assert_eq!(status.iter().filter(|camera| camera["cause"] == "no device").count(), 2, "{status:?}");

    absent.switch_on().await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(0).is_some()).await?;
    Ok(())
}

#[tokio::test]
async fn one_path_is_both_the_page_and_the_stream_and_healthz_answers() -> Result<()> {
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    let (status, page) = http_get(bridge.address, "/").await?;
    ensure!(status == 200 && page.contains("<html"), "{status} {page}");
    assert_eq!(http_get(bridge.address, "/healthz").await?.0, 200);
    assert_eq!(http_get(bridge.address, "/no/such/page").await?.0, 404);
    Ok(())
}
