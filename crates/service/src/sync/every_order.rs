//! What tests of every order run in.

use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use loom::model::Builder;
use loom::sync::{Condvar, Mutex};
use loom::thread::{self, JoinHandle};

/// Changes of the running thread where it could have gone on. Nearly all mistakes need two at most (Musuvathi and Qadeer,
/// "Iterative Context Bounding", 2007), and more take far longer.
const PREEMPTIONS: usize = 2;
/// Steps of one run.
const STEPS: usize = 20_000;
/// In words: 1 MiB, where loom's own threads have 32 KiB.
const STACK: usize = 1 << 17;

/// Runs `body` once for each order; a thread that waits for ever fails it.
pub fn in_every_order(body: impl Fn() + Send + Sync + 'static) {
    // For timers, which nobody drives: they never go off.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    let _in_runtime = runtime.enter();
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS); // LOOM_MAX_PREEMPTIONS may ask for another number
    builder.max_branches = STEPS;
    let body = Arc::new(body);
    builder.check(move || {
        let body = body.clone();
        join(spawn(move || body()));
    });
}

/// One more thread.
pub fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let thread = thread::Builder::new().stack_size(STACK).spawn(body);
    thread.unwrap_or_else(|error| panic!("no thread: {error}"))
}

/// Waits for it.
pub fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|_| panic!("the thread panicked"))
}

/// Wakes the thread that [`block_on`] runs on. Loom's own has a counter of references that tokio would come to while it
/// holds a lock which loom knows nothing of.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }
}

/// Runs a future to its end, as a task of its own.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut cx) {
            return done;
        }
        // Who wakes itself lets others have their turn.
        thread::yield_now();
        let mut rung = bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while !*rung {
            rung = bell.changed.wait(rung).unwrap_or_else(PoisonError::into_inner);
        }
        *rung = false;
    }
}

/// Tokio's `watch`, with a counter that lets loom know whenever somebody comes to it, and without its choice at random
/// of where somebody waits: each run has to go as the one before.
pub mod watch {
    use std::ops::{Deref, DerefMut};
    use std::sync::Arc;

    use loom::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::{Notify, watch};

    /// The writing end.
    #[derive(Debug, Default)]
    pub struct Sender<T> {
        real: watch::Sender<T>,
        comes: Arc<AtomicUsize>,
        changed: Changed,
    }

    /// The reading end.
    #[derive(Clone, Debug)]
    pub struct Receiver<T> {
        real: watch::Receiver<T>,
        comes: Arc<AtomicUsize>,
        changed: Arc<Notify>,
    }

    /// Tells who waits, also when the writing end is gone.
    #[derive(Debug, Default)]
    struct Changed(Arc<Notify>);

    impl Drop for Changed {
        fn drop(&mut self) {
            self.0.notify_waiters();
        }
    }

    impl<T> Sender<T> {
        /// Tells of each change from now on.
        pub fn subscribe(&self) -> Receiver<T> {
            Receiver { real: self.deref().subscribe(), comes: self.comes.clone(), changed: self.changed.0.clone() }
        }

        /// Replaces the value and tells so.
        pub fn send_replace(&self, value: T) -> T {
            let before = self.deref().send_replace(value);
            self.changed.0.notify_waiters();
            before
        }
    }

    impl<T> Receiver<T> {
        /// Waits for a value that was not seen.
        ///
        /// # Errors
        /// The writing end is gone.
        pub async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
            loop {
                let changed = self.changed.clone();
                let changed = changed.notified();
                if self.has_changed()? {
                    self.mark_unchanged();
                    return Ok(());
                }
                changed.await;
            }
        }
    }

    impl<T> Deref for Sender<T> {
        type Target = watch::Sender<T>;

        fn deref(&self) -> &Self::Target {
            self.comes.fetch_add(1, Ordering::SeqCst);
            &self.real
        }
    }

    impl<T> Deref for Receiver<T> {
        type Target = watch::Receiver<T>;

        fn deref(&self) -> &Self::Target {
            self.comes.fetch_add(1, Ordering::SeqCst);
            &self.real
        }
    }

    impl<T> DerefMut for Receiver<T> {
        fn deref_mut(&mut self) -> &mut Self::Target {
            self.comes.fetch_add(1, Ordering::SeqCst);
            &mut self.real
        }
    }
}
