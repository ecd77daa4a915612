//! The kernel's camera simulator: the devices `/dev/video0` to `/dev/video2`, each a webcam.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{PATIENCE, Picture, Rectangle};

const DRIVER: &str = "/sys/bus/platform/drivers/vivid";
const DEVICES: usize = 3;

/// The bars of vivid's first picture from left to right: 75 % of white, yellow, cyan, green, magenta, red, blue, black.
const BARS: [[f64; 3]; 8] = [
    [191.0, 191.0, 191.0],
    [191.0, 191.0, 0.0],
    [0.0, 191.0, 191.0],
    [0.0, 191.0, 0.0],
    [191.0, 0.0, 191.0],
    [191.0, 0.0, 0.0],
    [0.0, 0.0, 191.0],
    [0.0, 0.0, 0.0],
];
/// How far the mean of a bar may be off: rounding of YUV and JPEG.
const NEAR: f64 = 5.0;

/// All of vivid's devices.
pub(crate) struct Vivid;

impl Vivid {
    /// Plugged in afresh, as the machine booted it: all controls at their defaults, all numbers as they were.
    pub(crate) fn fresh() -> Result<Self> {
        let vivid = Self::unplugged()?;
        vivid.plug_in()?;
        Ok(vivid)
    }

    /// None of them is there.
    pub(crate) fn unplugged() -> Result<Self> {
        only_in_the_machine()?;
        let vivid = Self;
        if Path::new(DRIVER).join("vivid.0").exists() {
            vivid.unplug()?;
        }
        no_device_is_left()?;
        Ok(vivid)
    }

    /// Unplugs all of them at once.
    pub(crate) fn unplug(&self) -> Result<()> {
        fs::write(Path::new(DRIVER).join("unbind"), "vivid.0")?;
        settle()
    }

    /// Plugs all of them in at once, and waits until they have their names.
    pub(crate) fn plug_in(&self) -> Result<()> {
        fs::write(Path::new(DRIVER).join("bind"), "vivid.0")?;
        settle()?;
        let there = fs::read_dir("/sys/devices/platform/vivid.0/video4linux")?.count();
        ensure!(there == DEVICES, "{there} devices; the machine has to be started with --devices {DEVICES}");
        Ok(())
    }

    /// Sets a control, as any program on the machine can.
    pub(crate) fn set(&self, number: usize, control: &str, value: i64) -> Result<()> {
        let said = v4l2_ctl(number, &["-c", &format!("{control}={value}")])?;
        ensure!(said.is_empty(), "{control} = {value}: {said}");
        Ok(())
    }

    /// What a control is set to.
    pub(crate) fn get(&self, number: usize, control: &str) -> Result<i64> {
        let said = v4l2_ctl(number, &["-C", control])?;
        let value = said.split_once(": ").and_then(|(_, value)| value.trim().parse().ok());
        value.with_context(|| format!("{control}: {said}"))
    }
}

/// `/dev/videoN`.
pub(crate) fn device(number: usize) -> PathBuf {
    format!("/dev/video{number}").into()
}

/// A `[[camera]]` of 640x480; further keys can follow.
pub(crate) fn camera(id: u8, device: &Path) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"v4l2\"\ndevice = \"{}\"\nwidth = 640\nheight = 480\n", device.display())
}

/// Waits until udev has done what there is to do.
pub(crate) fn settle() -> Result<()> {
    ensure!(Command::new("udevadm").args(["settle", "--timeout=30"]).status()?.success(), "udev is busy for 30 s");
    Ok(())
}

/// Whether a picture shows the eight bars, each in its colour; where not, which one is how.
pub(crate) fn check_bars(picture: &Picture) -> Result<()> {
    for (bar, expected) in BARS.iter().enumerate() {
        // Without their edges, and without the text in the upper third.
        let inside = Rectangle { x: 80 * bar + 16, y: 200, width: 48, height: 240 };
        let seen = picture.part(inside)?.mean();
        let is_near = seen.iter().zip(expected).all(|(seen, expected)| (seen - expected).abs() <= NEAR);
        ensure!(is_near, "bar {bar} is {seen:.1?}, not {expected:?}");
    }
    Ok(())
}

/// Waits until the webcams of another test, too, are gone, whose numbers the next devices are to have.
fn no_device_is_left() -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left: Vec<_> =
            fs::read_dir("/sys/class/video4linux")?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
        if left.is_empty() {
            return settle();
        }
        ensure!(Instant::now() < deadline, "still there: {left:?}");
        sleep(Duration::from_millis(20));
    }
}

pub(crate) fn only_in_the_machine() -> Result<()> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
    let why = "these tests unplug cameras: run them in scripts/v4l2-machine, as scripts/test --full does";
    ensure!(host.trim() == "v4l2-machine", "{why}");
    Ok(())
}

fn v4l2_ctl(number: usize, args: &[&str]) -> Result<String> {
    let output = Command::new("v4l2-ctl").arg("-d").arg(device(number)).args(args).output().context("v4l2-ctl")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    ensure!(output.status.success(), "v4l2-ctl {args:?}: {}", text(&output.stderr));
    Ok(text(&output.stdout))
}
