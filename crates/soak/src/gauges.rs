//! Memory, descriptors and threads of the processes that live from the beginning to the end.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::Pid;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What a process holds at a moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    hours: f64,
    rss_kb: f64,
    descriptors: f64,
    threads: f64,
}

type Column = fn(&Sample) -> f64;

/// What a process held over time.
#[derive(Debug)]
pub(crate) struct Gauge {
    name: &'static str,
    pid: Pid,
    begin: Instant,
    samples: Vec<Sample>,
}

/// How much more there may be at the end: what is held for a client that is about to go, and what an allocator keeps.
const RSS_KB: f64 = 3000.0;
const MEMORY: &str = "KB of memory";
/// Hours: of a shorter run, memory is told and not judged. An allocator keeps what was needed at the worst moment, of
/// which there are some in the first minutes.
const LONG_ENOUGH: f64 = 0.25;
const DESCRIPTORS: f64 = 4.0;
const THREADS: f64 = 2.0;

impl Gauge {
    pub(crate) fn of(name: &'static str, pid: Pid) -> Self {
        Self { name, pid, begin: Instant::now(), samples: Vec::new() }
    }

    pub(crate) fn sample(&mut self) -> Result<()> {
        let process = format!("/proc/{}", self.pid.as_raw_nonzero());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).context("no such field")
        };
        let hours = self.begin.elapsed().as_secs_f64() / 3600.0;
        let rss_kb = field("VmRSS:")? * 1.024;
        let descriptors = fs::read_dir(format!("{process}/fd"))?.count() as f64;
        self.samples.push(Sample { hours, rss_kb, descriptors, threads: field("Threads:")? });
        Ok(())
    }

    /// A line of the table; and what has grown.
    pub(crate) fn judge(&self) -> (String, Vec<String>) {
        let columns: [(&str, f64, Column); 3] = [
            (MEMORY, RSS_KB, |sample| sample.rss_kb),
            ("descriptors", DESCRIPTORS, |sample| sample.descriptors),
            ("threads", THREADS, |sample| sample.threads),
        ];
        let mut line = format!("{:<16}", self.name);
        let mut grown = Vec::new();
        for (what, most, value) in columns {
            let values: Vec<(f64, f64)> = self.samples.iter().map(|sample| (sample.hours, value(sample))).collect();
            let (first, last) = levels(&values);
            line += &format!("  {first:8.0} → {last:8.0} ({:+8.1}/h)", slope(&values));
            let is_judged = what != MEMORY || values.last().is_some_and(|(hours, _)| *hours > LONG_ENOUGH);
            if is_judged && last > first + most {
                grown.push(format!("{}: {first:.0} {what} became {last:.0}", self.name));
            }
        }
        (line, grown)
    }

    /// Every sample, for who wants to draw them.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut lines = "hours,rss_kb,descriptors,threads\n".to_owned();
        for Sample { hours, rss_kb, descriptors, threads } in &self.samples {
            lines += &format!("{hours:.5},{rss_kb:.0},{descriptors},{threads}\n");
        }
        Ok(fs::write(folder.join(format!("{}.csv", self.name.replace(' ', "-"))), lines)?)
    }

    /// Names of the columns.
    pub(crate) fn head() -> String {
        format!("{:<16}  {:<31}  {:<31}  {}", "process", "RSS KB (slope)", "descriptors", "threads")
    }
}

/// How often to sample.
const EVERY: Duration = Duration::from_secs(1);

/// Samples until it is stopped.
pub(crate) struct Gauges {
    stop: oneshot::Sender<()>,
    sampling: JoinHandle<(Vec<Gauge>, Option<anyhow::Error>)>,
}

impl Gauges {
    pub(crate) fn start(mut gauges: Vec<Gauge>) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let sampling = tokio::spawn(async move {
            loop {
                if let Err(error) = gauges.iter_mut().try_for_each(Gauge::sample) {
                    return (gauges, Some(error));
                }
                if tokio::time::timeout(EVERY, &mut stopped).await.is_ok() {
                    return (gauges, None);
                }
            }
        });
        Self { stop, sampling }
    }

    /// Gives also why it ended before, where it did.
    pub(crate) async fn stop(self) -> Result<(Vec<Gauge>, Option<anyhow::Error>)> {
        let _ = self.stop.send(()); // it may have ended
        Ok(self.sampling.await?)
    }
}

/// By then everything has been met once: an allocator keeps what was needed at the worst moment.
const WARM_HOURS: f64 = 5.0 / 60.0;

/// So many values are of the beginning; of a short run half of them.
fn cold(values: &[(f64, f64)]) -> usize {
    values.partition_point(|(hours, _)| *hours < WARM_HOURS).min(values.len() / 2)
}

/// The median of a tenth of all values as soon as the process is warm, and that of the last tenth.
fn levels(values: &[(f64, f64)]) -> (f64, f64) {
    let tenth = (values.len() / 10).max(1);
    let part = |from: usize| {
        let mut part: Vec<f64> = values.iter().skip(from).take(tenth).map(|(_, value)| *value).collect();
        part.sort_by(f64::total_cmp);
        part.get(part.len() / 2).copied().unwrap_or(f64::NAN)
    };
    (part(cold(values)), part(values.len().saturating_sub(tenth)))
}

/// By least squares, of a warm process.
fn slope(values: &[(f64, f64)]) -> f64 {
    let rest = values.get(cold(values)..).unwrap_or_default();
    let n = rest.len() as f64;
    let (mean_x, mean_y) = (rest.iter().map(|(x, _)| x).sum::<f64>() / n, rest.iter().map(|(_, y)| y).sum::<f64>() / n);
    let covariance: f64 = rest.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = rest.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value a minute.
    fn an_hour(value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..60).map(|minute| f64::from(minute) / 60.0).map(|hours| (hours, value(hours))).collect()
    }

    #[test]
    fn a_slope_is_that_of_the_line_through_the_values_of_a_warm_process() {
        let values = an_hour(|hours| if hours < WARM_HOURS { 500.0 } else { 3.0 * hours });
        assert!((slope(&values) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn levels_are_those_of_a_process_that_is_warm_and_of_the_end() {
        let values = an_hour(|hours| (60.0 * hours).round());
        assert_eq!(levels(&values), (8.0, 57.0));
        let (short, _) = values.split_at(4);
        assert_eq!(levels(short), (2.0, 3.0));
    }
}
