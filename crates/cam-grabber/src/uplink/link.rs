//! One connection to a bridge.

use std::io;

use frame_bundle::Packet;
use frame_bundle::codec::{PacketCodec, PacketError};
use frame_bundle::control::{self, FromBridge, FromGrabber};
use futures_util::StreamExt;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
#[cfg(not(test))]
use tokio::net::unix::OwnedWriteHalf as WriteHalf;
use tokio::net::unix::{OwnedReadHalf, UCred};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::codec::FramedRead;
use tracing::debug;

#[cfg(test)]
use super::probed::Probed as WriteHalf;
use super::{Options, Picture};
use crate::control::{Control, refusal};
use crate::report::Reporter;

/// Below this a buffer costs more than it saves.
const SMALLEST_BUFFER: usize = 32 << 10;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("it closed the connection")]
    Closed,
    #[error("{0}")]
    Packet(#[from] PacketError),
    #[error("{0}")]
    Control(#[from] control::BadControl),
    #[error("it reads bundles of versions {0:?}")]
    OtherVersions(Vec<u16>),
    #[error("the grabber ends")]
    NotNeeded,
}

impl End {
    /// It sent what is no packet.
    pub(super) fn is_the_bridges_fault(&self) -> bool {
        matches!(self, Self::Packet(error) if !matches!(error, PacketError::Io(_)))
    }
}

/// One connection to a bridge.
pub(super) struct Link {
    write: WriteHalf,
    codec: PacketCodec,
    controls: FramedRead<OwnedReadHalf, PacketCodec>,
    /// The bridge has said hello, and that it takes control messages.
    takes_control: bool,
    requests: JoinSet<FromGrabber>,
    /// What was asked of the kernel as our end's buffer, in bytes.
    buffer: usize,
}

impl Link {
    pub(super) fn over(connection: Connection, max_bundle_size: usize) -> Self {
        let (read, write) = connection.stream.into_split();
        #[cfg(test)]
        let write = WriteHalf::new(write);
        Self {
            write,
            codec: PacketCodec::with_max_bundle_size(max_bundle_size),
            controls: FramedRead::new(read, PacketCodec::default()),
            takes_control: false,
            requests: JoinSet::new(),
            buffer: 0,
        }
    }

    /// Carries control both ways until the pipeline has something to send. `None` where it gave its turn back.
    pub(super) async fn until_sent(
        &mut self,
        mut sent: oneshot::Receiver<Vec<Picture>>,
        reports: &mut tokio::time::Interval,
        reporter: &mut Reporter,
        control: &Control,
    ) -> Result<Option<Vec<Picture>>, End> {
        loop {
            tokio::select! {
                biased; // control is rare; with hello in hand, the first thing a bridge gets is how the cameras are
                Some(Ok(result)) = self.requests.join_next() => self.say(&result).await?,
                packet = self.controls.next() => match packet {
                    Some(Ok(Packet::Control(payload))) => self.hear(&payload, control).await?,
                    Some(Ok(Packet::Bundle(_))) => debug!("the bridge sent a bundle; it is ignored"),
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(End::Closed),
                },
                _ = reports.tick(), if self.takes_control => {
                    for report in reporter.changes() {
                        self.say(&report).await?;
                    }
                }
                pictures = &mut sent => return Ok(pictures.ok()),
            }
        }
    }

    /// Reads over all that is said until the connection ends.
    pub(super) async fn until_gone(&mut self) -> End {
        loop {
            match self.controls.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.into(),
                None => return End::Closed,
            }
        }
    }

    async fn hear(&mut self, payload: &[u8], control: &Control) -> Result<(), End> {
        match control::read::<FromBridge>(payload) {
            Ok(FromBridge::Hello { versions, .. }) if !versions.contains(&frame_bundle::VERSION) => {
                return Err(End::OtherVersions(versions));
            }
            Ok(FromBridge::Hello { features, .. }) => {
                self.takes_control = features.iter().any(|feature| feature == "control");
            }
            // A newer bridge may say more than we know.
            Ok(FromBridge::Unknown) => debug!("the bridge said something that this version does not know"),
            _ if !self.takes_control => debug!("the bridge asked for something and takes no answer"),
            // In the order in which they come; each camera bounds how many wait for it.
            Ok(request) => drop(self.requests.spawn(control.begin(request).answer())),
            Err(error) => match error.request() {
                Some(request) => self.say(&refusal(request, error.to_string())).await?,
                None => debug!("{error}"),
            },
        }
        Ok(())
    }

    async fn say(&mut self, message: &FromGrabber) -> Result<(), End> {
        self.write(Packet::Control(control::write(message)?)).await
    }

    /// The kernel's buffer is a queue of old pictures: it gets room for about two bundles (the kernel doubles what is
    /// asked, for its own book-keeping). Bundles vary; only what is far off is set anew.
    pub(super) fn keep_buffer_short(&mut self, bundle: usize) {
        let wanted = bundle.max(SMALLEST_BUFFER);
        if (wanted / 2..=2 * wanted).contains(&self.buffer) {
            return;
        }
        match SockRef::from(self.write.as_ref()).set_send_buffer_size(wanted) {
            Ok(()) => self.buffer = wanted,
            Err(error) => debug!("send buffer: {error}"),
        }
    }

    pub(super) async fn write(&mut self, packet: Packet) -> Result<(), End> {
        let (header, payload) = self.codec.header(packet)?;
        let mut both = bytes::Buf::chain(header, payload);
        self.write.write_all_buf(&mut both).await.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => End::Closed,
            _ => PacketError::Io(error).into(),
        })
    }
}

/// A stream to a bridge, and who that is.
pub(super) struct Connection {
    pub(super) stream: UnixStream,
    pub(super) peer: UCred,
}

impl Connection {
    pub(super) async fn open(options: &Options) -> io::Result<Self> {
        let socket = &options.socket;
        let named = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => io::Error::new(
                error.kind(),
                format!("no bridge at {} yet (start ws-bridge, or name its socket with --socket)", socket.display()),
            ),
            io::ErrorKind::PermissionDenied => io::Error::new(
                error.kind(),
                format!(
                    "the bridge's socket {} may not be opened: run as the bridge's user, or join the socket's group and add this user to allowed_uids",
                    socket.display()
                ),
            ),
            _ => io::Error::new(error.kind(), format!("socket {}: {error}", socket.display())),
        };
        let stream = UnixStream::connect(socket).await.map_err(named)?;
        let peer = stream.peer_cred()?;
        check_peer(peer, options)?;
        Ok(Self { stream, peer })
    }
}

/// Pictures go only to a bridge of the same user, root, or somebody allowed.
fn check_peer(peer: UCred, options: &Options) -> io::Result<()> {
    let peer = peer.uid();
    let own = rustix::process::geteuid().as_raw();
    if peer == own || peer == 0 || options.allowed_uids.contains(&peer) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "the bridge at {} belongs to uid {peer}, not to {own} or root: add it to allowed_uids",
            options.socket.display()
        ),
    ))
}
