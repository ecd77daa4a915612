//! What differs between a V4L2 device and a pipeline of the configuration.

use std::time::Duration;

use gstreamer as gst;

use super::numbers::Numbers;
use crate::capture::Cause;

/// Where frames come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `v4l2src`.
    Device,
    /// Elements that we do not know.
    Pipeline,
}

impl Origin {
    pub(super) fn numbers(self) -> Numbers {
        match self {
            Self::Device => Numbers::of_driver(),
            Self::Pipeline => Numbers::own(),
        }
    }

    /// How much later than its time stamp a frame came. `v4l2src` takes a frame's duration off the kernel's stamp.
    pub(super) fn stamped_early(self, buffer: &gst::BufferRef) -> Duration {
        match self {
            Self::Device => buffer.duration().map(Duration::from).unwrap_or_default(),
            Self::Pipeline => Duration::ZERO,
        }
    }

    /// What to do about an error.
    pub(super) fn advice(self, cause: Cause) -> &'static str {
        match (self, cause) {
            (Self::Device, Cause::NoDevice) => ": check that it is plugged in; `cam-grabber list` shows what is there",
            (Self::Device, Cause::NoPermission) => ": let its user in, for example by `usermod -aG video USER`",
            (Self::Device, Cause::Busy) => ": another program uses it",
            (Self::Device, Cause::BadFormat) => ": it does not take the size, rate or format asked for",
            (Self::Pipeline, Cause::BadFormat) => {
                ": it must end in raw video, a Bayer mosaic or JPEG, in the size and rate asked for"
            }
            _ => "",
        }
    }
}
