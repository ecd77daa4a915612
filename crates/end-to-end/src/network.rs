//! A network of a test's own: what listens, searches or broadcasts in it meets nobody else, and nobody meets it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{PATIENCE, Process};

/// A network with a loopback interface and nothing else. It is gone when the last process in it has ended.
pub struct Network {
    /// A process that does nothing but stay in it.
    resident: Process,
}

impl Network {
    /// A new one.
    ///
    /// # Errors
    /// This user may not make networks: that needs root.
    pub async fn new() -> Result<Self> {
        let mut command = Process::command("unshare");
        command.args(["--net", "--", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"]);
        let resident = Process::start("a network", &mut command)?;
        resident.wait_for_line("up", PATIENCE).await.context("no network of our own, which needs root")?;
        Ok(Self { resident })
    }

    /// A command for [`Process::start`] that runs in this network.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Process::command("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.resident.pid())).arg("--").arg(program.as_ref());
        command
    }
}
