//! No lock that a camera's thread takes is held while the bridge is written to: shown by a write half that, before each
//! write, waits until another thread has taken all of them. That thread would wait for a lock that the writer holds, and
//! the writer waits for it; what one of them holds for another reason is free again in a moment.

use std::collections::BTreeSet;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;

use crate::cameras::Cameras;

/// How long others may take for what takes a few µs.
const PATIENCE: Duration = Duration::from_secs(10);

/// Our end of the socket, which looks before each write.
pub(super) struct Probed(OwnedWriteHalf);

/// Whose threads have to go on, and what was seen of them.
struct Watched {
    cameras: Cameras,
    writes: u32,
    held_up: BTreeSet<&'static str>,
}

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

fn watched() -> MutexGuard<'static, Option<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Probed {
    pub(super) fn new(write: OwnedWriteHalf) -> Self {
        Self(write)
    }

    fn look() {
        let Some(cameras) = watched().as_ref().map(|watched| watched.cameras.clone()) else { return };
        let (begin, begun) = mpsc::channel();
        thread::spawn(move || {
            go_on(&cameras, |what| {
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
        if let Some(watched) = &mut *watched() {
            watched.writes += 1;
            watched.held_up.extend(held_up);
        }
    }
}

/// Takes each lock that a camera's thread takes, or who starts and ends one; `begin` is told of each before.
fn go_on(cameras: &Cameras, begin: impl Fn(&'static str)) {
    begin("come and go");
    let all = cameras.all();
    begin("know how the stream is set");
    drop(cameras.stream());
    for camera in all {
        begin("put a frame where it is taken from");
        drop(camera.recent.offer());
        begin("show its state");
        drop(camera.health());
        begin("take its settings");
        drop(camera.settings());
        begin("show its limits");
        drop(camera.limits());
        begin("count what it lost");
        drop(camera.dropped());
        begin("count what its SDK counts");
        drop(camera.statistics());
        begin("count how long frames take");
        let _ = camera.stages();
    }
}

impl AsRef<UnixStream> for Probed {
    fn as_ref(&self) -> &UnixStream {
        self.0.as_ref()
    }
}

impl AsyncWrite for Probed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Self::look();
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Self::look();
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use cameracast_config::{Camera, Config, Source};
    use cameracast_service::Pulse;
    use frame_bundle::Packet;
    use frame_bundle::codec::PacketCodec;
    use frame_bundle::control::{self, FromBridge};
    use futures_util::{SinkExt, StreamExt};
    use tokio::net::UnixListener;
    use tokio::time::timeout;
    use tokio_util::codec::Framed;

    use super::super::{Options, Uplink};
    use super::*;
    use crate::control::Control;
    use crate::pipeline;
    use crate::report::Reporter;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn while_the_bridge_is_written_to_no_lock_is_held_that_a_cameras_thread_takes() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("cam.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let cameras = [Camera::new(0, Source::Pattern), Camera::new(1, Source::Pattern)].to_vec();
        let config = Config { cameras, ..Config::default() };
        let cameras = Cameras::start(&config.cameras, &config.stream);
        *watched() = Some(Watched { cameras: cameras.clone(), writes: 0, held_up: BTreeSet::new() });

        let options = Options { socket, allowed_uids: vec![], max_bundle_size: 16 << 20, session: 1 };
        let uplink = Uplink::start(options, Reporter::new(cameras.clone(), 1, false), Control::new(cameras.clone()));
        let (of_all, pulse) = (cameras.clone(), Pulse::default());
        let pipeline = async move { pipeline::run(&config, of_all, uplink, &pulse).await };
        let bridge = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut packets = Framed::new(stream, PacketCodec::default());
            let hello =
                FromBridge::Hello { versions: vec![frame_bundle::VERSION], features: vec!["control".to_owned()] };
            packets.send(Packet::Control(control::write(&hello).unwrap())).await.unwrap();
            let (mut bundles, mut controls) = (0, 0);
            while bundles < 20 || controls < 2 {
                match packets.next().await.unwrap().unwrap() {
                    Packet::Bundle(_) => bundles += 1,
                    Packet::Control(_) => controls += 1,
                }
            }
        };
        tokio::select! {
            ended = pipeline => panic!("{ended:?}"),
            done = timeout(3 * PATIENCE, bridge) => done.unwrap(),
        }
        tokio::task::block_in_place(|| cameras.stop(PATIENCE));
        let Watched { writes, held_up, .. } = watched().take().unwrap();
        assert!(held_up.is_empty(), "while the bridge was written to, others could not {held_up:?}");
        assert!(writes >= 22, "only {writes} writes were looked at");
    }
}
