//! How near the bridge comes to the kernel's limit, and what slow viewers change for the others: run it through
//! `scripts/bench/fanout`, which builds what is measured.
//!
//! Each server runs alone on one core; the feeder and all viewers share another. All traffic stays on 127.0.0.1. What was
//! to be reached and was not is named at the end, and the exit code is 1.

mod clock;
mod connect;
mod crowd;
mod feeder;
mod form;
mod link;
mod load;
mod machine;
mod modes;
mod plan;
mod reader;
mod sample;
mod server;
mod slow_viewers;
mod spread;
mod tally;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use crate::machine::Cores;
use crate::modes::{capacity, churn, cost, deflate, idle, mjpeg, slow, tls, two_cores};
use crate::plan::Plan;
use crate::server::Stage;

/// Measures the bridge's fan-out beside a bare write loop and axum's own WebSocket. Without a mode: all of them.
#[derive(Parser)]
struct Arguments {
    /// Processor time, punctuality, latency and memory for 1 to 1000 viewers
    #[arg(long)]
    cost: bool,
    /// The largest number of viewers that one core serves on time
    #[arg(long)]
    capacity: bool,
    /// Slow and stuck viewers among good ones
    #[arg(long)]
    slow: bool,
    /// Viewers that offer permessage-deflate
    #[arg(long)]
    deflate: bool,
    /// Memory over many visits and a long stay
    #[arg(long)]
    churn: bool,
    /// What viewers cost while there is nothing to see
    #[arg(long)]
    idle: bool,
    /// Whether a bridge with two cores uses both
    #[arg(long)]
    two_cores: bool,
    /// MJPEG and the webcam protocol beside the WebSocket with bundles
    #[arg(long)]
    mjpeg: bool,
    /// Viewers over TLS beside as many plain ones
    #[arg(long)]
    tls: bool,
    /// A short version, for work on the bridge
    #[arg(long)]
    quick: bool,
    /// Rounds, if not as many as the plan has
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Numbers of viewers in the table of costs, if not the plan's
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    viewers: Option<Vec<usize>>,
    /// Only the load whose name begins with this, as in "20 KB"
    #[arg(long, value_name = "NAME", default_value = "")]
    load: String,
    /// Seconds for which each measurement waits, at most, until nothing else runs on this machine
    #[arg(long, value_name = "S", default_value_t = 10)]
    patience: u64,
}

type Mode = fn(&Stage, &Plan) -> anyhow::Result<Vec<verdict::Verdict>>;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut plan = if arguments.quick { Plan::quick() } else { Plan::full() };
    plan.rounds = arguments.rounds.unwrap_or(plan.rounds);
    plan.viewers = arguments.viewers.unwrap_or(plan.viewers);
    plan.loads.retain(|load| load.name.starts_with(&arguments.load));

    println!("{}", machine::describe());
    let cores = Cores::find()?;
    println!("server on core {}, feeder and viewers on core {}", cores.server, cores.clients);
    machine::pin(&[cores.clients])?;
    machine::raise_file_limit(5000)?;
    let own = std::env::current_exe()?;
    let programs = own.parent().context("a program in no folder")?.to_owned();
    let stage = Stage { programs, cores, patience: Duration::from_secs(arguments.patience) };

    let modes: [(bool, Mode); 9] = [
        (arguments.cost, cost::run),
        (arguments.capacity, capacity::run),
        (arguments.slow, slow::run),
        (arguments.deflate, deflate::run),
        (arguments.churn, churn::run),
        (arguments.idle, idle::run),
        (arguments.two_cores, two_cores::run),
        (arguments.mjpeg, mjpeg::run),
        (arguments.tls, tls::run),
    ];
    let all = !modes.iter().any(|(chosen, _)| *chosen);
    let mut verdicts = Vec::new();
    let mut chosen = modes.into_iter().filter(|(chosen, _)| all || *chosen);
    let ended = chosen.try_for_each(|(_, run)| {
        verdicts.extend(run(&stage, &plan)?);
        anyhow::Ok(())
    });
    // What was measured before something went wrong stays measured.
    let met = verdict::print(&verdicts);
    ended?;
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
