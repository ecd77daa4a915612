//! How many bundles held which cameras, so that a viewer that was away for any number of them can be told how many of
//! those were for it. Pure.
//!
//! Bounds: [`KINDS`] sets of cameras are counted each by itself, all further ones together.

use crate::camera_set::CameraSet;

/// How many sets of cameras are told apart: each combination of six cameras. It is copied with every scene.
const KINDS: usize = 64;

/// Bundles since the bridge started, by the cameras that they held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Vec<(CameraSet, u64)>);

impl Tally {
    pub(crate) fn count(&mut self, cameras: CameraSet) {
        if let Some((_, bundles)) = self.0.iter_mut().find(|(kind, _)| *kind == cameras) {
            *bundles += 1;
        } else if self.0.len() < KINDS {
            self.0.push((cameras, 1));
        } else if let Some((rest, bundles)) = self.0.last_mut() {
            *rest = rest.union(cameras);
            *bundles += 1;
        }
    }

    /// How many held one of `wanted`; where more than [`KINDS`] sets came, some that did not are counted too.
    pub(crate) fn of(&self, wanted: CameraSet) -> u64 {
        self.0.iter().filter(|(kind, _)| kind.intersects(wanted)).map(|(_, bundles)| bundles).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u8]) -> CameraSet {
        ids.iter().copied().collect()
    }

    #[test]
    fn a_bundle_counts_once_for_who_wants_one_of_its_cameras() {
        let mut tally = Tally::default();
        for cameras in [&[0, 1][..], &[0], &[7], &[0, 1]] {
            tally.count(set(cameras));
        }
        let of = |ids: &[u8]| tally.of(set(ids));
        assert_eq!((of(&[0]), of(&[1]), of(&[0, 1]), of(&[7]), of(&[1, 7]), of(&[9])), (3, 2, 3, 1, 3, 0));
        assert_eq!(tally.of(CameraSet::ALL), 4);
    }

    #[test]
    fn however_many_sets_come_no_bundle_is_left_out_and_memory_is_bounded() {
        let mut tally = Tally::default();
        for id in 0..=255 {
            tally.count(set(&[id]));
        }
        assert_eq!((tally.of(CameraSet::ALL), tally.0.len()), (256, KINDS));
        assert_eq!(tally.of(set(&[5])), 1);
        assert!(tally.of(set(&[200])) >= 1);
    }
}
