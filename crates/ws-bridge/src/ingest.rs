//! Takes in grabbers and what they send: checks who they are and the structure of each bundle, copies nothing.
//!
//! A task a grabber; what one of them does wrong ends its own connection and is logged once.

use std::convert::Infallible;
use std::future::pending;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use frame_bundle::codec::{PacketCodec, PacketError};
use frame_bundle::control::{self, BadControl, FromBridge, FromGrabber};
use frame_bundle::{FrameBundle, Malformed, Packet};
use futures_util::{SinkExt, StreamExt};
use rustix::process::geteuid;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_util::codec::{FramedRead, FramedWrite};

use crate::bridge::Bridge;
use crate::control::{Asked, Granted, Refused, Waiting};
use crate::hub::Attachment;
use crate::log_limit::LogLimit;
use crate::refusals::Reason;
use crate::round_trip::Question;
use crate::scene::{Conflict, Peer};

/// Grabbers at a time.
pub(crate) const MAX_GRABBERS: usize = 64;
/// How long a grabber's cameras may still seem to belong to its predecessor, which was killed a moment ago.
const HANDOVER: Duration = Duration::from_millis(250);
/// How long accepting pauses when the system is out of something.
const PAUSE: Duration = Duration::from_millis(100);

static PAUSED: LogLimit = LogLimit::new(1);
static TURNED_AWAY: LogLimit = LogLimit::new(5);
static FAULTS: LogLimit = LogLimit::new(10);

