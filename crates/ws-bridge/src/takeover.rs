//! How a face gets the connection below its request for itself, once the head of its answer is out: from then on it
//! writes to the socket without anything in between.
//!
//! Our own server offers this with every request ([`Takeover`]); another server gives a WebSocket its own upgrade.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::upgrade::OnUpgrade;

use crate::client::ViewerStream;

/// Serves a connection; the bytes are those that the client has sent behind its request.
pub(crate) type Serve = Box<dyn FnOnce(ViewerStream, Bytes) -> BoxFuture<'static, ()> + Send>;

/// A connection's slot for who wants it when HTTP has ended on it.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Arc<Mutex<Option<Serve>>>);

impl Takeover {
    /// Lets `serve` have the connection when the answer to this request is out. Where the client has gone by then, it
    /// never runs.
    pub(crate) fn claim<F: Future<Output = ()> + Send + 'static>(
        &self,
        serve: impl FnOnce(ViewerStream, Bytes) -> F + Send + 'static,
    ) {
        *self.lock() = Some(Box::new(|stream, early| Box::pin(serve(stream, early))));
    }

    /// Who wants the connection.
    pub(crate) fn take(&self) -> Option<Serve> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Serve>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection below a request, where it can be had.
pub(crate) enum Below {
    Ours(Takeover),
    /// Of another server, by an upgrade to a WebSocket only.
    Upgrade(OnUpgrade),
}

impl Below {
    /// The connection on which `request` came.
    pub(crate) fn of(request: &mut Request) -> Option<Self> {
        let ours = request.extensions_mut().remove::<Takeover>().map(Self::Ours);
        ours.or_else(|| request.extensions_mut().remove::<OnUpgrade>().map(Self::Upgrade))
    }

    /// Lets `serve` have the connection when the head of the answer is out; it never runs where the client has gone by
    /// then. Gives what has to be run for that, where this is not our own server's task.
    pub(crate) fn then<F: Future<Output = ()> + Send + 'static>(
        self,
        serve: impl FnOnce(ViewerStream, Bytes) -> F + Send + 'static,
    ) -> Option<BoxFuture<'static, ()>> {
        match self {
            Self::Ours(takeover) => {
                takeover.claim(serve);
                None
            }
            Self::Upgrade(upgrade) => Some(Box::pin(async {
                if let Ok(upgraded) = upgrade.await {
                    let (stream, early) = ViewerStream::upgraded(upgraded);
                    serve(stream, early).await;
                }
            })),
        }
    }
}
