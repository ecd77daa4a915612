//! The counterparts in Python, written from the first two sections of the wire contract and nothing else.

use std::path::{Path, PathBuf};

use anyhow::Result;

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

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}
