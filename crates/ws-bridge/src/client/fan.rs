//! Hands on what is new to everyone who keeps up. A lane, one for each of the runtime's threads, goes from client to
//! client and writes: that costs about as much as a bare loop of writes, where waking a task for each client costs a
//! fifth more for small bundles. A client that the lane would have to wait for is left to its own task.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

use cameracast_service::sync::{Mutex, MutexGuard, watch};
use tokio::runtime::Handle;
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Moment;
use crate::hub::Hub;
use crate::scene::Scene;

/// After so many clients a lane lets the other tasks of its thread have their turn.
const TURN: usize = 32;

/// Who can be handed something.
pub(crate) trait Fanned: Send + Sync {
    /// There is something new: writes it if that takes no waiting. `false` where the client's own task is at it just now,
    /// and may have looked too early.
    fn hand_on(&self, moment: &Moment) -> bool;

    /// Its turn comes soon, and for `next` right afterwards: what that reads is fetched from memory meanwhile.
    fn approach(&self, next: bool);
}

/// All clients that are handed what is new.
pub(crate) struct Fan {
    hub: Arc<Hub>,
    closing: CancellationToken,
    tasks: TaskTracker,
    lanes: OnceLock<Vec<Arc<Lane>>>,
    last: AtomicU64,
}

/// A part of the clients. Their list is not changed but replaced while the lane goes along it.
#[derive(Default)]
struct Lane(Mutex<Arc<List>>);

type List = Vec<(u64, Arc<dyn Fanned>)>;

/// A client's place in a lane, until it is dropped.
pub(crate) struct Place {
    lane: Arc<Lane>,
    number: u64,
}

impl Fan {
    /// The lanes end when `closing` is cancelled; `tasks` are told of them.
    pub(crate) fn new(hub: Arc<Hub>, closing: CancellationToken, tasks: TaskTracker) -> Self {
        Self { hub, closing, tasks, lanes: OnceLock::new(), last: AtomicU64::new(0) }
    }

    /// From now on the client is handed what is new.
    pub(crate) fn join(&self, client: Arc<dyn Fanned>) -> Place {
        let lanes = self.lanes.get_or_init(|| self.open_lanes());
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let lane = lanes.iter().min_by_key(|lane| lane.list().len()).cloned().unwrap_or_default();
        Arc::make_mut(&mut lane.list()).push((number, client));
        Place { lane, number }
    }

    fn open_lanes(&self) -> Vec<Arc<Lane>> {
        let open = |_| {
            let lane = Arc::<Lane>::default();
            // Unconstrained: tokio would call sockets busy that are not once a task has written to 128 of them.
            let serve = lane.clone().serve(self.hub.scenes());
            let serve = self.closing.clone().run_until_cancelled_owned(unconstrained(serve));
            self.tasks.spawn(serve);
            lane
        };
        (0..Handle::current().metrics().num_workers()).map(open).collect()
    }
}

impl Lane {
    async fn serve(self: Arc<Self>, mut scenes: watch::Receiver<Arc<Scene>>) {
        while scenes.changed().await.is_ok() {
            let clients = self.list().clone();
            let mut missed: Vec<&Arc<dyn Fanned>> = Vec::new();
            for turn in clients.chunks(TURN) {
                let moment = Moment::of(scenes.borrow().clone());
                // The kernel has had the cache since these were last read.
                turn.iter().take(2).for_each(|(_, soon)| soon.approach(false));
                for (place, (_, client)) in turn.iter().enumerate() {
                    for ahead in [2, 1] {
                        if let Some((_, soon)) = turn.get(place + ahead) {
                            soon.approach(ahead == 1);
                        }
                    }
                    if !client.hand_on(&moment) {
                        missed.push(client);
                    }
                }
                yield_now().await;
            }
            // Nobody waits for these, who have a thread of their own now; what is newer comes by here anyway.
            while !missed.is_empty() && !scenes.has_changed().unwrap_or(true) {
                let moment = Moment::of(scenes.borrow().clone());
                missed.retain(|client| !client.hand_on(&moment));
                yield_now().await;
            }
        }
    }

    fn list(&self) -> MutexGuard<'_, Arc<List>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        Arc::make_mut(&mut self.lane.list()).retain(|(number, _)| *number != self.number);
    }
}

impl fmt::Debug for Fan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fan").finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
mod races;
