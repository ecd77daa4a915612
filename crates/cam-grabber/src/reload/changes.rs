//! What differs between two configurations. Pure.

use std::fmt;

use cameracast_config::{Camera, Config};

/// One sentence about what holds only after a restart.
pub(super) fn needs_restart(before: &Config, next: &Config) -> Option<String> {
    let keys = [
        ("socket", before.socket != next.socket),
        ("allowed_uids", before.allowed_uids != next.allowed_uids),
        ("max_bundle_mib", before.bridge.max_bundle_mib != next.bridge.max_bundle_mib),
    ];
    let keys: Vec<&str> = keys.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect();
    (!keys.is_empty()).then(|| format!("{} changed, which needs a restart of cam-grabber", keys.join(" and ")))
}

/// What differs, camera by camera.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) removed: Vec<u8>,
    pub(super) changed: Vec<Camera>,
    pub(super) added: Vec<Camera>,
}

impl Changes {
    /// `present` are the cameras that there are; with `found_stay` they were found, and none is configured now either.
    pub(super) fn between(before: &[Camera], next: &[Camera], present: &[u8], found_stay: bool) -> Self {
        let section = |cameras: &[Camera], id| cameras.iter().find(|camera| camera.id == id).cloned();
        let is_gone = |id: &u8| !found_stay && section(next, *id).is_none();
        let (there, added): (Vec<_>, Vec<_>) = next.iter().cloned().partition(|camera| present.contains(&camera.id));
        Self {
            removed: present.iter().copied().filter(is_gone).collect(),
            changed: there.into_iter().filter(|camera| section(before, camera.id).as_ref() != Some(camera)).collect(),
            added,
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |cameras: &[Camera]| cameras.iter().map(|camera| camera.id).collect::<Vec<_>>();
        let all = [("changed", ids(&self.changed)), ("added", ids(&self.added)), ("removed", self.removed.clone())];
        let each = all.iter().flat_map(|(what, ids)| ids.iter().map(move |id| format!("camera {id} {what}")));
        let each: Vec<String> = each.collect();
        f.write_str(if each.is_empty() { "no camera has changed" } else { "" })?;
        f.write_str(&each.join(", "))
    }
}
