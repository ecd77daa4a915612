//! What travels over the Unix socket.

use bytes::Bytes;

/// First four bytes of a packet that carries a bundle.
pub const BUNDLE_PACKET_MAGIC: u32 = 0xDEAD_BEEF;
/// First four bytes of a packet that carries a control message.
pub const CONTROL_PACKET_MAGIC: u32 = 0xDEAD_C0DE;
/// Size of the header of a packet, in bytes.
pub const PACKET_HEADER_SIZE: usize = 8;
/// The largest bundle that is taken unless configured otherwise, in bytes.
pub const MAX_BUNDLE_SIZE: usize = 64 << 20;
/// The largest control message, in bytes.
pub const MAX_CONTROL_SIZE: usize = 64 << 10;

/// One length-prefixed packet; what it holds is not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The payload of a FrameBundle, for [`crate::FrameBundle::parse`].
    Bundle(Bytes),
    /// A control message: JSON, UTF-8.
    Control(Bytes),
}
