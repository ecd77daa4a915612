//! A stream whose peer has to take a byte now and then: the limit for HTTP, where hyper writes. A WebSocket has its own,
//! in `client::socket`, and takes the stream out of this.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::client::{Alarm, ClientStream};

/// Fails a write for which the peer has taken no byte for too long, with [`io::ErrorKind::TimedOut`]; dropping the stream
/// after that resets the connection.
#[derive(Debug)]
pub(crate) struct WriteDeadline<S> {
    stream: S,
    stuck_since: Option<Instant>,
    stuck_at_most: Duration,
    alarm: Alarm,
}

impl<S: ClientStream> WriteDeadline<S> {
    pub(crate) fn new(stream: S, stuck_at_most: Duration) -> Self {
        Self { stream, stuck_since: None, stuck_at_most, alarm: Alarm::default() }
    }

    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    fn poll_in_time<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let written = write(Pin::new(&mut self.stream), cx);
        if written.is_ready() {
            self.stuck_since = None;
            return written;
        }
        let since = *self.stuck_since.get_or_insert_with(Instant::now);
        ready!(self.alarm.poll_at(since + self.stuck_at_most, cx));
        self.stream.reset_when_dropped();
        let sentence = format!("it took no byte for {} s", self.stuck_at_most.as_secs_f32());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, sentence)))
    }
}

impl<S: ClientStream> AsyncRead for WriteDeadline<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: ClientStream> AsyncWrite for WriteDeadline<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_in_time(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_in_time(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_in_time(cx, |stream, cx| stream.poll_flush(cx)) // where TLS writes
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::sleep;

    use super::*;

    const AT_MOST: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_write_of_which_no_byte_is_taken_fails() {
        let (ours, _theirs) = duplex(8);
        let mut stream = WriteDeadline::new(ours, AT_MOST);
        let begin = Instant::now();
        let error = stream.write_all(b"more than fits").await.unwrap_err();
        assert_eq!((error.kind(), begin.elapsed()), (io::ErrorKind::TimedOut, AT_MOST));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_byte_now_and_then_is_waited_for() {
        let (ours, mut theirs) = duplex(1);
        let mut stream = WriteDeadline::new(ours, AT_MOST);
        let writing = tokio::spawn(async move { stream.write_all(b"slow link").await });
        for _ in 0..9 {
            sleep(Duration::from_secs(9)).await;
            theirs.read_u8().await.unwrap();
        }
        writing.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_with_nothing_to_write_may_rest() {
        let (ours, mut theirs) = duplex(8);
        let mut stream = WriteDeadline::new(ours, AT_MOST);
        for _ in 0..3 {
            stream.write_all(b"answer").await.unwrap();
            sleep(3 * AT_MOST).await;
            theirs.read_exact(&mut [0; 6]).await.unwrap();
        }
    }
}
