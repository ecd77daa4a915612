//! Takes the grabber's place: a bundle each period over the Unix socket, each marked with the time at which it was due.
//!
//! A bundle whose moment has passed while the last one was being written is left out, as `cam-grabber` would; to the
//! viewers' account it counts as not delivered.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use frame_bundle::{BUNDLE_PACKET_MAGIC, CONTROL_PACKET_MAGIC};

use crate::clock::{now_us, sleep_until, us};
use crate::load::{FIRST_DATA, Load, MARK, SEQ, TIMESTAMP_US};

/// A grabber that sends until this is dropped.
pub(crate) struct Feeder {
    stop: Arc<AtomicBool>,
    sending: Option<JoinHandle<()>>,
}

/// A grabber that has said that it has camera 0, and sends nothing yet.
pub(crate) struct Announced(UnixStream);

impl Announced {
    /// Connects to a bridge. By the contract nothing is said before its hello has been heard.
    pub(crate) fn to(socket: &Path) -> anyhow::Result<Self> {
        let mut stream = UnixStream::connect(socket).context("the server does not take bundles")?;
        let mut hello = [0; frame_bundle::PACKET_HEADER_SIZE];
        stream.read_exact(&mut hello)?;
        let size = u32::from_le_bytes([hello[4], hello[5], hello[6], hello[7]]);
        stream.read_exact(&mut vec![0; size as usize])?;
        let state = br#"{"type":"state","session":"1","demo":false,"cameras":[{"camera":0,"state":"streaming"}]}"#;
        stream.write_all(&CONTROL_PACKET_MAGIC.to_le_bytes())?;
        stream.write_all(&(state.len() as u32).to_le_bytes())?;
        stream.write_all(state)?;
        Ok(Self(stream))
    }

    /// Sends the first bundle a period later.
    pub(crate) fn start(self, load: Load) -> anyhow::Result<Feeder> {
        Feeder::over(self.0, load)
    }
}

impl Feeder {
    /// Connects and sends the first bundle a period later.
    pub(crate) fn start(socket: &Path, load: Load) -> anyhow::Result<Self> {
        Self::over(UnixStream::connect(socket).context("the server does not take bundles")?, load)
    }

    fn over(stream: UnixStream, load: Load) -> anyhow::Result<Self> {
        let packet = packet(load)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let sending = thread::spawn(move || send(stream, packet, load, &stopped));
        Ok(Self { stop, sending: Some(sending) })
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(sending) = self.sending.take() {
            let _ = sending.join(); // it has said what went wrong
        }
    }
}

fn packet(load: Load) -> anyhow::Result<Vec<u8>> {
    let payload = load.bundle()?;
    let mut packet = BUNDLE_PACKET_MAGIC.to_le_bytes().to_vec();
    packet.extend((payload.len() as u32).to_le_bytes());
    packet.extend(payload);
    Ok(packet)
}

fn send(mut stream: UnixStream, mut packet: Vec<u8>, load: Load, stopped: &AtomicBool) {
    let period = us(load.period());
    let mut due = now_us() + period;
    for seq in 0_u64.. {
        sleep_until(due);
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        if now_us() < due + period {
            let (_, payload) = packet.split_at_mut(frame_bundle::PACKET_HEADER_SIZE);
            payload[SEQ].copy_from_slice(&seq.to_le_bytes());
            payload[TIMESTAMP_US].copy_from_slice(&due.to_le_bytes());
            payload[FIRST_DATA..][MARK].copy_from_slice(&due.to_le_bytes());
            if let Err(error) = stream.write_all(&packet) {
                eprintln!("feeder: the server takes no more bundles: {error}");
                return;
            }
        }
        due += period;
    }
}
