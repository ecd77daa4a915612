//! What the two processes tell a service manager, as systemd hears it: a datagram socket that `NOTIFY_SOCKET` names.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Place, Process, Signal, WsClient, gstreamer_camera, pattern_camera};

/// The watchdog's limit in these tests.
const LIMIT: Duration = Duration::from_secs(2);

/// systemd's end of the socket.
struct Manager(UnixDatagram);

impl Manager {
    fn of(place: &Place) -> Result<Self> {
        let socket = UnixDatagram::bind(place.file("notify"))?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        Ok(Self(socket))
    }

    /// Starts one of the programs as its service.
    fn start(&self, place: &Place, name: &str, args: &[&str]) -> Result<Process> {
        let mut command = place.command(name)?;
        command.env("NOTIFY_SOCKET", place.file("notify")).env("WATCHDOG_USEC", LIMIT.as_micros().to_string());
        Process::start(name, command.args(args))
    }

    fn next(&self) -> Option<String> {
        let mut message = [0; 1024];
        let length = self.0.recv(&mut message).ok()?;
        Some(String::from_utf8_lossy(&message[..length]).into_owned())
    }

    /// Waits for a line that begins so.
    fn hears(&self, line: &str, within: Duration) -> Result<String> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            let said = self.next().unwrap_or_default();
            if let Some(said) = said.lines().find(|said| said.starts_with(line)) {
                return Ok(said.to_owned());
            }
        }
        anyhow::bail!("{line} was not said within {within:?}")
    }

    /// That the watchdog is fed in time over so many limits.
    fn is_fed_for(&self, limits: u32) -> Result<()> {
        let until = Instant::now() + limits * LIMIT;
        while Instant::now() < until {
            self.hears("WATCHDOG=1", LIMIT).context("the watchdog starved")?;
        }
        Ok(())
    }
}

fn in_the_meantime<T: Send>(blocking: impl FnOnce() -> T + Send) -> T {
    tokio::task::block_in_place(blocking)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_is_ready_when_it_listens_and_feeds_its_watchdog_until_it_stops() -> Result<()> {
    let place = Place::new("")?;
    let manager = Manager::of(&place)?;
    let mut bridge = manager.start(&place, "ws-bridge", &["--listen", "127.0.0.1:0"])?;
    in_the_meantime(|| {
        manager.hears("READY=1", PATIENCE)?;
        ensure!(place.socket().exists());
        manager.hears("STATUS=Waiting for a grabber", PATIENCE)?;
        manager.is_fed_for(2)
    })?;

    let _grabber = place.grabber(&["--demo"])?;
    in_the_meantime(|| manager.hears("STATUS=3 cameras of 1 grabber; 0 viewers", PATIENCE))?;
    bridge.signal(Signal::TERM)?;
    in_the_meantime(|| manager.hears("STOPPING=1", PATIENCE))?;
    assert_eq!(bridge.ended(PATIENCE).await?.code, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grabber_is_ready_without_a_bridge_and_feeds_its_watchdog_while_that_is_stuck() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let manager = Manager::of(&place)?;
    let mut grabber = manager.start(&place, "cam-grabber", &[])?;
    in_the_meantime(|| {
        manager.hears("READY=1", PATIENCE)?;
        manager.hears("STATUS=Cameras: 1 streaming", PATIENCE)?;
        manager.is_fed_for(2)
    })?;

    let bridge = place.bridge().await?;
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    bridge.process.signal(Signal::STOP)?;
    in_the_meantime(|| manager.is_fed_for(3))?;
    bridge.process.signal(Signal::CONT)?;

    grabber.signal(Signal::TERM)?;
    in_the_meantime(|| manager.hears("STOPPING=1", PATIENCE))?;
    assert_eq!(grabber.ended(PATIENCE).await?.code, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_stuck_in_its_sdk_starves_no_watchdog() -> Result<()> {
    let place = Place::new("")?;
    // Opening a pipe that nobody writes to does not come back.
    let pipe = place.file("pipe");
    ensure!(Command::new("mkfifo").arg(&pipe).status()?.success());
    let stuck = gstreamer_camera(0, &format!("filesrc location={} ! jpegdec", pipe.display()));
    place.configure(&format!("{stuck}{}", pattern_camera(1)))?;

    let manager = Manager::of(&place)?;
    let mut grabber = manager.start(&place, "cam-grabber", &[])?;
    in_the_meantime(|| {
        manager.hears("STATUS=Cameras: 1 opening, 1 streaming", PATIENCE)?;
        manager.is_fed_for(3)
    })?;
    let bridge = place.bridge().await?;
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;

    grabber.signal(Signal::TERM)?;
    let ended = grabber.ended(PATIENCE).await?;
    assert_eq!(ended.code, 0);
    ensure!(ended.stderr.contains("its SDK has not come back"), "{}", ended.stderr);
    Ok(())
}
