//! Packets over a byte stream, for tokio-util's `Framed`.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::headers::{self, PacketHeader};
use crate::packet::{
    BUNDLE_PACKET_MAGIC, CONTROL_PACKET_MAGIC, MAX_BUNDLE_SIZE, MAX_CONTROL_SIZE, PACKET_HEADER_SIZE, Packet,
};

/// Bytes that a length may take before any of them has come, as long as nothing larger came whole.
const TRUSTED_AT_FIRST: usize = 1 << 20;

/// Why a byte stream is no stream of packets, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The stream does not begin as a packet does.
    #[error("packet magic {found:#010x}, expected {BUNDLE_PACKET_MAGIC:#010x} or {CONTROL_PACKET_MAGIC:#010x}")]
    Magic {
        /// The first four bytes.
        found: u32,
    },
    /// A length beyond what is taken.
    #[error("packet of {size} bytes, at most {limit} are taken")]
    TooLarge {
        /// The announced length.
        size: usize,
        /// The limit for its kind.
        limit: usize,
    },
    /// The stream ended within a packet.
    #[error("the stream ended {missing} bytes before the end of a packet")]
    CutShort {
        /// Bytes that did not come, of the header or of the payload that it announced.
        missing: usize,
    },
    /// The stream itself failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Cuts a stream into packets and writes them.
///
/// It makes room for what it waits for and no more: 8 bytes for a header, then one buffer of exactly the payload's
/// size. So nothing of the next packet is read along with a payload, and no payload is moved. (`FramedRead` begins with
/// a buffer of its own, 8 KiB; packets that it holds whole are cut out of it.)
///
/// No length is trusted: memory for up to twice the largest payload that came whole, 1 MiB at first, is taken at once;
/// beyond that the buffer doubles each time it is full.
#[derive(Debug)]
pub struct PacketCodec {
    max_bundle_size: usize,
    trusted: usize,
    awaited: Option<PacketHeader>,
}

impl Default for PacketCodec {
    fn default() -> Self {
        Self::with_max_bundle_size(MAX_BUNDLE_SIZE)
    }
}

impl PacketCodec {
    /// A codec that takes bundles up to `max_bundle_size` bytes.
    pub fn with_max_bundle_size(max_bundle_size: usize) -> Self {
        Self { max_bundle_size, trusted: TRUSTED_AT_FIRST, awaited: None }
    }

    fn limit(&self, magic: u32) -> Result<usize, PacketError> {
        match magic {
            BUNDLE_PACKET_MAGIC => Ok(self.max_bundle_size),
            CONTROL_PACKET_MAGIC => Ok(MAX_CONTROL_SIZE),
            found => Err(PacketError::Magic { found }),
        }
    }

    fn take_header(&self, src: &mut BytesMut) -> Result<Option<PacketHeader>, PacketError> {
        let Some(header) = headers::get::<PacketHeader>(src) else {
            make_room(src, PACKET_HEADER_SIZE);
            return Ok(None);
        };
        let (size, limit) = (header.size as usize, self.limit(header.magic)?);
        if size > limit {
            return Err(PacketError::TooLarge { size, limit });
        }
        src.advance(PACKET_HEADER_SIZE);
        Ok(Some(header))
    }
}

/// Moves what has come into a buffer of `wanted` bytes, once the present one is full. `BytesMut::reserve` would round
/// up, and read that much of the next packet into the memory of this one.
fn make_room(src: &mut BytesMut, wanted: usize) {
    if src.len() == src.capacity() {
        let mut roomy = BytesMut::with_capacity(wanted);
        roomy.extend_from_slice(src);
        *src = roomy;
    }
}

impl Decoder for PacketCodec {
    type Item = Packet;
    type Error = PacketError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Packet>, PacketError> {
        if self.awaited.is_none() {
            self.awaited = self.take_header(src)?;
        }
        let Some(PacketHeader { magic, size }) = self.awaited else {
            return Ok(None);
        };
        let size = size as usize;
        if src.len() < size {
            make_room(src, size.min(self.trusted.max(2 * src.len())));
            return Ok(None);
        }
        self.awaited = None;
        self.trusted = self.trusted.max(2 * size);
        // Taken whole where it is whole, so that the memory goes when the packet goes.
        let payload = if src.len() == size { std::mem::take(src) } else { src.split_to(size) };
        Ok(Some(match magic {
            BUNDLE_PACKET_MAGIC => Packet::Bundle(payload.freeze()),
            _ => Packet::Control(payload.freeze()),
        }))
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Packet>, PacketError> {
        if let Some(packet) = self.decode(src)? {
            return Ok(Some(packet));
        }
        let needed = match self.awaited {
            Some(header) => header.size as usize,
            None if src.is_empty() => return Ok(None),
            None => PACKET_HEADER_SIZE,
        };
        Err(PacketError::CutShort { missing: needed - src.len() })
    }
}

impl Encoder<Packet> for PacketCodec {
    type Error = PacketError;

    fn encode(&mut self, packet: Packet, dst: &mut BytesMut) -> Result<(), PacketError> {
        let (header, payload) = self.header(packet)?;
        dst.reserve(PACKET_HEADER_SIZE + payload.len());
        dst.extend_from_slice(&header);
        dst.extend_from_slice(&payload);
        Ok(())
    }
}

impl PacketCodec {
    /// The header that goes before a packet's payload, for a writer that sends both without copying.
    ///
    /// # Errors
    /// The payload is larger than its kind allows.
    pub fn header(&self, packet: Packet) -> Result<(Bytes, Bytes), PacketError> {
        let (magic, payload) = match packet {
            Packet::Bundle(payload) => (BUNDLE_PACKET_MAGIC, payload),
            Packet::Control(payload) => (CONTROL_PACKET_MAGIC, payload),
        };
        let limit = self.limit(magic)?;
        let size = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= limit);
        let Some(size) = size else {
            return Err(PacketError::TooLarge { size: payload.len(), limit });
        };
        let mut header = BytesMut::with_capacity(PACKET_HEADER_SIZE);
        headers::put(&mut header, PacketHeader { magic, size });
        Ok((header.freeze(), payload))
    }
}
