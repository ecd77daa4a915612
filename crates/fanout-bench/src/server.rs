//! A server under measurement: a process of its own, on a core of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;

use crate::connect::Greeting;
use crate::machine::{self, Cores};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A bare `write` loop: the limit.
    Bare,
    /// `ws-bridge`, as it is shipped.
    Bridge,
    /// axum's own WebSocket behind a tokio watch channel.
    Axum,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Bridge, Self::Axum];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare write loop",
            Self::Bridge => "ws-bridge",
            Self::Axum => "axum WebSocket",
        }
    }

    pub(crate) fn greeting(self) -> Greeting {
        match self {
            Self::Bare => Greeting::None,
            Self::Bridge | Self::Axum => Greeting::WebSocket,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Bare => "bare-write-loop",
            Self::Bridge => "ws-bridge",
            Self::Axum => "axum-watch",
        }
    }
}

/// Where the programs are, and where they run.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) programs: PathBuf,
    pub(crate) cores: Cores,
    /// How long a measurement waits for others on this machine to be done.
    pub(crate) patience: Duration,
}

/// A running server; it is ended when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts one on its core and waits until it listens. Nothing is configured but, where it would turn viewers away,
    /// their number.
    pub(crate) fn start(stage: &Stage, kind: Kind, viewers: usize) -> anyhow::Result<Self> {
        Self::start_on(&[stage.cores.server], stage, kind, viewers)
    }

    /// The same with other cores.
    pub(crate) fn start_on(cores: &[usize], stage: &Stage, kind: Kind, viewers: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(stage.programs.join(kind.program()));
        command.args(["--listen", "127.0.0.1:0"]).arg("--socket").arg(socket_in(folder.path()));
        if kind == Kind::Bridge {
            let file = folder.path().join("cameracast.toml");
            let shipped = 1024;
            let text = if viewers > shipped { format!("[bridge]\nmax_clients = {viewers}\n") } else { String::new() };
            std::fs::write(&file, text)?;
            command.arg("--config").arg(file);
        }
        machine::pin(cores)?;
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        machine::pin(&[stage.cores.clients])?;
        let mut process = started.with_context(|| format!("{} cannot be started", kind.program()))?;
        let address = announced(&mut process).with_context(|| format!("{} names no address", kind.program()));
        match address {
            Ok(address) => Ok(Self { process, address, folder }),
            Err(error) => {
                end(&mut process);
                Err(error)
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Where bundles go in.
    pub(crate) fn socket(&self) -> PathBuf {
        socket_in(self.folder.path())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn end(process: &mut Child) {
    let _ = process.kill(); // it has ended already
    let _ = process.wait();
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("cam.sock")
}

/// The first line that a server writes holds `http://ADDRESS/`.
fn announced(process: &mut Child) -> anyhow::Result<SocketAddr> {
    let out = process.stdout.take().context("no standard output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let (_, rest) = line.split_once("http://").context(line.clone())?;
    Ok(rest.split('/').next().unwrap_or_default().parse()?)
}
