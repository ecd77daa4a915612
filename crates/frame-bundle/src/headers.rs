//! The fixed headers. bincode (little-endian, fixed-size integers, no padding) encodes them, so these structs are the
//! layout; it stays behind this file.

use bincode::config::{Configuration, Fixint, LittleEndian};
use bincode::{Decode, Encode};

/// First four bytes of a bundle.
pub const BUNDLE_MAGIC: u32 = 0xCAFE_BABE;
/// The version of the contract that this crate reads and writes.
pub const VERSION: u16 = 1;
/// Size of the header of a bundle, in bytes.
pub const BUNDLE_HEADER_SIZE: usize = 24;
/// Size of the header before each frame's data, in bytes.
pub const FRAME_HEADER_SIZE: usize = 16;
/// Size of the header of an extension block, in bytes.
pub const BLOCK_HEADER_SIZE: usize = 8;
/// Size of the fixed part in front of the entries of block 1, in bytes.
pub(crate) const CAPTURE_INFO_PREFIX_SIZE: usize = 4;
/// Size of an entry of block 1 as this version writes it, in bytes.
pub(crate) const CAPTURE_INFO_ENTRY_SIZE: usize = 24;
/// Size of the body of block 2, in bytes.
pub(crate) const SENDER_SIZE: usize = 8;
/// Extension block: when the frames were captured.
pub const TAG_CAPTURE_INFO: u16 = 1;
/// Extension block: who sent the bundle.
pub const TAG_SENDER: u16 = 2;

const LAYOUT: Configuration<LittleEndian, Fixint> =
    bincode::config::standard().with_little_endian().with_fixed_int_encoding();

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BundleHeader {
    pub(crate) magic: u32,
    pub(crate) version: u16,
    pub(crate) camera_count: u16,
    pub(crate) seq: u64,
    pub(crate) timestamp_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct FrameHeader {
    pub(crate) camera_id: u8,
    pub(crate) pixel_format: u8,
    pub(crate) reserved: u16,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) data_size: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct BlockHeader {
    pub(crate) tag: u16,
    pub(crate) reserved: u16,
    pub(crate) size: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CaptureInfoPrefix {
    pub(crate) entry_size: u16,
    pub(crate) reserved: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct CaptureInfoEntry {
    pub(crate) camera_id: u8,
    pub(crate) clock: u8,
    pub(crate) reserved: u16,
    pub(crate) reserved2: u32,
    pub(crate) capture_time_us: u64,
    pub(crate) frame_number: u64,
}

#[cfg(feature = "codec")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PacketHeader {
    pub(crate) magic: u32,
    pub(crate) size: u32,
}

/// Writes `header` to the end of `out`.
pub(crate) fn put(out: &mut bytes::BytesMut, header: impl Encode) {
    // Into memory, of plain integers: there is nothing that can fail.
    let written = bincode::encode_into_writer(header, Append(out), LAYOUT);
    debug_assert!(written.is_ok());
}

/// Reads a header from the front of `bytes`; `None` where it is shorter than the header.
pub(crate) fn get<T: Decode<()>>(bytes: &[u8]) -> Option<T> {
    bincode::decode_from_slice(bytes, LAYOUT).ok().map(|(header, _)| header)
}

struct Append<'a>(&'a mut bytes::BytesMut);

impl bincode::enc::write::Writer for Append<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(header: impl Encode) -> Vec<u8> {
        let mut out = bytes::BytesMut::new();
        put(&mut out, header);
        out.to_vec()
    }

    #[test]
    fn bincode_writes_the_bytes_that_a_hand_would_write() {
        let mut by_hand = Vec::new();
        by_hand.extend(0xCAFE_BABE_u32.to_le_bytes());
        by_hand.extend(1_u16.to_le_bytes());
        by_hand.extend(3_u16.to_le_bytes());
        by_hand.extend(0x0102_0304_0506_0708_u64.to_le_bytes());
        by_hand.extend(0x1112_1314_1516_1718_u64.to_le_bytes());
        let header = BundleHeader {
            magic: BUNDLE_MAGIC,
            version: VERSION,
            camera_count: 3,
            seq: 0x0102_0304_0506_0708,
            timestamp_us: 0x1112_1314_1516_1718,
        };
        assert_eq!(bytes_of(header), by_hand);
        assert_eq!(by_hand.len(), BUNDLE_HEADER_SIZE);
        assert_eq!(get(&by_hand), Some(header));

        let mut by_hand = vec![7, 1, 0, 0];
        by_hand.extend(640_u32.to_le_bytes());
        by_hand.extend(480_u32.to_le_bytes());
        by_hand.extend(45_000_u32.to_le_bytes());
        let header =
            FrameHeader { camera_id: 7, pixel_format: 1, reserved: 0, width: 640, height: 480, data_size: 45_000 };
        assert_eq!(bytes_of(header), by_hand);
        assert_eq!(by_hand.len(), FRAME_HEADER_SIZE);
        assert_eq!(get(&by_hand), Some(header));

        let by_hand = [2, 0, 0, 0, 8, 0, 0, 0];
        let header = BlockHeader { tag: TAG_SENDER, reserved: 0, size: 8 };
        assert_eq!(bytes_of(header), by_hand);
        assert_eq!(by_hand.len(), BLOCK_HEADER_SIZE);
        assert_eq!(get(&by_hand), Some(header));

        let mut by_hand = vec![9, 2, 0, 0, 0, 0, 0, 0];
        by_hand.extend(1_700_000_000_000_000_u64.to_le_bytes());
        by_hand.extend(70_000_u64.to_le_bytes());
        let header = CaptureInfoEntry {
            camera_id: 9,
            clock: 2,
            reserved: 0,
            reserved2: 0,
            capture_time_us: 1_700_000_000_000_000,
            frame_number: 70_000,
        };
        assert_eq!(bytes_of(header), by_hand);
        assert_eq!(by_hand.len(), CAPTURE_INFO_ENTRY_SIZE);
        assert_eq!(get(&by_hand), Some(header));

        assert_eq!(bytes_of(CaptureInfoPrefix { entry_size: 24, reserved: 0 }), [24, 0, 0, 0]);
        #[cfg(feature = "codec")]
        assert_eq!(bytes_of(PacketHeader { magic: 0xDEAD_BEEF, size: 1 }), [0xEF, 0xBE, 0xAD, 0xDE, 1, 0, 0, 0]);
    }

    #[test]
    fn a_header_that_is_cut_short_is_no_header() {
        assert_eq!(get::<FrameHeader>(&[0; FRAME_HEADER_SIZE - 1]), None);
    }
}
