//! A machine that has run out of something.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{Process, WsClient};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{BACK, CONTROLLED_AGAIN, Recovery, World};
use crate::board::{Camera, Hurt, Site};
use crate::program::quiet;
use crate::stage::QUIET;

/// Connections for which there are no descriptors.
const KNOCKING: usize = 30;
/// Programs that do nothing but take processor time: six for each of two cores.
const HUNGRY: usize = 12;
/// Of a core, for a bridge that cannot accept anybody; what it does for those who watch is a tenth of that.
const SPINNING: f64 = 0.6;

impl World {
    pub(super) async fn no_descriptors(&mut self, site: Site) -> Result<Recovery> {
        let (pid, address) = (self.stage.bridge(site).program.pid()?, self.stage.bridge(site).address);
        let open = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero()))?.count() as u64;
        let before =
            prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(open + 2), maximum: limit(pid)?.maximum })?;
        let share = self.share_while_many_knock(pid, address).await;
        prlimit(Some(pid), Resource::Nofile, before)?;
        let share = share?;
        ensure!(share < SPINNING, "a bridge without descriptors took {share:.2} of a core");
        // Somebody new is welcome.
        let welcome = async { WsClient::connect(address).await?.next_bundle(BACK).await };
        timeout(BACK, welcome).await.context("nobody is accepted after there are descriptors again")??;
        self.nobody_noticed().await
    }

    /// The share of a core that a bridge takes which cannot accept those who come.
    async fn share_while_many_knock(&mut self, pid: Pid, address: SocketAddr) -> Result<f64> {
        let mut knocking = Vec::new();
        for _ in 0..KNOCKING {
            // Accepted or not: the kernel keeps them waiting.
            knocking.push(timeout(BACK, TcpStream::connect(address)).await.context("the kernel takes no connection")??);
        }
        let (begin, spent) = (Instant::now(), cpu_seconds(pid)?);
        self.a_while(500..1500).await;
        Ok((cpu_seconds(pid)? - spent) / begin.elapsed().as_secs_f64())
    }

    pub(super) async fn starved(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let everybody = self.stage.everything();
        // What is judged meanwhile is that all that comes is whole, and in its order.
        let _excused = board.excuse(everybody.clone(), Hurt::Pauses);
        let mut hungry = Vec::new();
        for _ in 0..HUNGRY {
            hungry.push(quiet(Process::command("sh").args(["-c", "while :; do :; done"]))?);
        }
        self.a_while(1000..3000).await;
        for mut program in hungry {
            program.kill()?;
            program.wait()?;
        }
        let mut expected = self.grabbers_cameras(Site::Steady, CONTROLLED_AGAIN);
        expected.extend(self.grabbers_cameras(Site::Restless, CONTROLLED_AGAIN));
        expected.push((vec![Camera { site: Site::Steady, id: QUIET }], BACK));
        self.recovers(expected).await
    }
}

fn limit(pid: Pid) -> Result<Rlimit> {
    let limits = fs::read_to_string(format!("/proc/{}/limits", pid.as_raw_nonzero()))?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).context("no limit of open files")?;
    let mut words = line.split_whitespace().skip(3).map(|word| word.parse().ok());
    Ok(Rlimit { current: words.next().flatten(), maximum: words.next().flatten() })
}

/// Processor time that a process has taken.
fn cpu_seconds(pid: Pid) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(10 * ticks).as_secs_f64()) // USER_HZ is 100 on every Linux
}
