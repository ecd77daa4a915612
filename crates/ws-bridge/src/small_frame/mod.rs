//! Small frames: JPEGs in another size, made when somebody asks, once per frame and size however many ask.
//!
//! A scaling runs on a thread for blocking work, at most [`at_a_time`] of them, so that handing on bundles finds a core; a
//! picture of more than [`LARGE`] pixels is scaled alone, one of more than [`MAX_PIXELS`] not at all. Up to [`QUEUE`] run
//! or wait for their turn; who asks for one more, or waits longer than [`PATIENCE`], is refused and counted
//! ([`SmallFrameCounts::refused`]). What was made is kept for the next one who asks, see `cache`.

mod cache;
mod error;
mod header;
mod scale;
mod size;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::camera::Newest;
use cache::{Cache, Key, Outcome};
pub use error::{NoSmallFrame, Undecodable};
pub(crate) use header::size as size_of_jpeg;
#[cfg(fuzzing)]
pub(crate) use scale::scale;
pub(crate) use size::Pixels;
pub use size::{BadSize, Fit, Size};

/// Scalings that run or wait.
const QUEUE: usize = 32;
/// How long somebody waits for one.
const PATIENCE: Duration = Duration::from_secs(5);
/// Small frames that are kept.
const ENTRIES: usize = 64;
/// Bytes of these, in sum.
const BYTES: usize = 16 << 20;
/// The largest picture that is decoded: 8192x8192 takes 192 MiB, three times that where its JPEG is progressive.
const MAX_PIXELS: u32 = 1 << 26;
/// A picture that takes more memory than several at a time should: 4096x4096.
const LARGE: u32 = 1 << 24;
/// JPEG quality, as for a picture that people look at closely.
const QUALITY: u8 = 85;

/// Half of the cores.
fn at_a_time() -> usize {
    (available_parallelism().map_or(1, usize::from) / 2).max(1)
}

/// What small frames have cost since the bridge started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SmallFrameCounts {
    /// Pictures that were decoded and scaled.
    pub scaled: u64,
    /// Requests that found one made, or in the making.
    pub reused: u64,
    /// Requests that were refused because too much was to be scaled.
    pub refused: u64,
}

/// Makes small frames.
#[derive(Debug)]
pub(crate) struct SmallFrames {
    state: Mutex<State>,
    turns: Semaphore,
    scaled: AtomicU64,
    reused: AtomicU64,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    made: Cache,
    /// Those that run or wait, and who waits for them.
    making: HashMap<Key, watch::Sender<Option<Outcome>>>,
}

/// A frame, and the size that it shall have.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    jpeg: Bytes,
    from: Pixels,
    key: Key,
}

impl Wish {
    /// What `size` means for this picture.
    ///
    /// # Errors
    /// It is none, or too large to be scaled.
    pub(crate) fn new(newest: &Newest, size: Size, fit: Fit) -> Result<Self, NoSmallFrame> {
        let camera = newest.frame.camera_id;
        let jpeg = newest.frame.data.clone();
        let undecodable = |cause| NoSmallFrame::Undecodable { camera, cause };
        let from = size_of_jpeg(&jpeg).map_err(undecodable)?;
        let Pixels { width, height } = from;
        if from.count() > MAX_PIXELS {
            return Err(undecodable(Undecodable::TooLarge { width, height }));
        }
        let key = Key { camera, number: newest.published.number, size: fit.apply(from, size) };
        Ok(Self { jpeg, from, key })
    }

    /// The size that it will have.
    pub(crate) fn size(&self) -> Pixels {
        self.key.size
    }
}

impl Default for SmallFrames {
    fn default() -> Self {
        let (state, turns) = (Mutex::default(), Semaphore::new(at_a_time()));
        let (scaled, reused, refused) = Default::default();
        Self { state, turns, scaled, reused, refused }
    }
}

impl SmallFrames {
    /// The small frame; the frame itself, not copied, where it has that size already.
    pub(crate) async fn get(self: &Arc<Self>, wish: Wish) -> Result<Bytes, NoSmallFrame> {
        if wish.size() == wish.from {
            return Ok(wish.jpeg);
        }
        match timeout(PATIENCE, self.outcome(&wish)).await {
            Ok(Some(outcome)) => outcome.map_err(|cause| NoSmallFrame::Undecodable { camera: wish.key.camera, cause }),
            Ok(None) | Err(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(NoSmallFrame::Busy)
            }
        }
    }

    /// `None` where too many are asked for.
    async fn outcome(self: &Arc<Self>, wish: &Wish) -> Option<Outcome> {
        loop {
            match self.find(wish) {
                Found::Made(outcome) => return Some(outcome),
                Found::TooMany => return None,
                Found::Making(mut made) => match made.wait_for(Option::is_some).await {
                    Ok(outcome) => return outcome.clone(),
                    // It was given up a moment before we joined.
                    Err(_) => continue,
                },
            }
        }
    }

    pub(crate) fn counts(&self) -> SmallFrameCounts {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        SmallFrameCounts { scaled: count(&self.scaled), reused: count(&self.reused), refused: count(&self.refused) }
    }

    /// Finds the small frame, or somebody who makes it already, or begins to make it.
    fn find(self: &Arc<Self>, wish: &Wish) -> Found {
        let mut state = self.lock();
        let found = match (state.made.get(&wish.key), state.making.get(&wish.key)) {
            (Some(outcome), _) => Found::Made(outcome.clone()),
            (None, Some(making)) => Found::Making(making.subscribe()),
            (None, None) if state.making.len() >= QUEUE => return Found::TooMany,
            (None, None) => {
                let (making, made) = watch::channel(None);
                state.making.insert(wish.key, making);
                tokio::spawn(Making { of: self.clone(), key: wish.key }.make(wish.clone()));
                return Found::Making(made);
            }
        };
        self.reused.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found {
    Made(Outcome),
    Making(watch::Receiver<Option<Outcome>>),
    TooMany,
}

/// A place among those that run or wait, given back when this is dropped.
struct Making {
    of: Arc<SmallFrames>,
    key: Key,
}

impl Making {
    async fn make(self, wish: Wish) {
        let turns = if wish.from.count() > LARGE { at_a_time() as u32 } else { 1 };
        let Ok(_turn) = self.of.turns.acquire_many(turns).await else { return }; // nobody closes it
        if self.nobody_waits() {
            return;
        }
        self.of.scaled.fetch_add(1, Ordering::Relaxed);
        let Wish { jpeg, from, key } = wish;
        let outcome = spawn_blocking(move || scale::scale(&jpeg, from, key.size)).await;
        // A decoder that panics has met a picture that it did not expect.
        let outcome = outcome.unwrap_or_else(|error| Err(Undecodable::Broken { reason: error.to_string() }));
        let mut state = self.of.lock();
        state.made.put(key, outcome.clone());
        if let Some(making) = state.making.get(&key) {
            making.send_replace(Some(outcome));
        }
    }

    fn nobody_waits(&self) -> bool {
        self.of.lock().making.get(&self.key).is_none_or(|making| making.receiver_count() == 0)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.of.lock().making.remove(&self.key);
    }
}

#[cfg(test)]
mod tests;
