//! A grabber that knows only sections 1 and 2 of the contract: bytes by hand, nothing of our own builder.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::support::within;

/// One frame by its camera and its data.
pub(crate) type Picture<'a> = (u8, &'a [u8]);

/// A bundle as the original sends it, without extension blocks.
pub(crate) fn bundle(seq: u64, pictures: &[Picture]) -> Vec<u8> {
    let mut out = 0xCAFE_BABE_u32.to_le_bytes().to_vec();
    out.extend(1_u16.to_le_bytes());
    out.extend((pictures.len() as u16).to_le_bytes());
    out.extend(seq.to_le_bytes());
    out.extend((1_000_000 + seq).to_le_bytes());
    for (camera, data) in pictures {
        out.extend([*camera, 1, 0, 0]);
        out.extend(640_u32.to_le_bytes());
        out.extend(480_u32.to_le_bytes());
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(*data);
    }
    out
}

/// Extension block 2.
pub(crate) fn sender_block(session: u64) -> Vec<u8> {
    [&[2, 0, 0, 0, 8, 0, 0, 0], &session.to_le_bytes()[..]].concat()
}

/// A message of the WebSocket, taken apart by hand: number, then each camera with its data.
pub(crate) fn parse(message: &[u8]) -> (u64, Vec<(u8, Vec<u8>)>) {
    let u32_at = |at: usize| u32::from_le_bytes(message[at..at + 4].try_into().unwrap()) as usize;
    let count = u16::from_le_bytes(message[6..8].try_into().unwrap());
    let seq = u64::from_le_bytes(message[8..16].try_into().unwrap());
    let mut at = 24;
    let mut pictures = Vec::new();
    for _ in 0..count {
        let size = u32_at(at + 12);
        pictures.push((message[at], message[at + 16..at + 16 + size].to_vec()));
        at += 16 + size;
    }
    (seq, pictures)
}

pub(crate) fn packet(magic: u32, payload: &[u8]) -> Vec<u8> {
    [&magic.to_le_bytes(), &(payload.len() as u32).to_le_bytes(), payload].concat()
}

/// A connected grabber.
pub(crate) struct Feeder(UnixStream);

impl Feeder {
    pub(crate) async fn connect(socket: &Path) -> Self {
        Self(UnixStream::connect(socket).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bundle: &[u8]) {
        self.send_raw(&packet(0xDEAD_BEEF, bundle)).await;
    }

    pub(crate) async fn say(&mut self, control: &serde_json::Value) {
        self.send_raw(&packet(0xDEAD_C0DE, control.to_string().as_bytes())).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        within("the bridge takes what is sent", self.0.write_all(bytes)).await.unwrap();
    }

    /// The next control message of the bridge.
    pub(crate) async fn hear(&mut self) -> serde_json::Value {
        let mut header = [0; 8];
        within("a packet of the bridge", self.0.read_exact(&mut header)).await.unwrap();
        assert_eq!(header[..4], 0xDEAD_C0DE_u32.to_le_bytes());
        let mut payload = vec![0; u32::from_le_bytes(header[4..].try_into().unwrap()) as usize];
        within("a packet's payload", self.0.read_exact(&mut payload)).await.unwrap();
        serde_json::from_slice(&payload).unwrap()
    }

    /// Waits until the bridge has closed this connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well: the bridge may have left bytes of ours unread.
        let _ = within("the bridge closes the connection", self.0.read_to_end(&mut rest)).await;
    }
}
