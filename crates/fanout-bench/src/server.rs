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
    /// The same with a certificate.
    Encrypted,
    /// axum's own WebSocket behind a tokio watch channel.
    Axum,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Bridge, Self::Axum];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare write loop",
            Self::Bridge => "ws-bridge",
            Self::Encrypted => "ws-bridge, TLS",
            Self::Axum => "axum WebSocket",
        }
    }

    pub(crate) fn greeting(self) -> Greeting {
        match self {
            Self::Bare => Greeting::None,
            Self::Bridge | Self::Axum => Greeting::WebSocket,
            Self::Encrypted => Greeting::TlsWebSocket,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Bare => "bare-write-loop",
            Self::Bridge | Self::Encrypted => "ws-bridge",
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
        if matches!(kind, Kind::Bridge | Kind::Encrypted) {
            let file = folder.path().join("cameracast.toml");
            let shipped = 1024;
            let mut text = String::from("[bridge]\n");
            if viewers > shipped {
                text += &format!("max_clients = {viewers}\n");
            }
            if kind == Kind::Encrypted {
                text += &certificate(folder.path())?;
            }
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

/// Makes a certificate; gives the lines of the configuration for it.
fn certificate(folder: &Path) -> anyhow::Result<String> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    command.args(["-days", "2", "-subj", "/CN=fanout"]).arg("-keyout").arg(&key).arg("-out").arg(&cert);
    let made = command.stdin(Stdio::null()).stderr(Stdio::null()).status().context("there is no openssl")?;
    anyhow::ensure!(made.success(), "openssl makes no certificate");
    Ok(format!("tls_cert = '{}'\ntls_key = '{}'\n", cert.display(), key.display()))
}

fn end(process: &mut Child) {
    let _ = process.kill(); // it has ended already
    let _ = process.wait();
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("cam.sock")
}

/// The first line that a server writes holds `http://ADDRESS/` or `https://ADDRESS/`.
fn announced(process: &mut Child) -> anyhow::Result<SocketAddr> {
    let out = process.stdout.take().context("no standard output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let (_, rest) = line.split_once("://").context(line.clone())?;
    Ok(rest.split('/').next().unwrap_or_default().parse()?)
}
