//! What is told of clients, by the face that they talk to, and of who was turned away.

use super::text::{Kind, Text};
use crate::bridge::Bridge;
use crate::client::{Face, Watched};
use crate::refusals::Reason;

type Value = fn(&Watched) -> u64;

/// Name, kind, meaning and value of what there is for each face.
const FAMILIES: [(&str, Kind, &str, Value); 5] = [
    ("cameracast_clients", Kind::Gauge, "Clients that watch.", |watched| watched.present),
    ("cameracast_client_connections_total", Kind::Counter, "Clients that watch or have watched.", |watched| {
        watched.came
    }),
    (
        "cameracast_delivered_bundles_total",
        Kind::Counter,
        "Bundles that went to clients' sockets; pictures on faces that give these.",
        |watched| watched.delivered.bundles,
    ),
    (
        "cameracast_delivered_bytes_total",
        Kind::Counter,
        "Bytes of these, with the heads of their messages.",
        |watched| watched.delivered.bytes,
    ),
    (
        "cameracast_skipped_bundles_total",
        Kind::Counter,
        "Bundles that clients were too slow for; what a client's own pace leaves out is none.",
        |watched| watched.delivered.skipped,
    ),
];

pub(super) fn write(text: &mut Text, bridge: &Bridge) {
    let clients = &bridge.clients;
    let watched = Face::WATCHED.map(|face| (face.as_str(), clients.watched(face)));
    for (name, kind, help, value) in FAMILIES {
        let mut family = text.family(name, kind, help);
        watched.iter().for_each(|(face, watched)| family.add(&[("face", face)], value(watched)));
    }

    let name = "cameracast_write_stalls_total";
    let help = "Connections that were reset because their client took no byte for too long.";
    let mut family = text.family(name, Kind::Counter, help);
    Face::ALL.into_iter().for_each(|face| family.add(&[("face", face.as_str())], clients.stalled(face)));

    let name = "cameracast_recorder_overruns_total";
    let help = "Recorders (delivery=every) that were closed because they were too slow for every bundle.";
    text.family(name, Kind::Counter, help).add(&[], clients.overrun());

    let name = "cameracast_refused_total";
    let mut family = text.family(name, Kind::Counter, "Clients and grabbers that were turned away, by reason.");
    for reason in Reason::ALL {
        let (who, word) = reason.in_words();
        family.add(&[("who", who), ("reason", word)], bridge.refusals.of(reason));
    }

    let counts = bridge.small_frame_counts();
    let name = "cameracast_small_frames_total";
    let mut family =
        text.family(name, Kind::Counter, "Requests for a picture in another size, by what became of them.");
    for (outcome, count) in [("scaled", counts.scaled), ("reused", counts.reused), ("refused", counts.refused)] {
        family.add(&[("outcome", outcome)], count);
    }
}
