//! A screen for programs with windows: Xvfb, and what is seen on it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, Picture, Process, Signal};

/// An X server without a monitor. It ends when dropped.
pub struct XScreen {
    display: String,
    server: Process,
    /// Xvfb keeps the screen in a file here: an XWD, which always shows what is there now.
    folder: TempDir,
}

impl XScreen {
    /// Starts a server with one screen of 24 bits.
    ///
    /// # Errors
    /// Xvfb is not installed, or does not start.
    pub async fn start(width: usize, height: usize) -> Result<Self> {
        let folder = TempDir::new()?;
        let mut command = Process::command("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0"]).arg(format!("{width}x{height}x24"));
        command.args(["-nolisten", "tcp", "-noreset", "-fbdir"]).arg(folder.path());
        let server = Process::start("Xvfb", &mut command)?;
        let is_number = |line: &str| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        let display = server.wait_for_line_where("its display", PATIENCE, is_number).await?;
        Ok(Self { display: format!(":{display}"), server, folder })
    }

    /// What programs find in the environment variable `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// What the screen shows now.
    ///
    /// # Errors
    /// The server is gone.
    pub fn picture(&self) -> Result<Picture> {
        let xwd = std::fs::read(self.folder.path().join("Xvfb_screen0"))?;
        read_xwd(&xwd).context("the screen is no XWD of 32 bits a pixel")
    }

    /// Waits until the screen shows something; `what` names it in messages. Gives what the screen showed, and what
    /// `find` made of it.
    ///
    /// # Errors
    /// It did not show that in time.
    pub async fn until<T>(&self, what: &str, mut find: impl FnMut(&Picture) -> Option<T>) -> Result<(Picture, T)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let picture = self.picture()?;
            if let Some(found) = find(&picture) {
                return Ok((picture, found));
            }
            ensure!(Instant::now() < deadline, "the screen does not show {what} within {PATIENCE:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for XScreen {
    /// Only a server that is asked to end removes its socket.
    fn drop(&mut self) {
        let socket = format!("/tmp/.X11-unix/X{}", self.display.trim_start_matches(':'));
        let deadline = Instant::now() + Duration::from_secs(2);
        if self.server.signal(Signal::TERM).is_ok() {
            while Path::new(&socket).exists() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// The header is 25 numbers, big-endian; pixels are blue, green, red and one byte unused on a little-endian machine.
fn read_xwd(xwd: &[u8]) -> Option<Picture> {
    let number = |at: usize| Some(u32::from_be_bytes(xwd.get(4 * at..4 * at + 4)?.try_into().ok()?) as usize);
    let (header, width, height, bits, row, colours) =
        (number(0)?, number(4)?, number(5)?, number(11)?, number(12)?, number(19)?);
    if bits != 32 || row < 4 * width || row == 0 {
        return None;
    }
    let pixels = xwd.get(header + 12 * colours..)?.get(..row * height)?;
    let bgrx = pixels.chunks_exact(row).flat_map(|row| row[..4 * width].chunks_exact(4));
    Some(Picture { width, height, rgb: bgrx.flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect() })
}
