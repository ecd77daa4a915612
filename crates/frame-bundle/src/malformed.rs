//! What can be wrong with a bundle.

use crate::headers::{BLOCK_HEADER_SIZE, BUNDLE_HEADER_SIZE, BUNDLE_MAGIC, VERSION};

/// The check that a payload failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The payload is shorter than the header of a bundle.
    #[error("{size} bytes are too few for a bundle header of {BUNDLE_HEADER_SIZE}")]
    NoHeader {
        /// Bytes of the payload.
        size: usize,
    },
    /// The payload does not begin as a bundle does.
    #[error("bundle magic {found:#010x}, expected {BUNDLE_MAGIC:#010x}")]
    Magic {
        /// The first four bytes.
        found: u32,
    },
    /// Another version of the contract.
    #[error("bundle version {found}, only {VERSION} is known")]
    Version {
        /// The version named in the header.
        found: u16,
    },
    /// A bundle without a camera.
    #[error("camera_count is 0, at least 1 is needed")]
    NoCamera,
    /// A frame's header or data goes past the end of the payload.
    #[error("frame {index} needs {needed} bytes, {left} are left")]
    FramePastEnd {
        /// Which frame, from 0.
        index: u16,
        /// Bytes that its header, or its header and data, take.
        needed: u64,
        /// Bytes that are left from the frame's beginning.
        left: usize,
    },
    /// The same camera twice.
    #[error("camera id {camera_id} stands twice in a bundle")]
    CameraTwice {
        /// The id.
        camera_id: u8,
    },
    /// Too few bytes after the last frame for the header of a block.
    #[error("{left} bytes left over after the last frame or block, a block header takes {BLOCK_HEADER_SIZE}")]
    LeftOver {
        /// How many, 1 to 7.
        left: usize,
    },
    /// A block's body goes past the end of the payload.
    #[error("block with tag {tag} says {size} bytes, {left} are left")]
    BlockPastEnd {
        /// The block's tag.
        tag: u16,
        /// Bytes that its header announces.
        size: u32,
        /// Bytes left after its header.
        left: usize,
    },
    /// A known block stands twice.
    #[error("block with tag {tag} stands twice")]
    BlockTwice {
        /// The block's tag.
        tag: u16,
    },
    /// A known block is shorter than what it must hold.
    #[error("block with tag {tag} has {size} bytes, {needed} are needed")]
    BlockTooShort {
        /// The block's tag.
        tag: u16,
        /// Bytes of the body.
        size: usize,
        /// Bytes that it needs.
        needed: usize,
    },
}