/// Why a grabber's connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("closed by the grabber")]
    Closed,
    #[error(transparent)]
    Packet(#[from] PacketError),
    #[error("malformed bundle: {0}")]
    Bundle(#[from] Malformed),
    #[error(transparent)]
    Control(#[from] BadControl),
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

/// Serves grabbers until the bridge closes, and passes questions on.
pub(crate) async fn serve(listener: UnixListener, bridge: Bridge, mut questions: mpsc::Receiver<Question>) {
    let places = Arc::new(Semaphore::new(MAX_GRABBERS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(question) = questions.recv() => {
                bridge.hub.answer(question);
                continue;
            }
            () = bridge.closing.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Some((peer, place)) = admit(&stream, &bridge, &places) {
                    let (attachment, requests) = bridge.hub.attach_grabber(peer); // here: who came first is the older one
                    let grabber = Grabber { stream, peer, attachment, requests, _place: place };
                    bridge.tasks.spawn(grabber.serve(bridge.clone()));
                }
            }
            Err(error) => {
                if let Some(held_back) = PAUSED.allows(Instant::now()) {
                    tracing::error!(held_back, "cannot accept grabbers, trying again: {error}");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

fn may_connect(uid: u32, ours: u32, allowed: &[u32]) -> bool {
    uid == ours || uid == 0 || allowed.contains(&uid)
}

/// Lets in whoever may connect and finds a place.
fn admit(stream: &UnixStream, bridge: &Bridge, places: &Arc<Semaphore>) -> Option<(Peer, OwnedSemaphorePermit)> {
    let credentials = stream.peer_cred().ok()?;
    let peer = Peer { pid: credentials.pid(), uid: credentials.uid() };
    let (reason, sentence) = if !may_connect(peer.uid, geteuid().as_raw(), &bridge.current().allowed_uids) {
        (Reason::User, "it runs as another user, who is not in allowed_uids")
    } else {
        match places.clone().try_acquire_owned() {
            Ok(place) => return Some((peer, place)),
            Err(_) => (Reason::MaxGrabbers, "too many grabbers are connected"),
        }
    };
    bridge.refusals.count(reason);
    if let Some(held_back) = TURNED_AWAY.allows(Instant::now()) {
        tracing::warn!(pid = peer.pid, uid = peer.uid, held_back, "grabber turned away: {sentence}");
    }
    None
}

/// A grabber's connection.
struct Grabber {
    stream: UnixStream,
    peer: Peer,
    attachment: Attachment,
    /// What its cameras are asked to do.
    requests: mpsc::Receiver<Asked>,
    _place: OwnedSemaphorePermit,
}

impl Grabber {
    async fn serve(self, bridge: Bridge) {
        let Self { stream, peer, attachment, requests, _place } = self;
        let connection = attachment.grabber().0;
        tracing::info!(connection, pid = peer.pid, uid = peer.uid, "grabber connected");

        let end = tokio::select! {
            end = talk(stream, bridge.options.max_bundle_size, &attachment, requests) => end,
            conflict = attachment.evicted() => conflict.into(),
            () = bridge.closing.cancelled() => return,
        };
        match end {
            End::Closed => tracing::info!(connection, pid = peer.pid, uid = peer.uid, "grabber gone"),
            End::Packet(PacketError::Io(error)) => {
                tracing::info!(connection, pid = peer.pid, uid = peer.uid, "grabber gone: {error}");
            }
            fault => {
                let taken = matches!(fault, End::Conflict(_));
                bridge.refusals.count(if taken { Reason::CameraTaken } else { Reason::Malformed });
                if let Some(held_back) = FAULTS.allows(Instant::now()) {
                    tracing::warn!(connection, pid = peer.pid, uid = peer.uid, held_back, "grabber closed: {fault}");
                }
            }
        }
    }
}

/// Takes what the grabber sends, whether or not it reads what it is asked, until one of them ends it.
async fn talk(
    stream: UnixStream,
    max_bundle_size: usize,
    attachment: &Attachment,
    requests: mpsc::Receiver<Asked>,
) -> End {
    let (from, to) = stream.into_split();
    let packets = FramedRead::new(from, PacketCodec::with_max_bundle_size(max_bundle_size));
    let waiting = Mutex::new(Waiting::default());
    let asking = async {
        if let Err(error) = pass_on(FramedWrite::new(to, PacketCodec::default()), requests, &waiting).await {
            // It may have sent something before it went, so that reading tells when it ends.
            tracing::debug!(connection = attachment.grabber().0, "it takes nothing more from us: {error}");
        }
        *lock(&waiting) = Waiting::default(); // nobody will answer
        pending().await
    };
    tokio::select! {
        Err(end) = take(packets, attachment, &waiting) => end,
        end = asking => end,
    }
}

/// Says hello, then one request after the other.
async fn pass_on(
    mut grabber: FramedWrite<OwnedWriteHalf, PacketCodec>,
    mut requests: mpsc::Receiver<Asked>,
    waiting: &Mutex<Waiting>,
) -> Result<(), End> {
    let hello = FromBridge::Hello { versions: vec![frame_bundle::VERSION], features: vec!["control".into()] };
    grabber.send(Packet::Control(control::write(&hello)?)).await?;
    while let Some(asked) = requests.recv().await {
        let request = lock(waiting).begin(asked, Instant::now());
        if let Some(request) = request {
            grabber.send(Packet::Control(control::write(&request)?)).await?;
        }
    }
    Ok(())
}

async fn take(
    mut packets: FramedRead<OwnedReadHalf, PacketCodec>,
    attachment: &Attachment,
    waiting: &Mutex<Waiting>,
) -> Result<Infallible, End> {
    loop {
        match packets.next().await {
            None => return Err(End::Closed),
            Some(Err(PacketError::Io(error))) if error.kind() == ErrorKind::ConnectionReset => return Err(End::Closed),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(Packet::Bundle(payload))) => {
                let bundle = FrameBundle::parse(payload)?;
                show(attachment, || attachment.publish(&bundle)).await?;
            }
            Some(Ok(Packet::Control(payload))) => hear(attachment, &payload, waiting).await?,
        }
    }
}

async fn hear(attachment: &Attachment, payload: &[u8], waiting: &Mutex<Waiting>) -> Result<(), End> {
    match control::read(payload) {
        Ok(FromGrabber::State { session, demo, cameras }) => {
            show(attachment, || attachment.report(&session, demo, &cameras)).await?;
        }
        Ok(FromGrabber::Result { request, ok, applied, error, note }) => {
            let answer = match ok {
                true => Ok(Granted { applied: applied.unwrap_or_default(), note }),
                false => {
                    let sentence = error.unwrap_or_else(|| "the grabber refused and did not say why".into());
                    Err(Refused::ByGrabber(sentence))
                }
            };
            if !lock(waiting).answered(request, answer) {
                tracing::debug!(connection = attachment.grabber().0, request, "a result that nobody waits for");
            }
        }
        Ok(FromGrabber::Unknown) => {
            tracing::debug!(connection = attachment.grabber().0, "a message of a later version, which is not for us");
        }
        Err(bad) => return Err(bad.into()),
    }
    Ok(())
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows something; where a camera still belongs to another grabber, gives that one a moment to be gone.
async fn show(attachment: &Attachment, show: impl Fn() -> Result<(), Conflict>) -> Result<(), Conflict> {
    let Err(conflict) = show() else { return Ok(()) };
    let _ = timeout(HANDOVER, attachment.until_gone(conflict.older)).await; // whether it is gone, the next try tells
    show()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_user_root_and_who_is_listed_may_connect() {
        assert!(may_connect(1000, 1000, &[]));
        assert!(may_connect(0, 1000, &[]));
        assert!(may_connect(1001, 1000, &[33, 1001]));
        assert!(!may_connect(1002, 1000, &[33, 1001]));
        assert!(!may_connect(1000, 0, &[]));
    }
}
