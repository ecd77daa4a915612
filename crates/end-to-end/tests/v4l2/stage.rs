//! What each test looks at: both programs on a configuration, what viewers get, what went over the socket between them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use end_to_end::{Bridge, PATIENCE, Place, Process, Seen, Tee, User, WsClient, program, status_of_cameras};
use frame_bundle::{CaptureInfo, FrameBundle};
use serde_json::Value;
use tokio::time::Instant;

/// How far a count of a state message may be from the frame number of the bundle before it: the frames that a camera of
/// 25 a second takes meanwhile, with room for a slow machine.
const BESIDE: u64 = 8;

/// Both programs at work.
pub(crate) struct Stage {
    pub(crate) grabber: Process,
    tee: Tee,
    bridge: Bridge,
    _place: Place,
}

impl Stage {
    /// Starts everything with these cameras.
    pub(crate) async fn with(cameras: &str) -> Result<Self> {
        Self::start(cameras, |place, tee| place.grabber_on(tee.socket())).await
    }

    /// The same with a grabber of a user that may do nothing.
    pub(crate) async fn with_grabber_of_nobody(cameras: &str) -> Result<Self> {
        let start = |place: &Place, tee: &Tee| {
            fs::set_permissions(place.file(""), fs::Permissions::from_mode(0o755))?;
            fs::set_permissions(tee.socket(), fs::Permissions::from_mode(0o666))?;
            let mut command = User::NOBODY.command(program("cam-grabber")?);
            command.arg("--config").arg(place.config()).arg("--socket").arg(tee.socket());
            Process::start("cam-grabber", &mut command)
        };
        Self::start(cameras, start).await
    }

    async fn start(cameras: &str, grabber: impl FnOnce(&Place, &Tee) -> Result<Process>) -> Result<Self> {
        let place = Place::new(cameras)?;
        let bridge = place.bridge().await?;
        let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
        let grabber = grabber(&place, &tee)?;
        Ok(Self { grabber, tee, bridge, _place: place })
    }

    /// A viewer that has just come.
    pub(crate) async fn viewer(&self) -> Result<WsClient> {
        WsClient::connect(self.bridge.address).await
    }

    /// The bundles that a viewer gets in that time, each with the moment of its arrival.
    pub(crate) async fn bundles_for(&self, time: Duration) -> Result<Vec<(Instant, FrameBundle)>> {
        self.viewer().await?.bundles_for(time).await
    }

    /// A viewer's next bundle with a frame of this camera that was captured from now on.
    pub(crate) async fn new_frame(&self, camera: u8, within: Duration) -> Result<FrameBundle> {
        let now_us = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_micros() as u64;
        let is_new = |bundle: &FrameBundle| {
            bundle.frame(camera).and(bundle.capture_info(camera)).is_some_and(|info| info.capture_time_us >= now_us)
        };
        let found = self.viewer().await?.bundle_where(within, is_new).await;
        found.with_context(|| format!("no new frame of camera {camera} within {within:?}"))
    }

    /// How `/api/status` describes the cameras.
    pub(crate) async fn status(&self) -> Result<Vec<Value>> {
        status_of_cameras(self.bridge.address).await
    }

    /// How a camera is described as soon as something is true of it; `what` names that in messages.
    pub(crate) async fn until(&self, camera: u8, what: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.status().await?.into_iter().find(|status| status["camera_id"] == camera);
            match found {
                Some(status) if is_it(&status) => return Ok(status),
                found if Instant::now() > deadline => bail!("camera {camera} is not {what}: {found:?}"),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Waits until a camera is lost for this cause.
    pub(crate) async fn until_lost(&self, camera: u8, cause: &str) -> Result<()> {
        let is_it = |status: &Value| status["state"] == "lost" && status["cause"] == cause;
        self.until(camera, &format!("lost: {cause}"), is_it).await.map(drop)
    }

    /// Waits until a camera streams.
    pub(crate) async fn until_streaming(&self, camera: u8) -> Result<Value> {
        self.until(camera, "streaming", |status| status["state"] == "streaming").await
    }

    /// What becomes of a camera's frames in that time.
    pub(crate) async fn account_over(&self, time: Duration, camera: u8) -> Result<Account> {
        let before = self.tee.seen().len();
        self.bundles_for(time).await?;
        Account::of(&self.tee.seen()[before..], camera)
    }
}

/// Says a figure in the output of the tests, also of those that pass.
pub(crate) fn figure(text: &str) {
    let _ = writeln!(std::io::stderr(), "     {text}");
}

/// What became of a camera's frames between two of its grabber's state messages.
#[derive(Debug)]
pub(crate) struct Account {
    /// By the capture times of the first and the last frame.
    time: Duration,
    /// By the driver's own count (frame numbers in extension block 1).
    pub(crate) sent: u64,
    /// By the state messages.
    pub(crate) grabbed: u64,
    /// By the state messages, by cause.
    pub(crate) dropped: BTreeMap<String, u64>,
}

impl Account {
    fn of(seen: &[Seen], camera: u8) -> Result<Self> {
        let mut newest: Option<CaptureInfo> = None;
        let mut counts = Vec::new();
        for seen in seen {
            match seen {
                Seen::Bundle { payload, .. } => {
                    newest = FrameBundle::parse(payload.clone())?.capture_info(camera).or(newest);
                }
                Seen::Control(message) => {
                    let states = message["cameras"].as_array().into_iter().flatten();
                    let state = states.into_iter().find(|state| state["camera"] == camera);
                    counts.extend(newest.zip(state.cloned()));
                }
            }
        }
        let [(first_frame, first), .., (last_frame, last)] = &counts[..] else {
            bail!("{} state messages in all that time", counts.len())
        };
        let grabbed = |state: &Value| state["grabbed"].as_u64().context("grabbed");
        let mut dropped: BTreeMap<String, u64> = serde_json::from_value(last["dropped"].clone())?;
        let before: BTreeMap<String, u64> = serde_json::from_value(first["dropped"].clone())?;
        for (cause, count) in &mut dropped {
            *count -= before.get(cause).copied().unwrap_or_default();
        }
        dropped.retain(|_, count| *count > 0);
        let time = Duration::from_micros(last_frame.capture_time_us - first_frame.capture_time_us);
        let sent = last_frame.frame_number - first_frame.frame_number;
        Ok(Self { time, sent, grabbed: grabbed(last)? - grabbed(first)?, dropped })
    }

    /// The rate of the driver.
    pub(crate) fn fps(&self) -> f64 {
        self.sent as f64 / self.time.as_secs_f64()
    }

    /// Frames that did not arrive whole.
    pub(crate) fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Every frame of the driver was grabbed or counted as dropped.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!((self.grabbed + self.lost()).abs_diff(self.sent) <= BESIDE, "frames are not accounted for: {self:?}");
        Ok(())
    }
}
