//! The machine: which core runs what, what a process has spent, and what else goes on.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// How long the cores have to be idle before a measurement, and what share of that time may be spent all the same.
const QUIET: Duration = Duration::from_millis(500);
const IDLE_ENOUGH: f64 = 0.1;

/// The core of the servers, and the core of everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) clients: usize,
}

impl Cores {
    /// The first two that we may use.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (Some(server), Some(clients)) = (cores.next(), cores.next()) else {
            anyhow::bail!("two cores are needed, one for the server and one for the viewers");
        };
        Ok(Self { server, clients })
    }
}

/// Binds the calling thread, and what it starts from now on, to these cores.
pub(crate) fn pin(cores: &[usize]) -> anyhow::Result<()> {
    let mut only = CpuSet::new();
    cores.iter().for_each(|core| only.set(*core));
    sched_setaffinity(None, &only).with_context(|| format!("cannot run on core {cores:?}"))
}

/// Opens as many files as we may; `needed` at least.
pub(crate) fn raise_file_limit(needed: u64) -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    ensure!(maximum.is_none_or(|maximum| maximum >= needed), "{needed} open files are needed: raise ulimit -Hn");
    Ok(())
}

/// Processor time of a process in seconds, of all its threads that still live.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    Ok(thread_seconds(pid)?.values().sum())
}

/// The same of each thread, by its id.
pub(crate) fn thread_seconds(pid: u32) -> anyhow::Result<BTreeMap<u32, f64>> {
    let mut threads = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?;
        let stat = fs::read_to_string(thread.path().join("schedstat"))?;
        let nanoseconds: u64 = stat.split(' ').next().unwrap_or_default().parse()?;
        threads.insert(thread.file_name().to_string_lossy().parse()?, nanoseconds as f64 / 1e9);
    }
    Ok(threads)
}

/// Resident memory of a process in KB (1000 bytes).
pub(crate) fn rss_kb(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("a process without memory")?;
    let kib: f64 = line.split_whitespace().nth(1).unwrap_or_default().parse()?;
    Ok(kib * 1.024)
}

/// Seconds that a core was busy, and seconds that the host took from it, since it was started.
pub(crate) fn core_seconds(core: usize) -> anyhow::Result<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{core} ");
    let line = stat.lines().find(|line| line.starts_with(&name)).context("a core without a line in /proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks[..] else {
        anyhow::bail!("/proc/stat has fewer columns than expected");
    };
    Ok(((user + nice + system + irq + softirq) / 100.0, steal / 100.0)) // USER_HZ is 100 on every Linux
}

/// Waits until both cores have been idle for a while, `patience` at most; tells whether they have.
pub(crate) fn wait_for_quiet(cores: Cores, patience: Duration) -> anyhow::Result<bool> {
    let busy = || -> anyhow::Result<f64> {
        let ((server, stolen), (clients, _)) = (core_seconds(cores.server)?, core_seconds(cores.clients)?);
        Ok(server + stolen + clients)
    };
    let begin = Instant::now();
    while begin.elapsed() < patience {
        let before = busy()?;
        thread::sleep(QUIET);
        if busy()? - before <= QUIET.as_secs_f64() * IDLE_ENOUGH {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One line that says where the figures come from.
pub(crate) fn describe() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (kernel, load) = (read("/proc/sys/kernel/osrelease"), read("/proc/loadavg"));
    let load = load.split(' ').next().unwrap_or("?");
    format!("machine: {cores} cores of {model}, Linux {}, load {load} before the run", kernel.trim())
}
