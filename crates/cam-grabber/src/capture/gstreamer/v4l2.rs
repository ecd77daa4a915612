//! A V4L2 device: its source element, and what it can do.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;
use std::{io, thread};

use cameracast_config::Camera as Wanted;
use gst::prelude::*;
use gstreamer as gst;

use super::caps;
use super::choose::{Choice, Offer, choose, offers};
use crate::capture::{CameraError, Cause};

/// How long the kernel takes to remove the file of a device that is gone.
const GOING: Duration = Duration::from_millis(100);

/// The device as errors name it; a by-id path with what it leads to now.
pub(super) fn described(device: &Path) -> String {
    match device.canonicalize() {
        Ok(real) if real != device => format!("{} (now {})", device.display(), real.display()),
        _ => device.display().to_string(),
    }
}

/// `v4l2src`, still closed.
pub(in crate::capture) fn source(device: &Path) -> Result<gst::Element, CameraError> {
    gst::ElementFactory::make("v4l2src").property("device", device.display().to_string()).build().map_err(|_| {
        CameraError::new(Cause::Failed, "V4L2 needs GStreamer's v4l2src: install gstreamer1.0-plugins-good")
    })
}

/// What an open device offers (its element is ready).
pub(super) fn offered(source: &gst::Element) -> Vec<Offer> {
    let caps = source.static_pad("src").map(|pad| pad.query_caps(None));
    caps.map(|caps| offers(&caps)).unwrap_or_default()
}

/// Caps for what is asked of a device that offers this.
pub(super) fn negotiate(offered: &[Offer], named: &str, wanted: &Wanted) -> Result<gst::Caps, CameraError> {
    let refused = |why| CameraError::new(Cause::BadFormat, format!("{named}: {why}"));
    let Choice { format, width, height, rate } = choose(offered, wanted).map_err(refused)?;
    let mut structure = caps::structure(format);
    structure.set("width", width as i32);
    structure.set("height", height as i32);
    if let Some(rate) = rate {
        structure.set("framerate", rate);
    }
    Ok(std::iter::once(structure).collect())
}

/// What a running device's error means: GStreamer cannot read, whether the device is gone or its driver failed.
pub(super) fn gone_or_failed(device: &Path, error: CameraError) -> CameraError {
    if error.cause != Cause::Lost || is_gone(device) {
        return error;
    }
    // The error comes first, a moment later the file goes.
    thread::sleep(GOING);
    if is_gone(device) {
        return error;
    }
    CameraError::new(Cause::Failed, format!("{}: its driver failed, the device is still there", error.message))
}

fn is_gone(device: &Path) -> bool {
    // While others hold its file open, a device that is gone still has a name.
    let is_none = |error: &io::Error| matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENODEV | libc::ENXIO));
    File::open(device).is_err_and(|error| is_none(&error))
}

/// Model and serial number of a device, as the kernel knows them.
pub(in crate::capture) fn about(device: &Path) -> (Option<String>, Option<String>) {
    let real = device.canonicalize().unwrap_or(device.to_owned());
    let Some(name) = real.file_name() else { return (None, None) };
    let about = Path::new("/sys/class/video4linux").join(name);
    let text = |path: &str| Some(fs::read_to_string(about.join(path)).ok()?.trim().to_owned());
    // The device is an interface of the USB device, which has the number.
    (text("name"), text("device/../serial"))
}
