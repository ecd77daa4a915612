//! The queue of recorders (`?delivery=every`): one for all of them, so it holds only what the slowest has not had.
//!
//! Bounds: [`RECORDER_QUEUE`] bundles and [`RECORDER_BYTES`] bytes. Beyond them the oldest bundles go, and a recorder that
//! has not had these learns that it has missed some.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use crate::scene::Published;

/// How many bundles a recorder may be behind.
pub const RECORDER_QUEUE: usize = 256;
/// How many bytes these bundles may take: two seconds of 1 MB pictures at 30 a second. One bundle may be larger.
pub const RECORDER_BYTES: usize = 64 << 20;

/// A recorder is further behind than the queue goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    /// By bundles.
    #[error("more than {RECORDER_QUEUE} bundles were waiting")]
    Bundles,
    /// By bytes.
    #[error("more than {} MiB were waiting", RECORDER_BYTES >> 20)]
    Bytes,
}

/// A bundle in the queue; nothing once it had to go because of its bytes.
#[derive(Debug)]
struct Waiting(Mutex<Option<Arc<Published>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Published>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct Recording {
    queue: broadcast::Sender<Arc<Waiting>>,
    /// What is in the queue, with its bytes, the oldest first.
    waiting: VecDeque<(Weak<Waiting>, usize)>,
    bytes: usize,
}

impl Default for Recording {
    fn default() -> Self {
        Self { queue: broadcast::Sender::new(RECORDER_QUEUE), waiting: VecDeque::new(), bytes: 0 }
    }
}

impl Recording {
    pub(crate) fn subscribe(&self) -> Every {
        Every(self.queue.subscribe())
    }

    pub(crate) fn push(&mut self, published: &Arc<Published>) {
        let waiting = Arc::new(Waiting(Mutex::new(Some(published.clone()))));
        let bytes = published.bundle.payload().len();
        self.waiting.push_back((Arc::downgrade(&waiting), bytes));
        self.bytes += bytes;
        let _ = self.queue.send(waiting); // nobody records
        while self.waiting.len() > self.queue.len() {
            self.pop(); // everyone has had it, or it is too old
        }
        while self.bytes > RECORDER_BYTES && self.waiting.len() > 1 {
            if let Some(oldest) = self.pop() {
                oldest.lock().take();
            }
        }
    }

    fn pop(&mut self) -> Option<Arc<Waiting>> {
        let (oldest, bytes) = self.waiting.pop_front()?;
        self.bytes -= bytes;
        oldest.upgrade()
    }
}

/// Every bundle, for one recorder.
#[derive(Debug)]
pub struct Every(broadcast::Receiver<Arc<Waiting>>);

impl Every {
    /// The next bundle, if one is waiting.
    ///
    /// # Errors
    /// The recorder is too far behind to get it.
    pub fn take(&mut self) -> Result<Option<Arc<Published>>, Missed> {
        match self.0.try_recv() {
            Ok(waiting) => waiting.lock().clone().map(Some).ok_or(Missed::Bytes),
            Err(TryRecvError::Lagged(_)) => Err(Missed::Bundles),
            Err(TryRecvError::Empty | TryRecvError::Closed) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use frame_bundle::{BundleBuilder, Frame, FrameBundle};

    use super::*;
    use crate::test_bundles::{self, frame};

    const MIB: usize = 1 << 20;

    fn published(number: u64, bytes: usize) -> Arc<Published> {
        let builder = BundleBuilder::new(number, 0).frame(Frame { data: vec![0; bytes].into(), ..frame(0, number) });
        let bundle = FrameBundle::parse(builder.build().unwrap()).unwrap();
        test_bundles::published(number, bundle)
    }

    fn take(every: &mut Every) -> Result<Option<u64>, Missed> {
        Ok(every.take()?.map(|published| published.number))
    }

    #[test]
    fn a_recorder_gets_every_bundle_or_learns_that_it_did_not() {
        let mut recording = Recording::default();
        let mut recorder = recording.subscribe();
        let numbers = 0..RECORDER_QUEUE as u64;
        numbers.clone().for_each(|number| recording.push(&published(number, 1)));
        for number in numbers {
            assert_eq!(take(&mut recorder), Ok(Some(number)));
        }
        assert_eq!(take(&mut recorder), Ok(None));
        (0..=RECORDER_QUEUE as u64).for_each(|number| recording.push(&published(number, 1)));
        assert_eq!(take(&mut recorder), Err(Missed::Bundles));
    }

    #[test]
    fn large_bundles_take_the_place_of_many() {
        let mut recording = Recording::default();
        let (mut slow, mut fast) = (recording.subscribe(), recording.subscribe());
        let mut waiting = vec![];
        for number in 0..20 {
            let large = published(number, 6 * MIB);
            waiting.push(Arc::downgrade(&large));
            recording.push(&large);
            assert_eq!(take(&mut fast), Ok(Some(number)));
        }
        let held = waiting.iter().filter(|bundle| bundle.strong_count() > 0).count();
        assert_eq!(held, 10, "no more than fit into 64 MiB");
        assert_eq!(take(&mut slow), Err(Missed::Bytes));
    }

    #[test]
    fn what_everyone_has_had_takes_no_memory() {
        let mut recording = Recording::default();
        let mut recorder = recording.subscribe();
        for number in 0..20 {
            let large = published(number, 6 * MIB);
            recording.push(&large);
            assert_eq!(take(&mut recorder), Ok(Some(number)));
            assert_eq!(Arc::strong_count(&large), 1);
        }
        drop(recorder);
        recording.push(&published(20, 6 * MIB));
        assert_eq!((recording.waiting.len(), recording.bytes), (0, 0), "nobody records");
    }

    #[test]
    fn a_bundle_larger_than_the_bound_still_arrives() {
        let mut recording = Recording::default();
        let mut recorder = recording.subscribe();
        recording.push(&published(0, RECORDER_BYTES + 1));
        assert_eq!(take(&mut recorder), Ok(Some(0)));
    }
}
