//! Industrial cameras, GigE Vision and USB3 Vision, through aravis.
//!
//! A camera is found (`find`), opened, set (`settings`, `knobs`), told to leave room for others on its link (`pacing`), and
//! streams (`stream`) out of a fixed number of buffers (`pool`); `clock` says when each frame was taken. Everything happens
//! on the camera's own thread; only buffers come back from others.

mod bandwidth;
mod clock;
mod clock_map;
mod closing;
pub(super) mod error;
pub(super) mod find;
pub(super) mod format;
mod frame_id;
pub(super) mod gvcp;
mod knobs;
mod limits;
mod losses;
mod own_packets;
mod pacing;
mod pool;
mod ptp;
mod route;
mod settings;
mod sharing;
mod socket_buffer;
mod stream;
mod undo;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use self::error::error;
use self::find::{Place, find};
use self::knobs::Knobs;
use self::pacing::Pacing;
use self::sharing::Seat;
use self::stream::Streaming;
use super::{Camera, CameraError, Cause, Source};

/// A GenICam camera of the configuration.
#[derive(Clone, Debug)]
pub struct Genicam {
    device: String,
    wanted: cameracast_config::Camera,
    seat: Arc<Seat>,
}

impl Genicam {
    /// The camera with this IP address, aravis id, serial number, user name or MAC address. An IP address is the
    /// quickest: no search.
    pub fn new(device: &str, wanted: &cameracast_config::Camera) -> Self {
        Self { device: device.to_owned(), wanted: wanted.clone(), seat: Arc::new(Seat::new(wanted.id)) }
    }
}

impl Source for Genicam {
    fn open(&mut self) -> Result<Box<dyn Camera>, CameraError> {
        let place = find(&self.device)?;
        let camera = match &place {
            Place::Network(address) => connect(&self.device, *address)?,
            Place::Usb(id) => connect_usb(&self.device, id)?,
        };
        let knobs = Knobs { camera: &camera, device: &self.device };
        let before = undo::Before::of(&knobs, undo::ALL)?;
        let streaming = self.start(&knobs, &place).inspect_err(|error| {
            // A camera that no longer answers would take seconds for each.
            if error.cause == Cause::BadFormat {
                before.restore();
            }
        })?;
        Ok(Box::new(streaming))
    }

    fn set(&mut self, wanted: &cameracast_config::Camera) {
        self.wanted = wanted.clone();
    }
}

impl Genicam {
    fn start(&self, knobs: &Knobs<'_>, place: &Place) -> Result<Streaming, CameraError> {
        settings::apply(knobs, &self.wanted)?;
        let (actual, limits) = (settings::actual(knobs.camera), limits::limits(knobs));
        let pacing = match place {
            Place::Network(address) => Pacing::begin(knobs, *address, &self.wanted, &actual, &self.seat)?,
            Place::Usb(_) => None,
        };
        Streaming::start(knobs, actual, limits, pacing)
    }
}

/// Aravis reads a camera's description with state of the whole process: two opens at once crash.
static OPENING: Mutex<()> = Mutex::new(());

pub(super) fn connect_usb(device: &str, id: &str) -> Result<aravis::Camera, CameraError> {
    let _one_at_a_time = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    aravis::Camera::new(Some(id)).map_err(|said| error(device, "open it", &said))
}

/// Opens the camera at this address and takes control of it.
///
/// Not by `aravis::Camera::new`, which keeps all other cameras from being opened while it waits 2.5 s for one that is
/// not there: whether it is there is asked first, and it is opened on the interface that leads to it.
pub(super) fn connect(device: &str, address: Ipv4Addr) -> Result<aravis::Camera, CameraError> {
    let busy = || {
        CameraError::new(
            Cause::Busy,
            format!(
                "camera {device} is controlled by another program: close that; \
                 a camera whose program was killed is free again after some 3 s"
            ),
        )
    };
    match gvcp::is_controlled(address) {
        Ok(false) => {}
        Ok(true) => return Err(busy()),
        Err(none) if none.kind() == io::ErrorKind::TimedOut => {
            return Err(CameraError::new(
                Cause::NoDevice,
                format!(
                    "camera {device}: no GigE Vision camera answers at {address}: check power, cable and address; \
                     `cam-grabber list` shows the cameras that answer"
                ),
            ));
        }
        Err(failed) => {
            return Err(CameraError::new(
                Cause::NoDevice,
                format!("camera {device}: {address} cannot be reached: {failed}"),
            ));
        }
    }
    let local = gvcp::local_address(address).map_err(|failed| {
        CameraError::new(Cause::NoDevice, format!("camera {device}: no network leads to {address}: {failed}"))
    })?;
    let gio_address = |ip: Ipv4Addr| gio::InetAddress::from(std::net::IpAddr::from(ip));
    let one_at_a_time = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = aravis::GvDevice::new(&gio_address(local), &gio_address(address));
    drop(one_at_a_time);
    let gige = opened.map_err(|said| error(device, "open it", &said))?;
    // It opens all the same when somebody took control in between, and fails at the first setting.
    if !gige.is_controller() {
        return Err(busy());
    }
    aravis::Camera::with_device(&gige).map_err(|said| error(device, "open it", &said))
}
