//! From what the configuration says under `device` to the camera.

use std::net::Ipv4Addr;
use std::sync::{LazyLock, Mutex, PoisonError};

use aravis::{Aravis, DeviceInfo};

use super::gvcp;
use crate::capture::{CameraError, Cause};

/// Where a camera is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) enum Place {
    /// GigE Vision. Opened by address, never by name: aravis may have met a name on another interface, and then the
    /// stream goes to the wrong one, without frames and without an error.
    Network(Ipv4Addr),
    /// USB3 Vision, by aravis' id.
    Usb(String),
}

/// A camera that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Met {
    pub(in crate::capture) place: Place,
    /// As aravis names it: vendor, model, serial number.
    pub(in crate::capture) id: String,
    pub(in crate::capture) model: String,
    pub(in crate::capture) serial: String,
    pub(in crate::capture) user_name: String,
    /// MAC address, or the USB device's GUID.
    pub(in crate::capture) physical_id: String,
}

/// The token for aravis' list of devices, which is global and must be made and read by one thread at a time.
static LIST: LazyLock<Mutex<Option<Aravis>>> = LazyLock::new(|| Mutex::new(Aravis::initialize().ok()));

/// Every camera that answers on any interface. Takes about a second: that is how long aravis listens.
pub(in crate::capture) fn all() -> Vec<Met> {
    let list = LIST.lock().unwrap_or_else(PoisonError::into_inner);
    let devices = list.as_ref().map(Aravis::get_device_list).unwrap_or_default();
    drop(list);
    let mut met = Vec::new();
    for camera in devices.iter().map(meet) {
        // A camera in reach of two interfaces answers on both.
        if !met.contains(&camera) {
            met.push(camera);
        }
    }
    met
}

fn meet(device: &DeviceInfo) -> Met {
    let text = |text: &std::ffi::CString| text.to_string_lossy().into_owned();
    let id = text(&device.id);
    let place = match text(&device.address).parse() {
        Ok(address) => Place::Network(address),
        Err(_) => Place::Usb(id.clone()),
    };
    let identity = match place {
        Place::Network(address) => gvcp::identity(address).ok(),
        Place::Usb(_) => None,
    };
    let model = text(&device.model);
    let (serial, user_name) = match identity {
        Some(identity) => (identity.serial, identity.user_name),
        None => (id.rsplit('-').next().unwrap_or_default().to_owned(), String::new()),
    };
    Met { place, id, model, serial, user_name, physical_id: text(&device.physical_id) }
}

/// The camera with this IP address, id, serial number, user name or MAC address.
///
/// # Errors
/// None or more than one has it; the sentence names those that answered.
pub(super) fn find(device: &str) -> Result<Place, CameraError> {
    match device.parse() {
        Ok(address) => Ok(Place::Network(address)),
        Err(_) => pick(device, &all()),
    }
}

fn pick(device: &str, met: &[Met]) -> Result<Place, CameraError> {
    let names = |camera: &Met| {
        [&camera.id, &camera.serial, &camera.user_name, &camera.physical_id].into_iter().any(|name| name == device)
    };
    let described = |cameras: &mut dyn Iterator<Item = &Met>| cameras.map(Met::describe).collect::<Vec<_>>().join(", ");
    let mut named = met.iter().filter(|camera| names(camera));
    match (named.next(), named.next()) {
        (Some(camera), None) => Ok(camera.place.clone()),
        (Some(_), Some(_)) => Err(CameraError::new(
            Cause::Failed,
            format!(
                "`{device}` is the name of several cameras ({}): use the address or the id",
                described(&mut met.iter().filter(|camera| names(camera)))
            ),
        )),
        (None, _) if met.is_empty() => Err(CameraError::new(
            Cause::NoDevice,
            format!("no camera `{device}`, and none at all answers: check power, cable and network"),
        )),
        (None, _) => Err(CameraError::new(
            Cause::NoDevice,
            format!(
                "no camera has the address, id, serial number or user name `{device}`; there are {}",
                described(&mut met.iter())
            ),
        )),
    }
}

impl Met {
    fn describe(&self) -> String {
        match &self.place {
            Place::Network(address) => format!("{} at {address}", self.id),
            Place::Usb(id) => id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(last: u8, serial: &str, user_name: &str) -> Met {
        Met {
            place: Place::Network(Ipv4Addr::new(192, 0, 2, last)),
            id: format!("Maker-Model-{serial}"),
            model: "Model".into(),
            serial: serial.into(),
            user_name: user_name.into(),
            physical_id: format!("00:00:00:00:00:{last:02x}"),
        }
    }

    #[test]
    fn a_camera_is_found_by_each_of_its_names() {
        let met = [camera(1, "A1", "gate"), camera(2, "A2", "")];
        for name in ["Maker-Model-A1", "A1", "gate", "00:00:00:00:00:01"] {
            assert_eq!(pick(name, &met), Ok(met[0].place.clone()), "{name}");
        }
    }

    #[test]
    fn a_name_that_nobody_has_is_answered_with_those_that_are_there() {
        let error = pick("B7", &[camera(1, "A1", "")]).unwrap_err();
        assert_eq!(error.cause, Cause::NoDevice);
        assert!(error.message.contains("Maker-Model-A1 at 192.0.2.1"), "{error}");
    }

    #[test]
    fn a_name_that_two_cameras_have_is_not_guessed() {
        let error = pick("gate", &[camera(1, "A1", "gate"), camera(2, "A2", "gate")]).unwrap_err();
        assert!(error.message.contains("192.0.2.1") && error.message.contains("192.0.2.2"), "{error}");
    }
}
