//! How many may watch at a time, altogether and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("all {0} places are taken (bridge.max_clients): try again later")]
    All(usize),
    #[error("all {0} places for your address are taken (bridge.max_clients_per_address): try again later")]
    OfAddress(usize),
}

#[derive(Debug)]
pub(crate) struct Places {
    limit: Mutex<Limit>,
    all: Arc<Semaphore>,
    /// Addresses with a place are counted only where that is limited.
    of_address: Option<Arc<OfAddress>>,
}

/// How many places there are altogether, and how many of these are still to be taken away as they become free.
#[derive(Debug)]
struct Limit {
    most: usize,
    too_many: usize,
}

#[derive(Debug)]
struct OfAddress {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A client's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _one_of_all: OwnedSemaphorePermit,
    _one_of_address: Option<One>,
}

#[derive(Debug)]
struct One {
    of: Arc<OfAddress>,
    address: IpAddr,
}

impl Places {
    pub(crate) fn new(most: usize, of_address: Option<usize>) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        let (limit, all) = (Mutex::new(Limit { most, too_many: 0 }), Arc::new(Semaphore::new(most)));
        let of_address = of_address.map(|most| Arc::new(OfAddress { most, taken: Mutex::default() }));
        Self { limit, all, of_address }
    }

    /// So many altogether from now on. Nobody who has a place loses it.
    pub(crate) fn set_most(&self, most: usize) {
        let mut limit = self.limit();
        let most = most.min(Semaphore::MAX_PERMITS);
        let (more, fewer) = (most.saturating_sub(limit.most), limit.most.saturating_sub(most));
        let stay = more.min(limit.too_many);
        self.all.add_permits(more - stay);
        (limit.most, limit.too_many) = (most, limit.too_many - stay + fewer);
    }

    /// A place for who comes from `address`, where that is known.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> Result<Place, Full> {
        let one_of_address = match (&self.of_address, address) {
            (Some(of), Some(address)) => Some(of.clone().enter(address.to_canonical())?),
            _ => None,
        };
        let mut limit = self.limit();
        if limit.too_many > 0 {
            limit.too_many -= self.all.forget_permits(limit.too_many);
        }
        let one_of_all = self.all.clone().try_acquire_owned().map_err(|_| Full::All(limit.most))?;
        Ok(Place { _one_of_all: one_of_all, _one_of_address: one_of_address })
    }

    fn limit(&self) -> MutexGuard<'_, Limit> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OfAddress {
    fn enter(self: Arc<Self>, address: IpAddr) -> Result<One, Full> {
        let mut all = self.lock();
        let taken = all.entry(address).or_default();
        if *taken >= self.most {
            return Err(Full::OfAddress(self.most));
        }
        *taken += 1;
        drop(all);
        Ok(One { of: self, address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let mut all = self.of.lock();
        if let Some(taken) = all.get_mut(&self.address) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some([192, 0, 2, last].into())
    }

    #[test]
    fn only_so_many_may_at_a_time() {
        let places = Places::new(2, None);
        let first = places.enter(address(1));
        let second = places.enter(address(1));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(places.enter(address(1)).err(), Some(Full::All(2)));
        drop(first);
        assert!(places.enter(None).is_ok());
    }

    #[test]
    fn how_many_may_can_change_while_they_are_there_and_nobody_has_to_go() {
        let places = Places::new(3, None);
        let mut inside = [places.enter(None).ok(), places.enter(None).ok(), places.enter(None).ok()];
        places.set_most(1);
        assert!(inside.iter().all(Option::is_some));
        for place in inside.iter_mut().take(2) {
            *place = None;
            assert_eq!(places.enter(None).err(), Some(Full::All(1)));
        }
        places.set_most(2);
        let more = [places.enter(None), places.enter(None)];
        assert_eq!(more.iter().flatten().count(), 1);
    }

    #[test]
    fn only_so_many_may_from_one_address_and_nothing_is_remembered_of_those_who_have_gone() {
        let places = Places::new(4, Some(2));
        let first = [places.enter(address(1)), places.enter(address(1))];
        assert!(first.iter().all(Result::is_ok));
        assert_eq!(places.enter(address(1)).err(), Some(Full::OfAddress(2)));
        let mapped = Some("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(places.enter(mapped).err(), Some(Full::OfAddress(2)));
        let others = [places.enter(address(2)), places.enter(None)];
        assert!(others.iter().all(Result::is_ok));
        assert_eq!(places.enter(address(3)).err(), Some(Full::All(4)));
        drop((first, others));
        assert!(places.of_address.as_ref().unwrap().lock().is_empty());
    }
}
