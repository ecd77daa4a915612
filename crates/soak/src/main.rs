//! Breaks the real processes on purpose, and looks whether anybody sees it who should not: run it through `scripts/soak`,
//! which builds what is broken.
//!
//! - [`stage`] has the processes and cameras, [`faults`] what is done to them, one after the other, by a seed;
//! - [`viewers`] watch all the time and tell the [`board`] what they see; [`order`] and [`pictures`] say whether it is right;
//! - [`gauges`] watches memory, descriptors and threads; [`hiccups`] the machine, whose own pauses are nobody's fault.
//!
//! The exit code is 0 where nothing was violated: every bundle is whole, every JPEG decodes and is the same for everybody,
//! numbers and capture times only grow, nobody sees an old picture, nobody pauses who was not hurt, whoever was hurt is
//! back within the time that is stated, and what lives all the time holds no more at the end than before.

mod board;
mod deck;
mod faults;
mod gauges;
mod hiccups;
mod order;
mod pictures;
mod program;
mod stage;
mod table;
mod throttle;
mod viewers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use fastrand::Rng;
use tokio::task::JoinSet;

use crate::board::{Board, Hurt, Moment, Site};
use crate::deck::Deck;
use crate::faults::{Class, Fault, World};
use crate::gauges::{Gauge, Gauges};
use crate::pictures::Pictures;
use crate::stage::{QUIET, Stage};
use crate::table::Table;
use crate::viewers::{Audience, is_ready};

/// Viewers of everything, at either bridge.
const CROWD: (usize, usize) = (24, 12);
/// Faults of clients and packets for each other one.
const SMALL_ONES: usize = 3;
/// The share of the time that the machine may pause.
const TOO_BUSY: f64 = 0.05;
/// README: either process ends within 2 s.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// Breaks cameras, processes, packets and clients while others watch, and looks whether they see it.
#[derive(Parser)]
struct Arguments {
    /// How long faults go on
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    minutes: f64,
    /// The order of faults, and all that is random in them; printed at the beginning
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only faults whose words hold one of these, as in "bridge killed"
    #[arg(long, value_name = "WORDS")]
    only: Vec<String>,
    /// The folder for what the processes say, emptied at the beginning
    #[arg(long, value_name = "FOLDER", default_value = "target/soak")]
    logs: PathBuf,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Arguments { minutes, seed, only, logs } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("seed {seed}, {minutes} minutes, logs in {}", logs.display());
    if logs.exists() {
        std::fs::remove_dir_all(&logs)?;
    }
    std::fs::create_dir_all(&logs)?;

    let board = Arc::new(Board::default());
    let stage = Stage::begin(&logs).await?;
    let mut watching = JoinSet::new();
    watching.spawn(hiccups::watch(board.clone()));
    // Not all is there yet.
    let begins = board.excuse(stage.everything(), Hurt::CutsOff);
    let decoding = watch(&stage, &board, &mut watching);
    let mut world = World { stage, board: board.clone(), rng: Rng::with_seed(seed), background: JoinSet::new() };
    board.until_seen(&[world.stage.everything()], Moment::now(), Duration::ZERO).await.context("at the beginning")?;
    drop(begins);
    let gauges = Gauges::start(vec![
        Gauge::of("steady bridge", world.stage.steady_bridge.program.pid()?),
        Gauge::of("steady grabber", world.stage.steady_grabber.program.pid()?),
    ]);

    let (mut table, begin) = (Table::default(), Instant::now());
    let is_chosen = |fault: &Fault| only.is_empty() || only.iter().any(|words| fault.words().contains(words));
    let ended = tokio::select! {
        ended = run(&mut world, &mut table, Duration::from_secs_f64(60.0 * minutes), is_chosen) => ended,
        // What was started ends, and what was seen until then is told.
        asked = tokio::signal::ctrl_c() => asked.map_err(Into::into).and_then(|()| bail!("Ctrl-C")),
    };
    let (gauges, lost) = gauges.stop().await?;
    if let Some(error) = lost {
        board.violation(format!("a process cannot be measured any more: {error:#}"));
    }
    gauges.iter().try_for_each(|gauge| gauge.write(&logs))?;
    if let Err(error) = &ended {
        board.violation(format!("the run broke off: {error:#}"));
    }
    watching.shutdown().await;
    // All that was seen is looked at.
    if decoding.join().is_err() {
        board.violation("the decoder has panicked".to_owned());
    }
    for program in [&mut world.stage.steady_bridge.program, &mut world.stage.steady_grabber.program] {
        if let Err(error) = program.end(ENDS_WITHIN).await {
            board.violation(format!("at the end: {error:#}"));
        }
    }
    world.stage.panics().into_iter().for_each(|panic| board.violation(panic));
    Ok(report(&board, &table, &gauges, begin.elapsed(), seed))
}

