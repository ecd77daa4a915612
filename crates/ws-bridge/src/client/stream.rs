//! What a client is connected by.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use rustix::net::{SendAncillaryBuffer, SendFlags, send, sendmsg};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::allowance::Allowance;
use super::{Alarm, Wire};

/// A stream to a client; a plain TCP socket is written to without anything in between.
pub(crate) trait ClientStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Writes some of these bytes; gives how many.
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write_vectored(cx, slices)
    }

    /// From now on, dropping the stream throws away what it has not sent and tells the peer so (a TCP reset).
    fn reset_when_dropped(&self);
}

impl ClientStream for TcpStream {
    /// With `send` and `sendmsg`, which the kernel takes up to a tenth faster than the `writev` behind
    /// `poll_write_vectored`.
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let send = || match slices {
            [one] => Ok(send(&*self, one, SendFlags::NOSIGNAL)?),
            _ => Ok(sendmsg(&*self, slices, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?),
        };
        // Most sockets take it at once, and then what tokio knows of them need not be looked up.
        let mut sent: io::Result<usize> = send();
        while let Err(error) = &sent
            && error.kind() == io::ErrorKind::WouldBlock
        {
            ready!(self.poll_write_ready(cx))?;
            sent = self.try_io(Interest::WRITABLE, send);
        }
        Poll::Ready(sent)
    }

    fn reset_when_dropped(&self) {
        let _ = self.set_zero_linger(); // fails only for a socket that is already gone
    }
}

/// What viewers are connected by, and how much they may say.
pub(crate) struct ViewerStream {
    wire: Wire,
    allowance: Allowance,
    /// When to read on, where a client has said too much.
    read_on_at: Option<Instant>,
    read_alarm: Alarm,
}

impl ViewerStream {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, allowance: Allowance::default(), read_on_at: None, read_alarm: Alarm::default() }
    }

    /// The stream below an upgrade of another server, and what the client has sent already.
    pub(crate) fn upgraded(upgraded: Upgraded) -> (Self, Bytes) {
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (Self::new(Wire::Tcp(parts.io.into_inner())), parts.read_buf),
            Err(other) => (Self::new(Wire::Other(TokioIo::new(other))), Bytes::new()),
        }
    }
}

impl AsyncRead for ViewerStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some(at) = this.read_on_at {
            ready!(this.read_alarm.poll_at(at, cx));
            this.read_on_at = None;
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut this.wire).poll_read(cx, into))?;
        this.read_on_at = this.allowance.use_up(into.filled().len() - before, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ViewerStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl ClientStream for ViewerStream {
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.wire.poll_write_slices(cx, slices)
    }

    fn reset_when_dropped(&self) {
        self.wire.reset_when_dropped();
    }
}
