//! USB webcams with MJPEG: the kernel's own driver on a camera that scripts/v4l2-machine.d/usb-webcam plays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Picture, Process, Signal};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::vivid::{device, only_in_the_machine, settle};

/// A webcam that is plugged in, until it is dropped.
pub(crate) struct Webcam {
    serial: String,
    /// What it sends as MJPEG, again and again.
    pub(crate) jpegs: Vec<Vec<u8>>,
    process: Process,
    _files: TempDir,
}

impl Webcam {
    /// Sends pictures of its own, 640x480, which differ.
    pub(crate) async fn plug_in(serial: &str) -> Result<Self> {
        Self::of_size(serial, 640, 480).await
    }

    /// Sends pictures of its own in another size.
    pub(crate) async fn of_size(serial: &str, width: usize, height: usize) -> Result<Self> {
        let jpegs = (0..3).map(|number| picture(number, width, height).to_jpeg()).collect::<Result<_>>()?;
        Self::sending(serial, jpegs).await
    }

    /// Plugs one in that sends these JPEGs as they are, whole or not, and waits until it can be opened by its name.
    pub(crate) async fn sending(serial: &str, jpegs: Vec<Vec<u8>>) -> Result<Self> {
        let webcam = Self::plugged_in(serial, jpegs)?;
        wait_for(&webcam.device()).await?;
        settle()?;
        Ok(webcam)
    }

    /// Plugs one in and waits for nothing but its file: it has no name, and none but root may open it.
    pub(crate) async fn plug_in_for_the_kernel_alone(serial: &str) -> Result<Self> {
        let webcam = Self::plugged_in(serial, vec![picture(0, 640, 480).to_jpeg()?])?;
        wait_for(&device(0)).await?;
        Ok(webcam)
    }

    fn plugged_in(serial: &str, jpegs: Vec<Vec<u8>>) -> Result<Self> {
        only_in_the_machine()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/v4l2-machine.d/usb-webcam");
        let files = TempDir::new()?;
        let mut command = Process::command(script);
        command.arg(serial);
        for (number, jpeg) in jpegs.iter().enumerate() {
            let file = files.path().join(format!("{number}.jpg"));
            std::fs::write(&file, jpeg)?;
            command.arg(file);
        }
        let process = Process::start("usb-webcam", &mut command)?;
        Ok(Self { serial: serial.to_owned(), jpegs, process, _files: files })
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    /// The name that stays with it wherever it is plugged in.
    pub(crate) fn device(&self) -> PathBuf {
        format!("/dev/v4l/by-id/usb-cameracast_Webcam_{}-video-index0", self.serial).into()
    }

    /// Unplugs it without a warning.
    pub(crate) fn unplug(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Lets it hang, or go on.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }
}

async fn wait_for(file: &Path) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !file.exists() {
        ensure!(Instant::now() < deadline, "{} does not appear", file.display());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Slopes of colours, another for each number.
pub(crate) fn picture(number: usize, width: usize, height: usize) -> Picture {
    Picture::drawn(width, height, |x, y| [(x / 3) as u8, (y / 2) as u8, (40 * number) as u8])
}
