//! The counterparts in Python: those written from the first two sections of the wire contract and nothing else, which
//! need no package, and the clients that people have.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{PATIENCE, Process};

/// A camera of the feeder: always the same JPEG.
pub struct FedCamera<'a> {
    /// Its id.
    pub id: u8,
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// The JPEG.
    pub file: &'a Path,
}

/// A feeder in the grabber's place: `bundles` bundles at `rate` a second, then it goes.
///
/// # Errors
/// There is no Python.
pub fn feeder(socket: &Path, rate: u32, bundles: u32, cameras: &[FedCamera<'_>]) -> Result<Process> {
    let mut command = Process::command("python3");
    command.arg(script("feeder.py")).arg(socket);
    command.args(["--rate", &rate.to_string(), "--bundles", &bundles.to_string()]);
    for FedCamera { id, width, height, file } in cameras {
        command.arg("--camera").arg(format!("{id}:{width}x{height}:{}", file.display()));
    }
    Process::start("feeder.py", &mut command)
}

/// A listener in the bridge's place, which takes `bundles` bundles, keeps the JPEGs of the last one in `folder` as
/// `ID.jpg`, and goes. Gives it back once it listens.
///
/// # Errors
/// There is no Python, or it cannot listen.
pub async fn listener(socket: &Path, bundles: u32, folder: &Path) -> Result<Process> {
    let mut command = Process::command("python3");
    command.arg(script("listener.py")).arg(socket);
    command.args(["--bundles", &bundles.to_string()]).arg("--save").arg(folder);
    let listener = Process::start("listener.py", &mut command)?;
    listener.wait_for_line("listening", PATIENCE).await?;
    Ok(listener)
}

/// The versions that the environment is made with.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// A script of ours that asks the bridge with packages from PyPI.
///
/// # Errors
/// Their environment is not there, or is of another list of versions.
pub fn client(name: &str) -> Result<Command> {
    let mut command = interpreter()?;
    command.arg(script(name));
    Ok(command)
}

/// A module of a package from PyPI, as a program.
///
/// # Errors
/// As of [`client`].
pub fn module(name: &str) -> Result<Command> {
    let mut command = interpreter()?;
    command.args(["-m", name]);
    Ok(command)
}

fn interpreter() -> Result<Command> {
    let test = std::env::current_exe()?;
    let environment = test.ancestors().nth(3).context("a test runs from target/PROFILE/deps")?.join("python");
    let made_with = std::fs::read_to_string(environment.join("requirements.txt")).unwrap_or_default();
    let path = environment.display();
    ensure!(made_with == REQUIREMENTS, "{path} is missing or old. Make it with: ./scripts/python-environment");
    Ok(Process::client(environment.join("bin/python")))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}
