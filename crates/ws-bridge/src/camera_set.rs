//! A set of camera ids, one bit each.

/// Which cameras: those of a bundle, or those that a viewer asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CameraSet([u64; 4]);

impl CameraSet {
    /// Every id from 0 to 255.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// One camera.
    pub fn of(id: u8) -> Self {
        [id].into_iter().collect()
    }

    /// Adds an id.
    pub fn insert(&mut self, id: u8) {
        self.0[usize::from(id / 64)] |= 1 << (id % 64);
    }

    /// Whether an id is in it.
    pub fn contains(self, id: u8) -> bool {
        self.0[usize::from(id / 64)] & (1 << (id % 64)) != 0
    }

    /// The ids, the lowest first.
    pub fn ids(self) -> impl Iterator<Item = u8> {
        (0..=255).filter(move |id| self.contains(*id))
    }

    /// The ids that are in one of the two.
    pub fn union(self, other: Self) -> Self {
        let mut both = self;
        both.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
        both
    }

    /// Whether the two have an id in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    /// Whether `other` has all that is in this one.
    pub fn is_within(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }
}

impl FromIterator<u8> for CameraSet {
    fn from_iter<I: IntoIterator<Item = u8>>(ids: I) -> Self {
        let mut set = Self::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_its_own_bit() {
        let few: CameraSet = [0, 63, 64, 255].into_iter().collect();
        assert_eq!(few.ids().collect::<Vec<_>>(), [0, 63, 64, 255]);
        assert_eq!(CameraSet::ALL.ids().count(), 256);
    }

    #[test]
    fn sets_are_compared_by_what_they_share() {
        let set = |ids: &[u8]| ids.iter().copied().collect::<CameraSet>();
        assert!(set(&[1, 200]).intersects(set(&[200])));
        assert!(!set(&[1, 200]).intersects(set(&[2, 201])));
        assert!(set(&[1, 200]).is_within(set(&[0, 1, 200])));
        assert!(!set(&[1, 200]).is_within(set(&[1])));
        assert!(set(&[]).is_within(set(&[])));
        assert_eq!(set(&[1, 200]).union(set(&[1, 2])), set(&[1, 2, 200]));
    }
}
