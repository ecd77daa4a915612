//! Locks and counters of which tests can try every order.
//!
//! They are the standard library's and tokio's. Built by `scripts/test-races`, they are loom's, and the tests in modules
//! that are named `races` run the code as it is, once for each order in which its threads can come to them.
//!
//! Nothing here is cleverer than a lock. Channels, `Notify`, `watch`, semaphores and cancellation are tokio's, std's or
//! crossbeam's, and are trusted. What is hand-made above these, and the tests that hold it:
//!
//! - cam-grabber's `recent`, the newest-wins slot between a camera's thread and the pipeline: `recent::races`; and how the
//!   pipeline waits for it: `camera::races`.
//! - its `capture::gstreamer::inbox`, a lock and a condition between GStreamer's threads and the camera's: `inbox::races`.
//! - ws-bridge's `client::connection`, which a client's own task and a lane of `client::fan` share, and whoever comes second
//!   leaves to the other: `fan::races`.
//! - its `hub`, in which each scene is made out of the last one, by several grabbers: `hub::races`.
//! - its `client::registry`, in which what a client got is added up when it goes: `fan::races`.
//!
//! All other atomics count, or are set once (`is_removed`, `control_lost`): each is read by itself and tells nothing of
//! other memory, so that `Relaxed` is enough. `sharing::CHANGES` goes up within the lock of what it tells of.

#[cfg(loom)]
pub mod every_order;

#[cfg(loom)]
pub use every_order::watch;
#[cfg(loom)]
pub use loom::sync::atomic::AtomicU64;
#[cfg(loom)]
pub use loom::sync::{Condvar, Mutex, MutexGuard};

use std::time::Duration;

#[cfg(not(loom))]
pub use std::sync::atomic::AtomicU64;
#[cfg(not(loom))]
pub use std::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(loom))]
pub use tokio::sync::watch;

/// Waits as long as `condition` holds, at most for `timeout`. In tests of every order time stands still, and what waits
/// has to be woken.
#[cfg(not(loom))]
pub fn wait_timeout_while<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    timeout: Duration,
    condition: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    let waited = condvar.wait_timeout_while(guard, timeout, condition);
    waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
}

/// The same for loom's.
#[cfg(loom)]
pub fn wait_timeout_while<'a, T>(
    condvar: &Condvar,
    mut guard: MutexGuard<'a, T>,
    _timeout: Duration,
    mut condition: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    while condition(&mut guard) {
        guard = condvar.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    guard
}
