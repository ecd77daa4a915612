//! No lock that others need is held while a client is written to: shown by a stream that, before each write, waits until
//! another thread has done with the bridge whatever others do with it. That thread would wait for a lock that the writer
//! holds, and the writer waits for it; what one of them holds for another reason is free again in a moment.
//!
//! Every connection of a bridge that runs in these tests is such a stream ([`Wire::Probed`]), around the socket.
//!
//! [`Wire::Probed`]: crate::client::Wire

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::task;

use crate::bridge::Bridge;
use crate::client::{Asked, ClientStream, Face, Fanned, Moment};
use crate::round_trip;
use crate::small_frame::{Fit, Size};

/// How long others may take for what takes a few µs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks before each write whether the bridge goes on.
pub(crate) struct Probed<S> {
    stream: S,
    client: SocketAddr,
    bridge: Bridge,
}

/// What was seen of the writes to one client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) writes: u32,
    /// The tasks that wrote.
    pub(crate) writers: BTreeSet<String>,
    /// What others could not do meanwhile.
    pub(crate) held_up: BTreeSet<&'static str>,
}

static SEEN: Mutex<BTreeMap<SocketAddr, Seen>> = Mutex::new(BTreeMap::new());

/// What was seen of the writes to a client at this address.
pub(crate) fn seen(client: SocketAddr) -> Seen {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).get(&client).cloned().unwrap_or_default()
}

impl<S> Probed<S> {
    pub(crate) fn new(stream: S, client: SocketAddr, bridge: &Bridge) -> Self {
        Self { stream, client, bridge: bridge.clone() }
    }

    fn look(&self) {
        let (bridge, runtime) = (self.bridge.clone(), Handle::current());
        let (begin, begun) = mpsc::channel();
        thread::spawn(move || {
            go_on(&bridge, &runtime, |what| {
                let _ = begin.send(what); // nobody waits any more
            });
        });
        let mut doing = "begin";
        let held_up = loop {
            match begun.recv_timeout(PATIENCE) {
                Ok(next) => doing = next,
                Err(RecvTimeoutError::Timeout) => break Some(doing),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(self.client).or_default();
        seen.writes += 1;
        seen.writers.extend(task::try_id().map(|id| id.to_string()));
        seen.held_up.extend(held_up);
    }
}

/// Does what others do with the bridge; `begin` is told of each thing before.
fn go_on(bridge: &Bridge, runtime: &Handle, begin: impl Fn(&'static str)) {
    let _in_runtime = runtime.enter();
    begin("go to the hub and back");
    let (round_trip, mut questions) = round_trip::open();
    let answer = async { questions.recv().await.map(|question| bridge.hub.answer(question)) };
    runtime.block_on(async { tokio::join!(round_trip.once(), answer) });
    begin("look at the scene");
    drop(bridge.hub.scene());
    begin("record");
    let _ = bridge.hub.every().take();
    begin("read the counters");
    drop(bridge.hub.ledger());
    begin("come and go");
    let clients = bridge.clients.clone();
    drop(clients.enter(None, "/".into(), Asked::default()));
    begin("list the clients");
    let paces = clients.list().iter().filter(|client| client.pace().is_some()).count();
    let _ = Face::WATCHED.map(|face| clients.watched(face).present + paces as u64);
    begin("be handed what is new");
    drop(bridge.fan.join(Arc::new(Nobody)));
    begin("connect");
    let address = ([127, 0, 0, 1], 9).into();
    drop((bridge.guard.connect(address), bridge.guard.enter(Some(address))));
    begin("show a token");
    let _ = bridge.guard.access.wait(None, true, Instant::now());
    begin("reload");
    let _ = runtime.block_on(bridge.reload());
    begin("ask for a small frame");
    if let Ok(size) = Size::new(16, 16) {
        let _ = runtime.block_on(bridge.small_frame(0, size, Fit::Within));
    }
}

/// Who is handed what is new, and takes nothing.
struct Nobody;

impl Fanned for Nobody {
    fn hand_on(&self, _moment: &Moment) -> bool {
        true
    }

    fn approach(&self, _next: bool) {}
}

impl<S: AsyncRead + Unpin> AsyncRead for Probed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Probed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.look();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.look();
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.look();
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: ClientStream> ClientStream for Probed<S> {
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.look();
        self.stream.poll_write_slices(cx, slices)
    }

    fn reset_when_dropped(&self) {
        self.stream.reset_when_dropped();
    }
}

#[cfg(test)]
#[path = "probed_tests.rs"]
mod tests;
