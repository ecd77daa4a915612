//! What a GenICam camera offers.

use aravis::prelude::*;

use super::{Found, FoundFormat, FoundSize, described};
use crate::capture::Cause;
use crate::capture::genicam::find::{Met, Place};
use crate::capture::genicam::{connect, connect_usb, format, gvcp};

/// Opens the camera for a moment, unless another program has it: then that is all that is said.
pub(super) fn ask(met: &Met) -> Option<Found> {
    let mut found = described(met);
    let opened = match &met.place {
        Place::Network(address) if gvcp::is_controlled(*address).ok()? => {
            found.controlled_by_other = Some(true);
            return Some(found);
        }
        Place::Network(address) => connect(&met.id, *address),
        Place::Usb(id) => connect_usb(&met.id, id),
    };
    match opened {
        Ok(camera) => {
            found.controlled_by_other = Some(false);
            found.formats = formats(&camera);
        }
        Err(error) => found.controlled_by_other = (error.cause == Cause::Busy).then_some(true),
    }
    Some(found)
}

fn formats(camera: &aravis::Camera) -> Vec<FoundFormat> {
    let pair = |(low, high): (i32, i32)| Some((u32::try_from(low).ok()?, u32::try_from(high).ok()?));
    let (Some(width), Some(height)) =
        (camera.width_bounds().ok().and_then(pair), camera.height_bounds().ok().and_then(pair))
    else {
        return Vec::new();
    };
    let sizes = vec![FoundSize { width, height, fps: camera.frame_rate_bounds().ok() }];
    let described = |pixel_format| FoundFormat { pixel_format, sizes: sizes.clone() };
    format::usable(camera).into_iter().map(described).collect()
}
