//! Who watches: for the status, and for the log when they go; and what all who ever watched got, for `/metrics`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use cameracast_service::sync::{AtomicU64, Mutex, MutexGuard};

use super::{Asked, Face, Pace};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

impl Delivered {
    fn plus(self, other: Self) -> Self {
        Self {
            bundles: self.bundles + other.bundles,
            bytes: self.bytes + other.bytes,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// The clients of one face, since the bridge started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Who came.
    pub(crate) came: u64,
    /// Who is there now.
    pub(crate) present: u64,
    /// What they got, those who are gone as well.
    pub(crate) delivered: Delivered,
}

/// All clients that are connected, and what is left of the others.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    last: AtomicU64,
    all: Mutex<All>,
    /// Connections that were reset because their client took no byte, by face.
    stalled: [AtomicU64; Face::ALL.len()],
    /// Recorders that were too slow.
    overrun: AtomicU64,
}

#[derive(Debug, Default)]
struct All {
    connected: BTreeMap<u64, Arc<Client>>,
    /// Of those who are gone, by face.
    gone: [Watched; Face::ALL.len()],
}

impl Clients {
    /// Adds a client; it is listed until what this returns is dropped.
    pub(crate) fn enter(self: &Arc<Self>, address: Option<SocketAddr>, path: String, asked: Asked) -> Entry {
        let number = 1 + self.last.fetch_add(1, Ordering::Relaxed);
        let (bundles, bytes, skipped) = Default::default();
        let (since, pace) = (Instant::now(), Mutex::new(asked.pace));
        let client = Arc::new(Client { number, address, path, asked, since, pace, bundles, bytes, skipped });
        self.lock().connected.insert(number, client.clone());
        Entry { clients: self.clone(), client }
    }

    /// Who is connected now, the oldest first.
    pub(crate) fn list(&self) -> Vec<Arc<Client>> {
        self.lock().connected.values().cloned().collect()
    }

    /// The clients of a face, those who are gone as well.
    pub(crate) fn watched(&self, face: Face) -> Watched {
        let all = self.lock();
        let connected = all.connected.values().filter(|client| client.asked.face == face);
        connected.fold(all.gone[face as usize], |watched, client| Watched {
            came: watched.came + 1,
            present: watched.present + 1,
            delivered: watched.delivered.plus(client.delivered()),
        })
    }

    /// A connection was reset because its client took no byte.
    pub(crate) fn count_stalled(&self, face: Face) {
        self.stalled[face as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often that happened.
    pub(crate) fn stalled(&self, face: Face) -> u64 {
        self.stalled[face as usize].load(Ordering::Relaxed)
    }

    /// A recorder was closed because it was too slow.
    pub(crate) fn count_overrun(&self) {
        self.overrun.fetch_add(1, Ordering::Relaxed);
    }

    /// How often that happened.
    pub(crate) fn overrun(&self) -> u64 {
        self.overrun.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, All> {
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
        let mut all = self.clients.lock();
        all.connected.remove(&self.client.number);
        let gone = &mut all.gone[self.client.asked.face as usize];
        gone.came += 1;
        gone.delivered = gone.delivered.plus(self.client.delivered());
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

    #[test]
    fn what_a_client_got_is_counted_for_its_face_when_it_is_gone_too() {
        let clients = Arc::new(Clients::default());
        let stream = Asked { face: Face::Stream, ..Asked::default() };
        let first = clients.enter(None, "/stream".into(), stream);
        let second = clients.enter(None, "/stream/1".into(), stream);
        let other = clients.enter(None, "/".into(), Asked::default());
        first.client.count(100, 2);
        second.client.count(50, 0);
        other.client.count(7, 0);
        let delivered = Delivered { bundles: 2, bytes: 150, skipped: 2 };
        assert_eq!(clients.watched(Face::Stream), Watched { came: 2, present: 2, delivered });
        drop((first, other));
        assert_eq!(clients.watched(Face::Stream), Watched { came: 2, present: 1, delivered });
        drop(second);
        assert_eq!(clients.watched(Face::Stream), Watched { came: 2, present: 0, delivered });
        assert_eq!(clients.watched(Face::Bundles).delivered.bytes, 7);
    }
}
