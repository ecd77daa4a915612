//! GStreamer's errors in our words.

use gstreamer as gst;

use super::origin::Origin;
use crate::capture::{CameraError, Cause};

/// What a pipeline's error message says about `device`, and what to do.
pub(super) fn failure(device: &str, message: &gst::message::Error, origin: Origin) -> CameraError {
    let error = message.error();
    let details = message.debug().map(String::from).unwrap_or_default();
    let cause = cause(&error, &details);
    let advice = match details.contains("Buffer pool activation failed") {
        // GStreamer does not say which.
        true => {
            ": its driver has no memory for frames, or its USB bus no bandwidth left; try a smaller size or rate, MJPEG, \
             or another bus"
        }
        false => origin.advice(cause),
    };
    let said = error.message().trim_end_matches('.');
    let why = reason(&details).map(|why| format!(" ({why})")).unwrap_or_default();
    CameraError::new(cause, format!("{device}: {said}{why}{advice}"))
}

fn cause(error: &gst::glib::Error, details: &str) -> Cause {
    use gst::ResourceError as R;
    let denied = details.contains("Permission denied") || details.contains("Operation not permitted");
    let busy = details.contains("resource busy");
    let other_kind = details.contains("Inappropriate ioctl");
    if details.contains("not-negotiated") || error.matches(gst::CoreError::Negotiation) {
        return Cause::BadFormat;
    }
    match error.kind::<R>() {
        Some(_) if denied => Cause::NoPermission,
        Some(R::NotAuthorized) => Cause::NoPermission,
        Some(R::Busy) => Cause::Busy,
        Some(_) if busy => Cause::Busy,
        Some(_) if other_kind => Cause::NoDevice,
        Some(R::NotFound | R::OpenRead | R::OpenReadWrite) => Cause::NoDevice,
        Some(R::Read | R::Sync | R::Close) => Cause::Lost,
        Some(_) => Cause::Failed,
        None if error.kind::<gst::StreamError>() == Some(gst::StreamError::Format) => Cause::BadFormat,
        None => Cause::Failed,
    }
}

/// The system's words or GStreamer's own, from details like `file.c(1): function (): /element:\nthe words`.
fn reason(details: &str) -> Option<&str> {
    let words = details.lines().skip(1).find(|line| !line.trim().is_empty())?;
    Some(words.trim_start_matches("system error: ").trim().trim_end_matches('.'))
}
