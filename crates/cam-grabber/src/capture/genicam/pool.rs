//! The camera's buffers: each is either aravis' to fill or lent out as a frame, and comes back when that is dropped.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use aravis::prelude::*;
use aravis::{Buffer, Stream};
use bytes::Bytes;

/// Few, as each one that waits to be taken is a picture that gets old.
pub(super) const BUFFERS: usize = 16;

/// How long to wait for a frame before looking whether a buffer came back, while aravis has none left to fill.
const STARVED: Duration = Duration::from_millis(2);

/// Belongs to the camera's thread, as the stream does. Frames are dropped on any thread, so their buffers come back
/// through a channel; once the camera is closed, they are simply freed.
pub(super) struct Pool {
    back: Sender<Buffer>,
    returned: Receiver<Buffer>,
    lent: usize,
}

impl Pool {
    /// Gives the stream its buffers, of `payload` bytes each.
    pub(super) fn fill(stream: &Stream, payload: usize) -> Self {
        for _ in 0..BUFFERS {
            stream.push_buffer(allocate(payload));
        }
        let (back, returned) = mpsc::channel();
        Self { back, returned, lent: 0 }
    }

    /// Gives the stream what has come back.
    pub(super) fn take_back(&mut self, stream: &Stream) {
        for buffer in self.returned.try_iter() {
            self.lent -= 1;
            stream.push_buffer(buffer);
        }
    }

    /// How long to wait for the stream at most before the next [`take_back`](Self::take_back).
    pub(super) fn patience(&self) -> Duration {
        // Aravis fills one and needs another to go on.
        if self.lent + 2 > BUFFERS { STARVED } else { Duration::MAX }
    }

    /// The buffer as bytes, without a copy.
    pub(super) fn lend(&mut self, buffer: Buffer) -> Bytes {
        self.lent += 1;
        Bytes::from_owner(Lent { buffer: Some(buffer), back: self.back.clone() })
    }
}

#[allow(unsafe_code, reason = "aravis gives a pointer to memory that it does not initialise")]
fn allocate(size: usize) -> Buffer {
    let buffer = Buffer::new_allocate(size);
    let (data, size) = buffer.data();
    // SAFETY: the buffer was made for `size` bytes, and nobody else has it yet.
    unsafe { data.write_bytes(0, size) };
    buffer
}

struct Lent {
    buffer: Option<Buffer>,
    back: Sender<Buffer>,
}

impl AsRef<[u8]> for Lent {
    #[allow(unsafe_code, reason = "aravis gives a pointer and a size")]
    fn as_ref(&self) -> &[u8] {
        let Some(buffer) = &self.buffer else { return &[] };
        let (data, size) = buffer.data();
        // SAFETY: the buffer holds `size` initialised bytes as long as it lives, and aravis writes to it only after it
        // was pushed back, which happens when this owner is dropped.
        unsafe { std::slice::from_raw_parts(data, size) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            // Fails when the camera is closed; then this frees the buffer.
            self.back.send(buffer).ok();
        }
    }
}
