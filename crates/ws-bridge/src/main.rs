//! `ws-bridge`: receives FrameBundles over the Unix socket and hands each to everyone who watches.

mod healthy;
mod heap;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use cameracast_config::Config;
use cameracast_service::log::{self, Filter, Format, Log};
use cameracast_service::{Hangups, Meaning, ServiceManager};
use clap::{Args, Parser};
use tokio::signal::unix::{Signal, SignalKind, signal};
use ws_bridge::{Bridge, CannotStart, Listening, Options};

/// The configuration cannot be used, or was used wrongly; clap exits with the same.
const USAGE: u8 = 2;

/// Receives FrameBundles over the Unix socket and hands each to everyone who watches.
///
/// A flag overrides its environment variable, which overrides the file.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    given: Given,
    /// What to log: error, warn, info, debug, trace, or a filter as of tracing
    #[arg(long, env = "CAMERACAST_LOG", value_name = "FILTER", default_value = "info", value_parser = log::filter)]
    log: Filter,
    /// How the log is written
    #[arg(long, env = "CAMERACAST_LOG_FORMAT", value_enum, default_value_t, value_name = "FORMAT")]
    log_format: Format,
    /// Ask the bridge that runs with these options whether it lives, and end with 0 if it does, with 1 if not
    #[arg(long)]
    healthy: bool,
}

/// Where the options come from, now and at each reload.
#[derive(Clone, Debug, Args)]
struct Given {
    /// The configuration; /etc/cameracast/cameracast.toml where it exists if left out
    #[arg(long, env = "CAMERACAST_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port for viewers [default: 0.0.0.0:8765]
    #[arg(long, env = "CAMERACAST_LISTEN", value_name = "ADDR", value_parser = parse_listen)]
    listen: Option<SocketAddr>,
    /// The Unix socket for grabbers [default: /tmp/cam_stream.sock]
    #[arg(long, env = "CAMERACAST_SOCKET", value_name = "PATH")]
    socket: Option<PathBuf>,
}

impl Given {
    fn options(&self) -> anyhow::Result<Options> {
        let mut options = Options::try_from(&Config::find(self.config.as_deref())?)?;
        options.listen = self.listen.unwrap_or(options.listen);
        if let Some(socket) = &self.socket {
            options.socket.clone_from(socket);
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = match arguments.given.options() {
        Ok(options) => options,
        Err(error) => return complain(error, USAGE),
    };
    if arguments.healthy {
        return match healthy::ask(options.listen, options.tls.is_some()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(format_args!("not healthy: {error}"), 1),
        };
    }

    if let Err(error) = heap::keep_small() {
        return complain(format_args!("no thread can be started: {error}"), 1);
    }
    let log = match Log::start(arguments.log, arguments.log_format) {
        Ok(log) => log,
        Err(error) => return complain(error, 1),
    };
    match run(options, arguments.given, arguments.log_format) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.end_with(format_args!("ws-bridge: {error:#}"));
            let is_configured_wrongly = matches!(error.downcast_ref(), Some(CannotStart::Certificate(_)));
            ExitCode::from(if is_configured_wrongly { USAGE } else { 1 })
        }
    }
}

fn run(options: Options, given: Given, format: Format) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
    let served = runtime.block_on(serve(options, given, format));
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

async fn serve(options: Options, given: Given, format: Format) -> anyhow::Result<()> {
    let socket = options.socket.clone();
    let signals = Signals::listen().context("cannot listen for signals")?;
    let public_url = options.public_url.clone();
    let listening = Listening::open(options).await?;
    let scheme = if listening.certificate().is_some() { "https" } else { "http" };
    tell_where(format, scheme, listening.address(), public_url.as_deref(), &socket);
    let manager = ServiceManager::find();
    let (bridge, round_trip) = (listening.bridge().clone(), listening.round_trip());
    bridge.reload_from(move || given.options().map_err(|error| format!("{error:#}")));
    manager.ready(&bridge.in_one_line());
    let stop = async {
        tokio::select! {
            () = signals.until_stop(&bridge) => {}
            () = manager.accompany(async || round_trip.once().await, || bridge.in_one_line()) => {}
        }
        manager.stopping();
    };
    listening.serve(stop).await;
    tracing::info!("ended as asked");
    Ok(())
}

/// What a process is told from outside.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangups: Hangups,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangups: Hangups::listen()? })
    }

    /// Ready at SIGTERM, at SIGINT, or when the terminal is gone; any other SIGHUP reloads.
    async fn until_stop(mut self, bridge: &Bridge) {
        let until_terminal_is_gone = async {
            while self.hangups.next().await == Meaning::Reload {
                let _ = bridge.reload().await; // the log says what became of it
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = until_terminal_is_gone => {}
        }
    }
}

/// One line for whoever started us; an event where programs read the log.
fn tell_where(format: Format, scheme: &str, address: SocketAddr, public_url: Option<&str>, socket: &Path) {
    let at = |ip: IpAddr| format!("{scheme}://{}/", SocketAddr::new(ip, address.port()));
    let page = match (address.ip(), our_address()) {
        (ip, Some(ours)) if ip.is_unspecified() => {
            format!("{}, from other machines at {}", at(Ipv4Addr::LOCALHOST.into()), at(ours))
        }
        (ip, None) if ip.is_unspecified() => at(Ipv4Addr::LOCALHOST.into()),
        (ip, _) => at(ip),
    };
    let elsewhere = public_url.map(|url| format!(", for people at {url}")).unwrap_or_default();
    let sentence = format!("pictures at {page}{elsewhere}; grabbers connect to {}", socket.display());
    match format {
        Format::Text => drop(writeln!(std::io::stdout(), "ws-bridge: {sentence}")), // nobody has to listen
        Format::Json => tracing::info!("{sentence}"),
    }
}

/// The address from which this machine would reach others; nothing is sent to find it out.
fn our_address() -> Option<IpAddr> {
    let anywhere = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    anywhere.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?; // TEST-NET-1, RFC 5737
    anywhere.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

fn parse_listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "an IP address and a port are needed, as in 0.0.0.0:8765 or [::1]:8765")
}

fn complain(sentence: impl std::fmt::Display, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "ws-bridge: {sentence}"); // nobody has to listen
    ExitCode::from(code)
}
