//! What the system says of this process, by the names that every Prometheus client library gives it. What it does not
//! say is left out.

use std::fs;
use std::time::Duration;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::text::{Kind, Text};

pub(super) fn write(text: &mut Text) {
    let cpu = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok().map(|cpu| cpu.as_secs_f64());
    put(text, "process_cpu_seconds_total", Kind::Counter, "Processor time, of all threads.", cpu);
    let name = "process_start_time_seconds";
    put(text, name, Kind::Gauge, "When the process began, in Unix time.", start_time());
    let help = "Memory that is held in RAM.";
    put(text, "process_resident_memory_bytes", Kind::Gauge, help, resident_memory());
    put(text, "process_open_fds", Kind::Gauge, "Files that are open.", open_files());
    let most = getrlimit(Resource::Nofile).current.map(|most| most as f64);
    put(text, "process_max_fds", Kind::Gauge, "Files that may be open at a time.", most);
}

fn put(text: &mut Text, name: &'static str, kind: Kind, help: &str, value: Option<f64>) {
    if let Some(value) = value {
        text.family(name, kind, help).add(&[], value);
    }
}

/// Ticks after the start of the system, see proc_pid_stat(5) and proc_stat(5).
fn start_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold spaces; the 22nd field is the 20th behind it.
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let system = fs::read_to_string("/proc/stat").ok()?;
    let booted: f64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + ticks / clock_ticks_per_second() as f64)
}

/// In pages, see proc_pid_statm(5).
fn resident_memory() -> Option<f64> {
    let memory = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = memory.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size() as f64)
}

/// One of them is the folder that is read here.
fn open_files() -> Option<f64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn the_process_began_a_while_ago_and_holds_memory_and_files() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let age = now - start_time().unwrap();
        assert!((-2.0..3600.0).contains(&age), "{age} s");
        assert!(resident_memory().unwrap() > 1e6);
        let before = open_files().unwrap();
        let _more = [fs::File::open("/proc/self/stat").unwrap(), fs::File::open("/proc/self/stat").unwrap()];
        assert!(open_files().unwrap() >= 3.0 && before >= 3.0);
    }
}
