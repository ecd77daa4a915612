//! Every camera that is there, for `cam-grabber list`.
//!
//! Cameras are asked side by side, each by a thread of its own, so that one that does not answer delays nobody. Nothing
//! is taken from a program that uses a camera.

mod gige;
mod video;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::genicam::find::{self, Met, Place};

/// All of a search; what is not known by then stays unknown.
const PATIENCE: Duration = Duration::from_millis(2900);

/// A camera that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// What to put under `source`: `genicam` or `v4l2`.
    pub source: &'static str,
    /// What to put under `device`.
    pub device: String,
    /// As the device says.
    pub model: Option<String>,
    /// As the device says.
    pub serial: Option<String>,
    /// GigE Vision: its IP address. V4L2: its path at the moment.
    pub address: Option<String>,
    /// How it is reached.
    pub transport: Transport,
    /// Whether another program controls it; `None` where that cannot be known without disturbing it.
    pub controlled_by_other: Option<bool>,
    /// What it delivers that we can encode; empty where it could not be asked.
    pub formats: Vec<FoundFormat>,
}

/// How a camera is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// GigE Vision.
    Gige,
    /// USB3 Vision.
    Usb3,
    /// A device of the kernel.
    V4l2,
}

/// A pixel format that a camera offers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundFormat {
    /// What to put under `pixel_format`.
    pub pixel_format: String,
    /// With the rates of each.
    pub sizes: Vec<FoundSize>,
}

/// A size, or a range of sizes. Each pair is the lowest and the highest; they are equal where there is only one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundSize {
    /// Pixels.
    pub width: (u32, u32),
    /// Pixels.
    pub height: (u32, u32),
    /// Frames per second; `None` where the camera does not say.
    pub fps: Option<(f64, f64)>,
}

/// Finds GenICam cameras on every interface and V4L2 devices. Takes 1 to 3 seconds.
pub fn cameras() -> Vec<Found> {
    let deadline = Instant::now() + PATIENCE;
    let (found, finds) = mpsc::channel();
    for device in video::devices() {
        ask(&found, move || video::ask(&device));
    }
    std::thread::spawn(move || {
        for camera in find::all() {
            // What is known without asking, should the camera not answer in time.
            found.send(described(&camera)).ok();
            ask(&found, move || gige::ask(&camera));
        }
    });

    let mut cameras: Vec<Found> = Vec::new();
    while let Ok(found) = finds.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        cameras.retain(|known| known.device != found.device);
        cameras.push(found);
    }
    cameras.sort_by(|a, b| (a.source, &a.device).cmp(&(b.source, &b.device)));
    cameras
}

/// What is there for a grabber without a configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Present {
    /// Can be streamed.
    pub cameras: Vec<Found>,
    /// V4L2 devices that this user may not open.
    pub forbidden: Vec<PathBuf>,
}

/// The cameras that are there and can be streamed without a configuration: V4L2 and USB3 Vision, with `gige` GigE Vision
/// too. Opens no V4L2 device named in `known`, and no GenICam camera at all: those may be in use, by us or others.
pub fn present(gige: bool, known: &BTreeSet<String>) -> Present {
    let settled = video::devices().into_iter().filter(|device| video::has_its_name(device));
    let unknown = settled.filter(|device| !known.contains(&video::name(device)));
    let (forbidden, video): (Vec<_>, Vec<_>) = unknown.partition(|device| video::is_forbidden(device));
    let genicam = find::all().into_iter().filter(|met| gige || matches!(met.place, Place::Usb(_)));
    let mut cameras: Vec<Found> = video.iter().filter_map(|device| video::ask(device)).collect();
    cameras.retain(|camera| !camera.formats.is_empty());
    cameras.extend(genicam.map(|met| described(&met)));
    cameras.retain(|camera| !known.contains(&camera.device));
    Present { cameras, forbidden }
}

fn ask(answers: &mpsc::Sender<Found>, question: impl FnOnce() -> Option<Found> + Send + 'static) {
    let answers = answers.clone();
    std::thread::spawn(move || {
        if let Some(found) = question() {
            // Nobody listens any more when it comes too late.
            answers.send(found).ok();
        }
    });
}

fn described(camera: &Met) -> Found {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (device, address, transport) = match &camera.place {
        Place::Network(address) => (address.to_string(), Some(address.to_string()), Transport::Gige),
        Place::Usb(id) => (id.clone(), None, Transport::Usb3),
    };
    Found {
        source: "genicam",
        device,
        model: text(&camera.model),
        serial: text(&camera.serial),
        address,
        transport,
        controlled_by_other: None,
        formats: Vec::new(),
    }
}