/// Lets everybody watch; gives the thread that looks at all pictures, which ends after they do.
fn watch(stage: &Stage, board: &Arc<Board>, watching: &mut JoinSet<()>) -> thread::JoinHandle<()> {
    let (pictures, decoding) = Pictures::new(board.clone());
    let sites = [
        (Site::Steady, &stage.steady_bridge, QUIET, CROWD.0),
        (Site::Restless, &stage.restless_bridge, stage::PATTERN, CROWD.1),
    ];
    for (site, bridge, favourite, crowd) in sites {
        let (address, cameras) = (bridge.address, bridge.cameras.clone());
        let (board, pictures) = (board.clone(), pictures.clone());
        Audience { site, address, cameras, favourite, crowd, board, pictures }.watch(watching);
    }
    decoding
}

/// One fault after the other, until the time is over.
async fn run(world: &mut World, table: &mut Table, time: Duration, is_chosen: impl Fn(&Fault) -> bool) -> Result<()> {
    let small = |fault: &Fault| matches!(fault.class(), Class::Packet | Class::Client);
    let chosen = || Fault::ALL.iter().copied().filter(&is_chosen);
    let (mut large_ones, mut small_ones) = (Deck::of(chosen().filter(|f| !small(f))), Deck::of(chosen().filter(small)));
    let begin = Instant::now();
    while begin.elapsed() < time {
        let mut next: Vec<Fault> = large_ones.draw(&mut world.rng).into_iter().collect();
        next.extend((0..SMALL_ONES).filter_map(|_| small_ones.draw(&mut world.rng)));
        ensure!(!next.is_empty(), "no fault has such words; there are: {}", words());
        for fault in next {
            let at = begin.elapsed().as_secs();
            let met = world.meet(fault).await;
            match &met {
                Ok(recovery) => println!("{:3}:{:02} {}: {:.2?}", at / 60, at % 60, fault.words(), recovery.took),
                Err(error) => world.board.violation(format!("{}: {error:#}", fault.words())),
            }
            table.note(fault, met.ok());
            world.stage.everybody_lives()?;
            while let Some(ended) = world.background.try_join_next() {
                note_background(world, ended?);
            }
        }
    }
    while let Some(ended) = world.background.join_next().await {
        note_background(world, ended?);
    }
    world.board.until_seen(&[world.stage.everything()], Moment::now(), Duration::ZERO).await?;
    for site in [Site::Steady, Site::Restless] {
        is_ready(world.stage.bridge(site).address).await?;
    }
    Ok(())
}

/// The words of every kind.
fn words() -> String {
    Fault::ALL.iter().map(|fault| fault.words()).collect::<Vec<_>>().join("; ")
}

fn note_background(world: &World, (fault, ended): (Fault, Result<()>)) {
    if let Err(error) = ended {
        world.board.violation(format!("{}: {error:#}", fault.words()));
    }
}

fn report(board: &Board, table: &Table, gauges: &[Gauge], time: Duration, seed: u64) -> ExitCode {
    println!("\n{table}");
    println!("{}", Gauge::head());
    for gauge in gauges {
        let (line, grown) = gauge.judge();
        println!("{line}");
        grown.into_iter().for_each(|grown| board.violation(grown));
    }
    let totals = board.totals();
    println!(
        "\n{} messages, {} frames, {:.1} GB over {} connections; {} pictures decoded\n\
         of those who were not hurt the longest pause {:.0?}, the oldest picture {:.0?}\n\
         the machine itself paused for {:.0?} at most, for {:.1?} together",
        totals.messages,
        totals.frames,
        totals.bytes as f64 / 1e9,
        totals.connections,
        totals.decoded,
        totals.longest_pause,
        totals.oldest,
        totals.longest_hiccup,
        totals.hiccups,
    );
    if totals.hiccups > time.mul_f64(TOO_BUSY) {
        board.violation(format!("the machine paused for {:.0?}: too busy to judge anybody by", totals.hiccups));
    }
    let (violated, violations) = board.violations();
    violations.iter().for_each(|violation| println!("violated: {violation}"));
    let (large, small) =
        (table.count(&[Class::Process, Class::Camera, Class::Machine]), table.count(&[Class::Packet, Class::Client]));
    let kinds = table.kinds();
    println!(
        "{large} faults of processes, cameras and machine, {small} of packets and clients, {kinds} kinds: {violated} \
         violations (seed {seed})"
    );
    ExitCode::from(u8::from(violated > 0))
}
