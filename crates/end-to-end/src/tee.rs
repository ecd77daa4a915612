//! An independent reader on the Unix socket, between grabber and bridge: passes every byte on and keeps what it saw.
//!
//! It cuts packets by hand, so that nothing of what is tested takes part in the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// What a grabber sent, in its order.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The payload of a bundle packet.
    Bundle {
        /// Its running number.
        seq: u64,
        /// All of its bytes.
        payload: Bytes,
    },
    /// A control message.
    Control(Value),
}

/// The proxy; it ends when dropped.
pub struct Tee {
    socket: PathBuf,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: JoinHandle<()>,
}

impl Tee {
    /// Listens on `socket` for grabbers, one after the other, and hands them on to the bridge at `bridge`.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn start(socket: PathBuf, bridge: &Path) -> Result<Self> {
        let listener = UnixListener::bind(&socket).context("the tee cannot listen")?;
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (bridge, record) = (bridge.to_owned(), Arc::clone(&seen));
        let serving = tokio::spawn(async move {
            while let Ok((grabber, _)) = listener.accept().await {
                if let Err(end) = serve(grabber, &bridge, &record).await {
                    println!("tee: {end:#}");
                }
            }
        });
        Ok(Self { socket, seen, serving })
    }

    /// Where the grabber is to connect.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The bundles so far, by their running numbers.
    pub fn bundles(&self) -> BTreeMap<u64, Bytes> {
        let bundle = |seen| match seen {
            Seen::Bundle { seq, payload } => Some((seq, payload)),
            Seen::Control(_) => None,
        };
        self.seen().into_iter().filter_map(bundle).collect()
    }

    /// All that was seen so far, in its order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(grabber: UnixStream, bridge: &Path, record: &Mutex<Vec<Seen>>) -> Result<()> {
    let bridge = UnixStream::connect(bridge).await.context("no bridge")?;
    let (mut from_bridge, to_bridge) = bridge.into_split();
    let (from_grabber, mut to_grabber) = grabber.into_split();
    tokio::select! {
        end = pass_on(from_grabber, to_bridge, record) => end,
        end = tokio::io::copy(&mut from_bridge, &mut to_grabber) => end.map(|_| ()).context("bridge to grabber"),
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, record: &Mutex<Vec<Seen>>) -> Result<()> {
    loop {
        let mut header = [0; 8];
        from.read_exact(&mut header).await.context("grabber to bridge")?;
        let [a, b, c, d, size @ ..] = header;
        let mut payload = vec![0; u32::from_le_bytes(size) as usize];
        from.read_exact(&mut payload).await.context("in the middle of a packet")?;
        to.write_all(&header).await?;
        to.write_all(&payload).await?;
        let seen = match (u32::from_le_bytes([a, b, c, d]), payload.get(8..16)) {
            (0xDEAD_BEEF, Some(seq)) => {
                Seen::Bundle { seq: u64::from_le_bytes(seq.try_into()?), payload: payload.into() }
            }
            (0xDEAD_C0DE, _) => Seen::Control(serde_json::from_slice(&payload)?),
            (magic, _) => bail!("packet magic {magic:#010x} and {} bytes: neither bundle nor control", payload.len()),
        };
        record.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}
