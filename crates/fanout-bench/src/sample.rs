//! One measurement: a fresh server, so many viewers, a stretch of time.

use std::time::Duration;

use crate::clock::{now_us, us};
use crate::connect::Greeting;
use crate::crowd::Crowd;
use crate::feeder::Feeder;
use crate::load::Load;
use crate::machine;
use crate::server::{Kind, Server, Stage};
use crate::tally::{Window, percentile_ms};

/// How long bundles that were due at the very end may take and still be seen.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) greeting: Greeting,
    pub(crate) load: Load,
    pub(crate) viewers: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The server's processor time for each GB (10⁹ bytes) that arrived.
    pub(crate) cpu_s_per_gb: f64,
    /// Share of the bundles that arrived at all.
    pub(crate) delivered: f64,
    /// Share of the bundles that arrived within a period of their due time.
    pub(crate) on_time: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Resident memory of the server.
    pub(crate) rss_kb: f64,
    /// Share of the time in which the server's core worked for the server.
    pub(crate) core_used: f64,
    /// Share of the time in which it did anything else, or was taken away by the host.
    pub(crate) core_lost: f64,
}

/// Measures one case.
pub(crate) fn sample(stage: &Stage, case: Case) -> anyhow::Result<Sample> {
    machine::wait_for_quiet(stage.cores, stage.patience)?;
    let server = Server::start(stage, case.kind, case.viewers)?;
    let mut crowd = Crowd::connect(server.address, case.greeting, case.viewers, case.load.bundle()?)?;
    let _feeder = Feeder::start(&server.socket(), case.load)?;
    measure(stage, &server, &mut crowd, case)
}

/// Measures viewers that are connected to a server that is fed.
pub(crate) fn measure(stage: &Stage, server: &Server, crowd: &mut Crowd, case: Case) -> anyhow::Result<Sample> {
    let period_us = us(case.load.period());
    let bundles = us(case.measured) / period_us;
    let begin_us = now_us() + us(case.warm_up);
    let end_us = begin_us + bundles * period_us;
    crowd.begin(Window { begin_us, end_us, period_us });

    crowd.read_until(begin_us)?;
    let (spent, came, (busy, stolen), began) =
        (machine::cpu_seconds(server.pid())?, crowd.tally.bytes, machine::core_seconds(stage.cores.server)?, now_us());
    crowd.read_until(end_us)?;
    let spent = machine::cpu_seconds(server.pid())? - spent;
    let came = crowd.tally.bytes - came;
    let (busy, stolen) = {
        let (busy_now, stolen_now) = machine::core_seconds(stage.cores.server)?;
        (busy_now - busy, stolen_now - stolen)
    };
    let lasted = (now_us() - began) as f64 / 1e6;
    let rss_kb = machine::rss_kb(server.pid())?;
    crowd.read_until(end_us + us(AFTERWARDS))?;

    let expected = (crowd.len() as u64 * bundles) as f64;
    let tally = &mut crowd.tally;
    Ok(Sample {
        cpu_s_per_gb: spent / (came as f64 / 1e9),
        delivered: tally.latencies.len() as f64 / expected,
        on_time: tally.on_time as f64 / expected,
        p50_ms: percentile_ms(&mut tally.latencies, 0.5),
        p99_ms: percentile_ms(&mut tally.latencies, 0.99),
        rss_kb,
        core_used: spent / lasted,
        core_lost: (busy + stolen - spent) / lasted,
    })
}
