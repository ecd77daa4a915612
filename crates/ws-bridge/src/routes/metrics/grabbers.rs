//! What is told of grabbers: of each that is connected, and of all that ever were.

use super::text::{Kind, Text};
use crate::ledger::Ledger;
use crate::scene::Scene;

pub(super) fn write(text: &mut Text, scene: &Scene, ledger: &Ledger) {
    text.family("cameracast_grabbers", Kind::Gauge, "Grabbers that are connected.").add(&[], scene.grabbers.len());
    let name = "cameracast_received_bundles_total";
    text.family(name, Kind::Counter, "Bundles of all grabbers.").add(&[], ledger.bundles);
    let name = "cameracast_received_bytes_total";
    text.family(name, Kind::Counter, "Bytes of these.").add(&[], ledger.bytes);

    let connections: Vec<_> = scene.grabbers.values().map(|grabber| (grabber, grabber.id.0.to_string())).collect();
    let name = "cameracast_grabber_bundles_total";
    let mut family = text.family(name, Kind::Counter, "Bundles of one connected grabber, by its connection.");
    connections.iter().for_each(|(grabber, id)| family.add(&[("connection", id)], grabber.bundles));
    let name = "cameracast_grabber_bytes_total";
    let mut family = text.family(name, Kind::Counter, "Bytes of these.");
    connections.iter().for_each(|(grabber, id)| family.add(&[("connection", id)], grabber.bytes));
}
