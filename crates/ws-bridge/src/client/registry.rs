//! Who watches: for the status, and for the log when they go.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Asked, Pace};

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) number: u64,
    /// Its address, where the server that we run in tells it.
    pub(crate) address: Option<SocketAddr>,
    /// The path that it asked for.
    pub(crate) path: String,
    pub(crate) asked: Asked,
    pub(crate) since: Instant,
    pace: Mutex<Option<Pace>>,
    bundles: AtomicU64,
    bytes: AtomicU64,
    skipped: AtomicU64,
}

/// What a client got so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// Bundles that went to its socket.
    pub(crate) bundles: u64,
    /// Bytes of these.
    pub(crate) bytes: u64,
    /// Bundles that it was too slow for.
    pub(crate) skipped: u64,
}

impl Client {
    /// How often it gets pictures at most, if not as often as they come; it may have changed what it asked for.
    pub(crate) fn pace(&self) -> Option<Pace> {
        *self.lock_pace()
    }

    pub(crate) fn set_pace(&self, pace: Pace) {
        *self.lock_pace() = Some(pace);
    }

    fn lock_pace(&self) -> MutexGuard<'_, Option<Pace>> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a bundle. For its connection alone, which is never in two places at once.
    pub(crate) fn count(&self, bytes: usize, skipped: u64) {
        let add = |counter: &AtomicU64, n| counter.store(counter.load(Ordering::Relaxed) + n, Ordering::Relaxed);
        add(&self.bundles, 1);
        add(&self.bytes, bytes as u64);
        add(&self.skipped, skipped);
    }

    pub(crate) fn delivered(&self) -> Delivered {
        Delivered {
            bundles: self.bundles.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
        }
    }
}

/// All clients that are connected.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    last: AtomicU64,
    all: Mutex<BTreeMap<u64, Arc<Client>>>,
}

impl Clients {
    /// Adds a client; it is listed until what this returns is dropped.
    pub(crate) fn enter(self: &Arc<Self>, address: Option<SocketAddr>, path: String, asked: Asked) -> Entry {
        let number = 1 + self.last.fetch_add(1, Ordering::Relaxed);
        let (bundles, bytes, skipped) = Default::default();
        let (since, pace) = (Instant::now(), Mutex::new(asked.pace));
        let client = Arc::new(Client { number, address, path, asked, since, pace, bundles, bytes, skipped });
        self.lock().insert(number, client.clone());
        Entry { clients: self.clone(), client }
    }

    /// Who is connected now, the oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Client>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's place in the list.
#[derive(Debug)]
pub(crate) struct Entry {
    clients: Arc<Clients>,
    pub(crate) client: Arc<Client>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.clients.lock().remove(&self.client.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_listed_as_long_as_it_is_there() {
        let clients = Arc::new(Clients::default());
        let first = clients.enter(None, "/".into(), Asked::default());
        let second = clients.enter(None, "/stream".into(), Asked::default());
        second.client.count(100, 2);
        drop(first);
        let listed = clients.list();
        assert_eq!(listed.iter().map(|client| (client.number, &*client.path)).collect::<Vec<_>>(), [(2, "/stream")]);
        assert_eq!(listed[0].delivered(), Delivered { bundles: 1, bytes: 100, skipped: 2 });
    }
}
