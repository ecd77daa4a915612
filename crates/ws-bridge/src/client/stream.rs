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

/// What viewers are connected by.
pub(crate) enum ViewerStream {
    Tcp(TcpStream),
    /// Of another server that our router runs in: the socket below is out of reach, and the kernel ends it in its own
    /// time.
    Other(TokioIo<Upgraded>),
}

impl ViewerStream {
    /// The stream below an upgrade of another server, and what the client has sent already.
    pub(crate) fn upgraded(upgraded: Upgraded) -> (Self, Bytes) {
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (Self::Tcp(parts.io.into_inner()), parts.read_buf),
            Err(other) => (Self::Other(TokioIo::new(other)), Bytes::new()),
        }
    }
}

impl AsyncRead for ViewerStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Other(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for ViewerStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Other(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Other(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Other(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl ClientStream for ViewerStream {
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_slices(cx, slices),
            Self::Other(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn reset_when_dropped(&self) {
        match self {
            Self::Tcp(stream) => stream.reset_when_dropped(),
            Self::Other(_) => {}
        }
    }
}
