//! `cam-grabber run`: from the configuration to a clean end.

use std::time::Duration;

use anyhow::Context;
use cam_grabber::cameras::Cameras;
use cam_grabber::control::Control;
use cam_grabber::live::{self, Screen, View};
use cam_grabber::reload::Reload;
use cam_grabber::report::Reporter;
use cam_grabber::uplink::{Options, Uplink};
use cam_grabber::{found, pipeline};
use cameracast_config::{Camera, Config, Source};
use cameracast_service::log::{Format, Log};
use cameracast_service::{Hangups, Meaning, Movement, Pulse, ServiceManager};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::{DONE, FAILED, USAGE};
use crate::RunArgs;

/// How long cameras may take to stop: less than the 2 s within which the process has to end.
const PATIENCE: Duration = Duration::from_millis(1500);

pub(crate) fn run(args: &RunArgs, format: Format, screen: Option<&Screen>, log: &Log) -> u8 {
    let (error, code) = match configuration(args) {
        Ok(config) => match start(&config, args, View { log: format, screen }) {
            Ok(()) => return DONE,
            Err(error) => (error, FAILED),
        },
        Err(error) => (error, USAGE),
    };
    log.end_with(format_args!("cam-grabber: {error:#}"));
    code
}

fn configuration(args: &RunArgs) -> anyhow::Result<Config> {
    let mut config = Config::find(args.config.as_deref())?;
    if let Some(socket) = &args.socket {
        config.socket.clone_from(socket);
    }
    if args.demo {
        config.cameras = demo();
    }
    Ok(config)
}

/// Three test patterns.
fn demo() -> Vec<Camera> {
    let pattern = |id: u8| Camera { name: format!("Test pattern {}", id + 1), ..Camera::new(id, Source::Pattern) };
    (0..3).map(pattern).collect()
}

fn start(config: &Config, args: &RunArgs, view: View<'_>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("no threads for the runtime")?;
    let ended = runtime.block_on(stream(config, args, view));
    // What is stuck in an SDK ends with the process.
    runtime.shutdown_background();
    ended
}

async fn stream(config: &Config, args: &RunArgs, view: View<'_>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be caught")?;
    let hangups = Hangups::listen().context("SIGHUP cannot be caught")?;
    for warning in config.warnings() {
        warn!("{warning}");
    }

    if config.cameras.is_empty() && args.only_configured {
        info!("no [[camera]] is configured, so none is grabbed; `cam-grabber list` shows those that are there");
    }

    let cameras = Cameras::start(&config.cameras, &config.stream);
    let session = fastrand::u64(..);
    let reporter = Reporter::new(cameras.clone(), session, args.demo);
    let again = args.clone();
    let read = move || configuration(&again).map_err(|error| format!("{error:#}"));
    let reload = Reload::new(cameras.clone(), config.clone(), read);
    let control = Control::new(cameras.clone()).with_reload(reload.clone());
    let options = Options {
        socket: config.socket.clone(),
        allowed_uids: config.allowed_uids.clone(),
        max_bundle_size: config.bridge.max_bundle_mib << 20,
        session,
    };
    let uplink = Uplink::start(options, reporter, control);
    // No camera's own thread is among them: one that is stuck in its SDK is lost alone.
    let pulse = Pulse::default();
    let mut movement = Movement::of([pulse.clone(), uplink.pulse()]);
    let manager = ServiceManager::find();
    manager.ready(&cameras.in_one_line());

    tokio::select! {
        ended = pipeline::run(config, cameras.clone(), uplink, &pulse) => ended.context("the pipeline ended")?,
        () = found::add_unless_named(reload.named(), &cameras, args.all), if !args.only_configured => {}
        () = live::show(&cameras, view) => {}
        () = until_hung_up(hangups, &reload) => info!("the terminal is gone: ending"),
        () = manager.accompany(async || movement.of_all().await, || cameras.in_one_line()) => {}
        _ = terminate.recv() => info!("SIGTERM: ending"),
        _ = interrupt.recv() => info!("SIGINT: ending"),
    }
    manager.stopping();
    tokio::task::block_in_place(|| cameras.stop(PATIENCE));
    Ok(())
}

/// Reloads at each SIGHUP, until one means that the terminal is gone.
async fn until_hung_up(mut hangups: Hangups, reload: &Reload) {
    while hangups.next().await == Meaning::Reload {
        let _ = reload.now().await; // the log says what became of it
    }
}
