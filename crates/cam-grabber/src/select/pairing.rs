//! Which frames were taken at the same moment. Pure; pairs by capture time, never by counting.

use std::collections::BTreeMap;

/// The frames of one moment: for each camera that has one, its capture time in µs.
pub type Group = BTreeMap<u8, u64>;

/// Finds, among the fresh frames of all cameras (capture times in µs, oldest first), the group of frames that lie within
/// `tolerance_us` of each other: the one with the most cameras, and of those the newest.
pub(super) fn best_group<'a>(fresh: impl Iterator<Item = (u8, &'a [u64])> + Clone, tolerance_us: u64) -> Option<Group> {
    // A group that cannot be grown begins with one of the frames.
    let beginnings = fresh.clone().flat_map(|(_, times)| times.iter().copied());
    beginnings
        .map(|begin| {
            let moment = begin..=begin.saturating_add(tolerance_us);
            fresh
                .clone()
                .filter_map(|(camera, times)| {
                    Some((camera, times.iter().rev().copied().find(|time| moment.contains::<u64>(time))?))
                })
                .collect::<Group>()
        })
        .max_by_key(|group| (group.len(), group.values().min().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(fresh: &[(u8, &[u64])], tolerance_us: u64) -> Option<Vec<(u8, u64)>> {
        best_group(fresh.iter().copied(), tolerance_us).map(|group| group.into_iter().collect())
    }

    #[test]
    fn frames_of_one_moment_go_together_even_where_a_camera_is_a_frame_ahead() {
        let fresh: &[(u8, &[u64])] = &[(0, &[1000, 11_000, 21_000]), (1, &[1200, 11_300]), (2, &[900, 10_900])];
        assert_eq!(best(fresh, 1000), Some(vec![(0, 11_000), (1, 11_300), (2, 10_900)]));
    }

    #[test]
    fn a_dropped_frame_does_not_shift_the_pairing() {
        let fresh: &[(u8, &[u64])] = &[(0, &[1000, 11_000, 21_000]), (1, &[1000, 21_000])];
        assert_eq!(best(fresh, 1000), Some(vec![(0, 21_000), (1, 21_000)]));
    }

    #[test]
    fn frames_further_apart_than_the_tolerance_never_go_together() {
        assert_eq!(best(&[(0, &[1000]), (1, &[2001])], 1000), Some(vec![(1, 2001)]));
        assert_eq!(best(&[(0, &[1000]), (1, &[2000])], 1000), Some(vec![(0, 1000), (1, 2000)]));
        assert_eq!(best(&[(0, &[1000]), (1, &[1900]), (2, &[2800])], 1000), Some(vec![(1, 1900), (2, 2800)]));
    }

    #[test]
    fn without_frames_there_is_no_group() {
        assert_eq!(best(&[(0, &[]), (1, &[])], 1000), None);
    }
}
