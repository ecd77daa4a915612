//! Encoders side by side: threads of their own, fed through one bounded queue.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use cameracast_config::Encoder as Kind;
use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{EncodeError, Encoded, Encoder};
use crate::capture::Frame;

/// Jobs that wait for a thread: a bundle of all the cameras that there can be. Whoever brings more waits; nothing is dropped.
const QUEUE: usize = 256;

/// A frame that is to be encoded.
#[derive(Clone, Debug)]
pub struct Job {
    /// Dropped, and so given back to the camera's SDK, as soon as it is encoded.
    pub frame: Frame,
    /// 1 to 100.
    pub quality: u8,
}

/// Threads named `encode-N`, an [`Encoder`] each. They end when the pool is dropped, which waits for the jobs that they
/// are at.
pub struct EncoderPool {
    queue: Sender<Work>,
    room: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
}

struct Work {
    job: Job,
    done: oneshot::Sender<Result<Encoded, EncodeError>>,
    /// In the queue.
    place: OwnedSemaphorePermit,
}

impl EncoderPool {
    /// Starts `threads` threads, at least one.
    ///
    /// # Errors
    /// The encoder is not part of this build, or the system gives no more threads.
    pub fn new(kind: Kind, threads: usize) -> Result<Self, EncodeError> {
        let (queue, jobs) = bounded(QUEUE);
        let mut pool = Self { queue, room: Arc::new(Semaphore::new(QUEUE)), threads: Vec::new() };
        for n in 0..threads.max(1) {
            let (encoder, jobs) = (Encoder::new(kind)?, jobs.clone());
            let thread = thread::Builder::new().name(format!("encode-{n}"));
            let thread = thread.spawn(move || work(kind, encoder, &jobs));
            pool.threads.push(thread.map_err(|error| EncodeError::Thread(error.to_string()))?);
        }
        Ok(pool)
    }

    /// Encodes side by side; the results are in the order of the jobs. Jobs that no thread has begun are dropped with
    /// the future.
    pub async fn encode(&self, jobs: Vec<Job>) -> Vec<Result<Encoded, EncodeError>> {
        let mut pending = Vec::with_capacity(jobs.len());
        for job in jobs {
            pending.push(self.submit(job).await);
        }
        let mut results = Vec::with_capacity(pending.len());
        for result in pending {
            results.push(result.await.unwrap_or_else(|_| Err(EncodeError::Panicked("its thread is gone".into()))));
        }
        results
    }

    async fn submit(&self, job: Job) -> oneshot::Receiver<Result<Encoded, EncodeError>> {
        let (done, result) = oneshot::channel();
        // Neither fails: the semaphore is never closed, and has as many permits as the queue has places. If one did, the
        // result's sender is dropped and the caller told.
        if let Ok(place) = Arc::clone(&self.room).acquire_owned().await {
            let _ = self.queue.try_send(Work { job, done, place });
        }
        result
    }
}

impl Drop for EncoderPool {
    fn drop(&mut self) {
        // Without a sender the threads run out of jobs.
        self.queue = bounded(0).0;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// One thread's life. After a panic its encoder may be in any state, and is made anew for the next job.
fn work(kind: Kind, encoder: Encoder, jobs: &Receiver<Work>) {
    let mut encoder = Some(encoder);
    for Work { job, done, place } in jobs {
        drop(place);
        if done.is_closed() {
            // Nobody waits for it any more.
            continue;
        }
        let result = catch_unwind(AssertUnwindSafe(|| run(kind, &mut encoder, job))).unwrap_or_else(|panic| {
            encoder = None;
            Err(EncodeError::Panicked(message(panic.as_ref())))
        });
        let _ = done.send(result);
    }
}

/// Encodes a frame and gives it back.
fn run(kind: Kind, encoder: &mut Option<Encoder>, job: Job) -> Result<Encoded, EncodeError> {
    let encoder = match encoder {
        Some(encoder) => encoder,
        None => encoder.insert(Encoder::new(kind)?),
    };
    encoder.encode(&job.frame, job.quality)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests;
