//! How many may be there at a time, altogether and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("all {0} places are taken (bridge.max_clients): try again later")]
    All(usize),
    #[error("all {0} places for your address are taken (bridge.max_clients_per_address): try again later")]
    OfAddress(usize),
}

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) altogether: usize,
    /// `None`: no limit of its own.
    pub(crate) of_address: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Places(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    most: Most,
    taken: usize,
    /// Of the addresses that have any.
    taken_by: HashMap<IpAddr, usize>,
}

/// A client's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    among: Arc<Mutex<State>>,
    address: Option<IpAddr>,
}

impl Places {
    pub(crate) fn new(most: Most) -> Self {
        Self(Arc::new(Mutex::new(State { most, taken: 0, taken_by: HashMap::new() })))
    }

    /// So many from now on. Nobody who has a place loses it.
    pub(crate) fn limit(&self, most: Most) {
        lock(&self.0).most = most;
    }

    /// A place for who comes from `address`, where that is known.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> Result<Place, Full> {
        let address = address.map(|address| address.to_canonical());
        let mut state = lock(&self.0);
        let Most { altogether, of_address } = state.most;
        let taken_by = address.and_then(|address| state.taken_by.get(&address)).copied().unwrap_or(0);
        if let Some(most) = of_address.filter(|most| taken_by >= *most) {
            return Err(Full::OfAddress(most));
        }
        if state.taken >= altogether {
            return Err(Full::All(altogether));
        }
        state.taken += 1;
        if let Some(address) = address {
            state.taken_by.insert(address, taken_by + 1);
        }
        Ok(Place { among: self.0.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.among);
        state.taken -= 1;
        let Some(address) = self.address else { return };
        if let Some(taken) = state.taken_by.get_mut(&address) {
            *taken -= 1;
            if *taken == 0 {
                state.taken_by.remove(&address);
            }
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(altogether: usize, of_address: Option<usize>) -> Places {
        Places::new(Most { altogether, of_address })
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn only_so_many_may_at_a_time() {
        let places = places(2, None);
        let first = places.enter(address(1));
        let second = places.enter(address(1));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(places.enter(address(1)).err(), Some(Full::All(2)));
        drop(first);
        assert!(places.enter(None).is_ok());
    }

    #[test]
    fn how_many_may_can_change_while_they_are_there_and_nobody_has_to_go() {
        let places = places(3, None);
        let mut inside = [places.enter(None).ok(), places.enter(None).ok(), places.enter(None).ok()];
        places.limit(Most { altogether: 1, of_address: None });
        assert!(inside.iter().all(Option::is_some));
        for place in inside.iter_mut().take(2) {
            *place = None;
            assert_eq!(places.enter(None).err(), Some(Full::All(1)));
        }
        places.limit(Most { altogether: 2, of_address: Some(1) });
        let more = [places.enter(address(1)), places.enter(address(2))];
        assert_eq!(more.iter().flatten().count(), 1);
        drop(inside);
        assert_eq!(places.enter(address(1)).err(), Some(Full::OfAddress(1)));
    }

    #[test]
    fn only_so_many_may_from_one_address_and_nothing_is_remembered_of_those_who_have_gone() {
        let places = places(4, Some(2));
        let first = [places.enter(address(1)), places.enter(address(1))];
        assert!(first.iter().all(Result::is_ok));
        assert_eq!(places.enter(address(1)).err(), Some(Full::OfAddress(2)));
        let mapped = Some("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(places.enter(mapped).err(), Some(Full::OfAddress(2)));
        let others = [places.enter(address(2)), places.enter(None)];
        assert!(others.iter().all(Result::is_ok));
        assert_eq!(places.enter(address(3)).err(), Some(Full::All(4)));
        drop((first, others));
        assert!(lock(&places.0).taken_by.is_empty());
    }
}
