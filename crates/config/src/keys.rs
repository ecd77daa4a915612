//! Every key of the file, and what to say of a key that is none.

use crate::wording::shown;

/// The keys of one table.
pub(crate) struct Keys {
    /// Completes "unknown key …".
    pub(crate) place: &'static str,
    pub(crate) names: &'static [&'static str],
}

pub(crate) static FILE: Keys =
    Keys { place: "at the top of the file", names: &["socket", "allowed_uids", "stream", "camera", "bridge"] };

pub(crate) static STREAM: Keys =
    Keys { place: "in [stream]", names: &["fps", "jpeg_quality", "encoder", "bundle", "max_wait_ms", "tolerance_ms"] };

pub(crate) static CAMERA: Keys = Keys {
    place: "in [[camera]]",
    names: &[
        "id",
        "name",
        "source",
        "device",
        "width",
        "height",
        "region",
        "fps",
        "pixel_format",
        "exposure_us",
        "gain_db",
        "trigger",
        "packet_size",
        "packet_delay_ns",
        "features",
        "controls",
        "complete_jpeg",
        "stream_fps",
        "jpeg_quality",
    ],
};

pub(crate) static BRIDGE: Keys = Keys {
    place: "in [bridge]",
    names: &[
        "listen",
        "max_clients",
        "max_clients_per_address",
        "max_bundle_mib",
        "view_token",
        "view_token_file",
        "control_token",
        "control_token_file",
        "tls_cert",
        "tls_key",
        "allowed_origins",
        "cors",
        "trusted_proxies",
        "public_url",
    ],
};

pub(crate) static ALL: [&Keys; 4] = [&FILE, &STREAM, &CAMERA, &BRIDGE];

/// How alike two words must be to be taken for one (Jaro similarity, 1 is equal): `gain` is near `gain_db`,
/// `width` is not near `height`.
const NEAR: f64 = 0.75;

impl Keys {
    /// What to say of a key that does not belong here.
    pub(crate) fn unknown(&self, key: &str) -> String {
        let place = self.place;
        let homes: Vec<_> = ALL.iter().filter(|keys| keys.names.contains(&key)).map(|keys| keys.place).collect();
        if !homes.is_empty() {
            return format!("unknown key \"{key}\" {place}, it belongs {}", homes.join(" or "));
        }
        match nearest(key, self.names.iter().copied()) {
            Some(near) => format!("unknown key {} {place}, did you mean \"{near}\"?", shown(key)),
            None => format!("unknown key {} {place}, known are {}", shown(key), self.names.join(", ")),
        }
    }
}

/// The candidate that was probably meant.
pub(crate) fn nearest(word: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_lowercase();
    candidates
        .map(|candidate| (strsim::jaro(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
