//! The pause that a GigE Vision camera makes after each packet, so that several fit through one link.

use std::net::Ipv4Addr;
use std::sync::Arc;

use aravis::prelude::*;
use cameracast_config::Camera as Wanted;

use super::bandwidth::Demand;
use super::knobs::Knobs;
use super::sharing::Seat;
use super::{gvcp, route};
use crate::capture::{Actual, CameraError};

/// Belongs to the camera's thread.
pub(super) struct Pacing {
    seat: Arc<Seat>,
    /// Of the table of links, when the pause was set.
    changes: u64,
    delay_ns: u64,
}

impl Pacing {
    /// Sets the pause that the configuration asks for, or the one that the camera's link needs; `None` where nothing is to
    /// be kept up to date. A camera with a pause of its own takes its share of the link as well.
    pub(super) fn begin(
        knobs: &Knobs<'_>,
        address: Ipv4Addr,
        wanted: &Wanted,
        actual: &Actual,
        seat: &Arc<Seat>,
    ) -> Result<Option<Self>, CameraError> {
        let Knobs { camera, device } = *knobs;
        let link = gvcp::local_address(address).ok().and_then(|local| route::link(address, local));
        if let Some(link) = link.clone() {
            let name = format!("camera {} ({})", wanted.id, wanted.name);
            let payload = knobs.said("read its frames' size", camera.payload())?;
            let packet = knobs.said("read its packet size", camera.gv_get_packet_size())?;
            if let Some(shortage) = seat.take(link, Demand::new(name, payload, packet, actual.fps)) {
                tracing::warn!(camera = wanted.id, "{shortage}");
            }
        }
        if let Some(ns) = wanted.packet_delay_ns {
            knobs.said("set its packet delay", camera.gv_set_packet_delay(ns as i64))?;
            return Ok(None);
        }
        let mut pacing = Self { seat: Arc::clone(seat), changes: Seat::changes(), delay_ns: 0 };
        let Some(ns) = pacing.seat.packet_delay_ns() else { return Ok(None) };
        pacing.set(camera, device, ns);
        Ok(Some(pacing))
    }

    /// The camera's rate has changed with another setting.
    pub(super) fn rate_is(&self, fps: Option<f64>, device: &str) {
        if let Some(shortage) = self.seat.at_rate(fps) {
            tracing::warn!("camera {device}: {shortage}");
        }
    }

    /// Follows cameras that come and go on the same link. Only for a camera that lives: others take seconds to answer.
    pub(super) fn follow(&mut self, camera: &aravis::Camera, device: &str) {
        let changes = Seat::changes();
        if changes == self.changes {
            return;
        }
        self.changes = changes;
        let ns = self.seat.packet_delay_ns().unwrap_or(0);
        if ns != self.delay_ns {
            self.set(camera, device, ns);
        }
    }

    fn set(&mut self, camera: &aravis::Camera, device: &str, ns: u64) {
        self.delay_ns = ns;
        match camera.gv_set_packet_delay(ns as i64) {
            Ok(()) => tracing::debug!(device, ns, "packet delay"),
            Err(error) if ns > 0 => tracing::warn!(
                "camera {device} cannot pause {ns} ns after each packet: {error}; frames may be lost when others on its \
                 link send at the same time"
            ),
            // It cannot pause and need not.
            Err(_) => {}
        }
    }
}
