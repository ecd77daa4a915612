//! Buffers that come back when a frame is dropped, as a camera's SDK has them.

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded};

/// Buffers kept for reuse. More may be out at a time; those that come back to a full store are freed.
const KEPT: usize = 8;

/// Where a pattern's frames come from and return to.
pub(super) struct Buffers {
    size: usize,
    back: Sender<Vec<u8>>,
    free: Receiver<Vec<u8>>,
}

/// A buffer that returns to its store when it is dropped.
struct Lent {
    buffer: Vec<u8>,
    back: Sender<Vec<u8>>,
}

impl Buffers {
    /// An empty store of buffers of so many bytes.
    pub(super) fn of_size(size: usize) -> Self {
        let (back, free) = bounded(KEPT);
        Self { size, back, free }
    }

    /// A buffer with what `draw` puts in; it begins with what it held before.
    pub(super) fn fill(&self, draw: impl FnOnce(&mut [u8])) -> Bytes {
        let mut buffer = self.free.try_recv().unwrap_or_else(|_| vec![0; self.size]);
        draw(&mut buffer);
        Bytes::from_owner(Lent { buffer, back: self.back.clone() })
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let _ = self.back.try_send(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_frame_lends_its_buffer_to_the_next() {
        let buffers = Buffers::of_size(4);
        let first = buffers.fill(|buffer| buffer.fill(1));
        let second = buffers.fill(|buffer| buffer.fill(2));
        assert_eq!((&first[..], &second[..]), (&[1; 4][..], &[2; 4][..]));

        let place = first.as_ptr();
        drop(first);
        assert_eq!(buffers.fill(|_| ()).as_ptr(), place);
    }

    #[test]
    fn a_frame_outlives_its_camera() {
        let buffers = Buffers::of_size(4);
        let frame = buffers.fill(|buffer| buffer.fill(7));
        drop(buffers);
        assert_eq!(frame, [7; 4][..]);
    }
}
