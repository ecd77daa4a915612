//! `cam-grabber`: see `--help`, and `pipeline.rs` for the way of a frame.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use cam_grabber::live::Screen;
use cameracast_service::log::{self, Filter, Format, Log};
use clap::{Args, Parser, Subcommand};

/// Grabs cameras at their full rate and sends what is streamed to ws-bridge.
#[derive(Debug, Parser)]
#[command(name = "cam-grabber", version, args_conflicts_with_subcommands = false)]
struct Cli {
    #[command(flatten)]
    run: RunArgs,
    /// Filter of the log: error, warn, info, debug, trace, or by module as in `info,cam_grabber=debug`
    #[arg(long, env = "CAMERACAST_LOG", default_value = "info", value_name = "FILTER", global = true, value_parser = log::filter)]
    log: Filter,
    /// How the log is written
    #[arg(long, env = "CAMERACAST_LOG_FORMAT", value_enum, default_value_t, value_name = "FORMAT", global = true)]
    log_format: Format,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Grab and send (what happens without a command, too)
    Run,
    /// Show every camera found, and what to put under `device`
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Read a configuration and say all that is wrong with it, each with its line
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Clone, Debug, Args)]
struct RunArgs {
    /// Configuration; /etc/cameracast/cameracast.toml where it exists and nothing is given
    #[arg(long, env = "CAMERACAST_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The bridge's Unix socket [default: /tmp/cam_stream.sock]
    #[arg(long, env = "CAMERACAST_SOCKET", value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    /// Three test patterns, no cameras
    #[arg(long, global = true)]
    demo: bool,
    /// Where no camera is configured: take GigE Vision cameras, too, from whoever uses them
    #[arg(long, global = true)]
    all: bool,
    /// Take no camera that is not configured, not even where none is
    #[arg(long, global = true, conflicts_with_all = ["all", "demo"])]
    only_configured: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runs = matches!(cli.command, None | Some(Command::Run));
    // What is drawn for a person would stand between the objects.
    let screen = if runs && cli.log_format == Format::Text { Screen::find() } else { None };
    let log = match start_log(cli.log, cli.log_format, screen.as_ref()) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("cam-grabber: {error}");
            return ExitCode::from(commands::FAILED);
        }
    };
    let code = match cli.command {
        None | Some(Command::Run) => commands::run(&cli.run, cli.log_format, screen.as_ref(), &log),
        Some(Command::List { json }) => commands::list(json),
        Some(Command::Check { file }) => commands::check(&file),
    };
    ExitCode::from(code)
}

fn start_log(filter: Filter, format: Format, screen: Option<&Screen>) -> Result<Log, String> {
    match screen {
        Some(screen) => Log::start_on(screen.queue(), filter, format, true),
        None => Log::start(filter, format),
    }
}
