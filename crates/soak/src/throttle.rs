//! A stream that is read as slowly as a slow link would bring it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that are taken at once: less than a picture.
const PIECE: usize = 8 << 10;

/// Reads at most so many bytes a second; writes are as fast as ever.
pub(crate) struct Throttle<S> {
    stream: S,
    bytes_a_second: Option<usize>,
    next: Pin<Box<Sleep>>,
}

impl<S> Throttle<S> {
    pub(crate) fn new(stream: S, bytes_a_second: Option<usize>) -> Self {
        Self { stream, bytes_a_second, next: Box::pin(sleep_until(Instant::now())) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Throttle<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(bytes_a_second) = self.bytes_a_second else {
            return Pin::new(&mut self.stream).poll_read(cx, into);
        };
        ready!(self.next.as_mut().poll(cx));
        let mut piece = vec![0; PIECE.min(into.remaining())];
        let mut read = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        into.put_slice(read.filled());
        // From when the last piece was due, so that a late timer makes the link no slower.
        let took = Duration::from_secs_f64(read.filled().len() as f64 / bytes_a_second as f64);
        let due = self.next.deadline().max(Instant::now() - Duration::from_millis(50)) + took;
        self.next.as_mut().reset(due);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Throttle<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
