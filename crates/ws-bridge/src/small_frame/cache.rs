//! The small frames that were made and may be asked for again. Pure.
//!
//! Bounds: [`ENTRIES`] and [`BYTES`]. Of each camera only small frames of the newest frame that was asked for stay; where
//! these are too many, those of the oldest frame go first.

use std::collections::HashMap;

use bytes::Bytes;

use super::error::Undecodable;
use super::{BYTES, ENTRIES, Pixels};

/// A small frame: of which frame, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) camera: u8,
    /// The number of the bundle that the frame came in.
    pub(crate) number: u64,
    pub(crate) size: Pixels,
}

/// A small frame, or why there is none; a picture that is broken is not decoded twice, either.
pub(crate) type Outcome = Result<Bytes, Undecodable>;

#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: HashMap<Key, Outcome>,
    bytes: usize,
}

impl Cache {
    pub(crate) fn get(&self, key: &Key) -> Option<&Outcome> {
        self.entries.get(key)
    }

    pub(crate) fn put(&mut self, key: Key, outcome: Outcome) {
        let newest = self.entries.keys().filter(|other| other.camera == key.camera).map(|other| other.number).max();
        if newest.is_some_and(|newest| newest > key.number) || length(&outcome) > BYTES {
            return; // nobody will ask for it again, or it would push out all others
        }
        self.remove_where(|other| other.camera == key.camera && other.number < key.number || *other == key);
        self.bytes += length(&outcome);
        self.entries.insert(key, outcome);
        while self.entries.len() > ENTRIES || self.bytes > BYTES {
            // Never the one that has just come, as long as there is another one.
            let oldest = self.entries.keys().filter(|other| **other != key).min_by_key(|other| other.number).copied();
            let Some(oldest) = oldest else { return };
            self.remove_where(|other| *other == oldest);
        }
    }

    fn remove_where(&mut self, goes: impl Fn(&Key) -> bool) {
        let bytes = &mut self.bytes;
        self.entries.retain(|key, outcome| {
            let goes = goes(key);
            *bytes -= if goes { length(outcome) } else { 0 };
            !goes
        });
    }
}

fn length(outcome: &Outcome) -> usize {
    outcome.as_ref().map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(camera: u8, number: u64, side: u16) -> Key {
        Key { camera, number, size: Pixels { width: side, height: side } }
    }

    fn picture(bytes: usize) -> Outcome {
        Ok(vec![0; bytes].into())
    }

    #[test]
    fn of_a_camera_only_the_newest_frame_has_small_frames() {
        let mut cache = Cache::default();
        cache.put(key(0, 5, 16), picture(10));
        cache.put(key(0, 5, 32), picture(10));
        cache.put(key(1, 4, 16), picture(10));
        assert!(cache.get(&key(0, 5, 16)).is_some() && cache.get(&key(0, 5, 64)).is_none());
        cache.put(key(0, 6, 16), picture(10));
        assert!(cache.get(&key(0, 5, 16)).is_none() && cache.get(&key(0, 5, 32)).is_none());
        assert!(cache.get(&key(0, 6, 16)).is_some() && cache.get(&key(1, 4, 16)).is_some());
        cache.put(key(0, 5, 32), picture(10));
        assert!(cache.get(&key(0, 5, 32)).is_none(), "one that was late is not kept");
        assert_eq!((cache.entries.len(), cache.bytes), (2, 20));
    }

    #[test]
    fn old_frames_go_first_where_there_are_too_many() {
        let mut cache = Cache::default();
        cache.put(key(9, 1, 16), picture(1));
        for side in 0..ENTRIES as u16 - 1 {
            cache.put(key(0, 2, 100 + side), picture(1));
        }
        assert_eq!(cache.entries.len(), ENTRIES);
        cache.put(key(3, 3, 16), picture(1));
        assert_eq!(cache.entries.len(), ENTRIES);
        assert!(cache.get(&key(9, 1, 16)).is_none() && cache.get(&key(3, 3, 16)).is_some());
    }

    #[test]
    fn its_memory_is_bounded_and_counted() {
        let mut cache = Cache::default();
        for camera in 0..20 {
            cache.put(key(camera, u64::from(camera), 16), picture(BYTES / 4));
            assert!(cache.bytes <= BYTES);
            assert!(cache.get(&key(camera, u64::from(camera), 16)).is_some());
        }
        cache.put(key(3, 1000, 16), picture(BYTES + 1));
        assert!(cache.get(&key(3, 1000, 16)).is_none());
        cache.put(key(3, 1001, 16), picture(7));
        cache.put(key(3, 1001, 16), Err(Undecodable::NoSize));
        assert_eq!(cache.bytes, cache.entries.values().map(length).sum::<usize>());
        assert_eq!(cache.get(&key(3, 1001, 16)), Some(&Err(Undecodable::NoSize)));
    }
}
