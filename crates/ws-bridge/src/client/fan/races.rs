//! A client that its own task and a lane write to, in every order.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use cameracast_service::sync::AtomicU64;
use cameracast_service::sync::every_order::{block_on, in_every_order, join, spawn};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::client::registry::Entry;
use crate::client::{Asked, BundleFeed, ClientStream, Clients, Connection, Face, Socket};
use crate::hub::Attachment;
use crate::scene::Peer;
use crate::test_bundles::bundle;

const LONG: Duration = Duration::from_secs(60);

/// What a client took, and how it waits.
#[derive(Default)]
struct Pipe {
    taken: Vec<u8>,
    is_full: bool,
    has_the_last: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Our end of it. The client goes once it has the last bundle.
#[derive(Clone, Default)]
struct Stream {
    pipe: Arc<sync::Mutex<Pipe>>,
    /// Lets others come in between at each call, also while the connection is locked.
    calls: Arc<AtomicU64>,
}

fn payload(seq: u64) -> Bytes {
    bundle(1, seq, &[0]).payload().clone()
}

impl Stream {
    fn pipe(&self) -> sync::MutexGuard<'_, Pipe> {
        self.pipe.lock().unwrap()
    }

    fn call(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }

    /// The client reads on.
    fn make_room(&self) {
        let writer = {
            let mut pipe = self.pipe();
            pipe.is_full = false;
            pipe.writer.take()
        };
        writer.into_iter().for_each(Waker::wake);
    }

    /// The bundles that the client has got, by their numbers. What is no whole message fails.
    fn bundles(&self) -> Vec<u64> {
        let pipe = self.pipe();
        let (mut left, mut bundles) = (&pipe.taken[..], Vec::new());
        while let [opcode, length, rest @ ..] = left {
            let (length, rest) = match *length {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                short => (usize::from(short), rest),
            };
            let (message, rest) = rest.split_at(length);
            match opcode {
                0x82 => bundles.push((0..LAST + 1).find(|seq| message == payload(*seq)).expect("a bundle as it came")),
                0x81 => assert!(serde_json::from_slice::<serde_json::Value>(message).is_ok()),
                _ => panic!("a torn message"),
            }
            left = rest;
        }
        assert!(left.is_empty(), "a torn message");
        bundles
    }
}

const LAST: u64 = 1;

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, _into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.pipe();
        if pipe.has_the_last {
            return Poll::Ready(Ok(()));
        }
        pipe.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.call();
        let mut pipe = self.pipe();
        if pipe.is_full {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        slices.iter().for_each(|slice| pipe.taken.extend_from_slice(slice));
        pipe.has_the_last |= pipe.taken.ends_with(&payload(LAST));
        let reader = if pipe.has_the_last { pipe.reader.take() } else { None };
        drop(pipe);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    /// The last that a task does before it waits: what comes now it does not see by itself.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl ClientStream for Stream {
    fn reset_when_dropped(&self) {}
}

/// A bridge with a grabber, and a client that is about to watch.
struct Stage {
    hub: Arc<Hub>,
    grabber: Attachment,
    clients: Arc<Clients>,
    entry: Entry,
    stream: Stream,
    connection: Arc<Connection<Stream, BundleFeed>>,
}

fn stage() -> Stage {
    let hub = Arc::new(Hub::default());
    let grabber = hub.attach(Peer { pid: None, uid: 0 });
    let clients = Arc::new(Clients::default());
    let entry = clients.enter(None, "/".into(), Asked::default());
    let stream = Stream::default();
    let feed = BundleFeed::new(hub.clone(), entry.client.clone());
    let connection = Connection::new(Socket::new(stream.clone(), Bytes::new(), LONG), feed, entry.client.clone());
    Stage { hub, grabber, clients, entry, stream, connection }
}

fn publish(grabber: &Attachment, stream: &Stream, seq: u64) {
    stream.call();
    grabber.publish(&bundle(1, seq, &[0])).unwrap();
}

/// Lets a lane and the client's own task run until the client has the last bundle; `meanwhile` is what happens. Gives the
/// bundles that it got, and of how many it was told to have got and missed them.
fn watched(stage: Stage, meanwhile: impl FnOnce(&Attachment, &Stream)) -> (Vec<u64>, u64, u64) {
    let Stage { hub, grabber, clients, entry, stream, connection } = stage;
    let lane = Arc::<Lane>::default();
    Arc::make_mut(&mut lane.list()).push((0, connection.clone()));
    let serving = spawn({
        let serve = lane.serve(hub.scenes());
        move || block_on(serve)
    });
    let own = spawn({
        let connection = connection.clone();
        move || drop(block_on(connection.drive()))
    });
    meanwhile(&grabber, &stream);
    // For ever, where nobody is woken to write the last one.
    join(own);
    drop(connection.take());
    drop((entry, grabber, hub, connection));
    join(serving);
    let got = clients.watched(Face::Bundles).delivered;
    (stream.bundles(), got.bundles, got.skipped)
}

#[test]
fn a_client_gets_each_bundle_once_whole_and_in_turn_whoever_of_the_two_writes_it() {
    in_every_order(|| {
        let publish_all = |grabber: &Attachment, stream: &Stream| {
            (0..=LAST).for_each(|seq| publish(grabber, stream, seq));
        };
        assert_eq!(watched(stage(), publish_all), (vec![0, 1], 2, 0));
    });
}

#[test]
fn a_client_that_lets_us_wait_gets_the_newest_in_the_end_and_what_it_misses_is_counted() {
    in_every_order(|| {
        let stage = stage();
        stage.stream.pipe().is_full = true;
        let (bundles, got, missed) = watched(stage, |grabber, stream| {
            publish(grabber, stream, 0);
            stream.make_room();
            publish(grabber, stream, 1);
        });
        assert!(matches!(bundles[..], [0, 1] | [1]), "{bundles:?}");
        assert_eq!((bundles.len() as u64, got + missed), (got, LAST + 1));
    });
}

#[test]
fn what_a_late_lane_writes_to_a_client_that_goes_is_counted_too() {
    in_every_order(|| {
        let Stage { hub, grabber, clients, entry, stream, connection } = stage();
        grabber.publish(&bundle(1, 0, &[0])).unwrap();
        let lane = spawn({
            let (connection, moment) = (connection.clone(), Moment::of(hub.scene()));
            move || {
                connection.hand_on(&moment);
            }
        });
        // In this order the client is seen off.
        let socket = connection.take();
        drop(entry);
        join(lane);
        assert_eq!(clients.watched(Face::Bundles).delivered.bundles, stream.bundles().len() as u64);
        drop(socket);
    });
}
