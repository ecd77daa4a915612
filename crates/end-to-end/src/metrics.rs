//! Prometheus at the bridge: what it reads, and what its own tool says of that.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Duration, Instant, sleep};

use crate::{PATIENCE, Process, http_get};

/// Where Debian's package `prometheus` puts it.
const PROMTOOL: &str = "/usr/bin/promtool";

/// All values of `/metrics` at one moment, by their name with labels.
#[derive(Clone, Debug, Default)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// As they are now.
    ///
    /// # Errors
    /// There is no such answer, or a line of it is no value.
    pub async fn of(bridge: SocketAddr) -> Result<Self> {
        let (status, body) = http_get(bridge, "/metrics").await?;
        ensure!(status == 200, "{status}: {body}");
        let value = |line: &str| {
            let (name, value) = line.rsplit_once(' ').with_context(|| line.to_owned())?;
            Ok((name.to_owned(), value.parse::<f64>().with_context(|| line.to_owned())?))
        };
        Ok(Self(body.lines().filter(|line| !line.starts_with('#')).map(value).collect::<Result<_>>()?))
    }

    /// As soon as something is true of them; `what` names it in messages.
    ///
    /// # Errors
    /// It was not in time.
    pub async fn when(bridge: SocketAddr, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<Self> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Self::of(bridge).await?;
            if is_so(&now) {
                return Ok(now);
            }
            if Instant::now() > deadline {
                bail!("not {what}: {now:#?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The sum of all values of this name whose labels hold all of these, each as `name="value"`; 0 where there is none.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        self.matching(name, labels).map(|(_, value)| value).sum()
    }

    /// Whether there is such a value.
    pub fn has(&self, name: &str, labels: &[&str]) -> bool {
        self.matching(name, labels).next().is_some()
    }

    fn matching<'a>(&'a self, name: &'a str, labels: &'a [&str]) -> impl Iterator<Item = (&'a String, &'a f64)> {
        self.0.iter().filter(move |(key, _)| {
            let (family, given) = key.split_once('{').unwrap_or((key, ""));
            family == name && labels.iter().all(|label| given.contains(label))
        })
    }

    /// Counters that are lower than they were before, or gone; a name that ends in `_total`, `_count`, `_sum` or
    /// `_bucket` is a counter's. A grabber's own end with its connection.
    pub fn went_back(&self, before: &Self) -> Vec<String> {
        let is_counter = |name: &str| {
            let family = name.split('{').next().unwrap_or_default();
            let ends = ["_total", "_count", "_sum", "_bucket"].iter().any(|end| family.ends_with(end));
            ends && !family.starts_with("cameracast_grabber_")
        };
        let lower = |(name, value): &(&String, &f64)| self.0.get(*name).is_none_or(|now| now < *value);
        let all = before.0.iter().filter(|(name, _)| is_counter(name)).filter(lower);
        all.map(|(name, value)| format!("{name} was {value}, is {:?}", self.0.get(name))).collect()
    }
}

/// Has Prometheus' own tool read the answer of `/metrics`.
///
/// # Errors
/// It finds something wrong, or is not installed.
pub async fn promtool_accepts(bridge: SocketAddr) -> Result<()> {
    let mut command = Process::client("sh");
    let pipe = format!("curl --silent --show-error --fail http://{bridge}/metrics | {PROMTOOL} check metrics");
    command.args(["-c", &pipe]);
    let ended = Process::start("promtool", &mut command)?.ended(PATIENCE).await?;
    ensure!(ended.code == 0, "promtool says: {}{}", ended.stdout, ended.stderr);
    Ok(())
}
