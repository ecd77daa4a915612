//! The connection below a client: a socket, TLS over one, or that of another server.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::ClientStream;
#[cfg(test)]
use crate::probed::Probed;

pub(crate) enum Wire {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Of another server that our router runs in: the socket below is out of reach, and the kernel ends it in its own
    /// time.
    Other(TokioIo<Upgraded>),
    /// One of these, and before each write it is looked at whether the bridge goes on meanwhile.
    #[cfg(test)]
    Probed(Box<Probed<Wire>>),
}

/// Does the same with whatever it is.
macro_rules! each {
    ($wire:expr, $stream:ident => $does:expr) => {
        match $wire {
            Wire::Tcp($stream) => $does,
            Wire::Tls($stream) => $does,
            Wire::Other($stream) => $does,
            #[cfg(test)]
            Wire::Probed($stream) => $does,
        }
    };
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, into))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl ClientStream for Wire {
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_slices(cx, slices),
            Self::Tls(stream) => {
                // rustls takes up to 64 KiB that the socket does not, where a picture would grow old: what it has taken
                // goes out first, and until then something newer may be chosen.
                ready!(Pin::new(&mut *stream).poll_flush(cx))?;
                Pin::new(stream).poll_write_vectored(cx, slices)
            }
            Self::Other(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            #[cfg(test)]
            Self::Probed(stream) => stream.poll_write_slices(cx, slices),
        }
    }

    fn reset_when_dropped(&self) {
        match self {
            Self::Tcp(stream) => stream.reset_when_dropped(),
            Self::Tls(stream) => stream.get_ref().0.reset_when_dropped(),
            Self::Other(_) => {}
            #[cfg(test)]
            Self::Probed(stream) => stream.reset_when_dropped(),
        }
    }
}
