//! Aravis' errors in our words.

use aravis::{DeviceError, GcError, glib};

use crate::capture::{CameraError, Cause};

/// What went wrong with `device` while we were `doing` something ("could not …").
pub(in crate::capture) fn error(device: &str, doing: &str, error: &glib::Error) -> CameraError {
    let said = error.message();
    let (cause, advice) = match cause(error) {
        Cause::Busy => (Cause::Busy, ": another program controls it; close that, or wait for its heartbeat to end"),
        Cause::NoPermission => (Cause::NoPermission, ": install aravis' udev rules for USB3 Vision cameras"),
        other => (other, ""),
    };
    CameraError::new(cause, format!("camera {device}: could not {doing}: {said}{advice}"))
}

fn cause(error: &glib::Error) -> Cause {
    use DeviceError as E;
    let said = error.message();
    if said.contains("LIBUSB_ERROR_ACCESS") || said.contains("Permission denied") {
        return Cause::NoPermission;
    }
    if said.contains("LIBUSB_ERROR_BUSY") || said.contains("privilege") {
        return Cause::Busy;
    }
    match error.kind::<DeviceError>() {
        Some(E::NotFound) => Cause::NoDevice,
        Some(E::NotController | E::ProtocolErrorAccessDenied) => Cause::Busy,
        Some(E::Timeout | E::NotConnected | E::TransferError) => Cause::Lost,
        Some(E::WrongFeature | E::FeatureNotFound | E::InvalidParameter) => Cause::BadFormat,
        Some(_) => Cause::Failed,
        None if error.kind::<GcError>().is_some() => Cause::BadFormat,
        None => Cause::Failed,
    }
}
