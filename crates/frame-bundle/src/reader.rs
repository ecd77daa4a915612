//! Reads a bundle: checks its structure once, then hands out slices of it.

use std::ops::Range;

use bytes::Bytes;

use crate::frame::{CaptureInfo, Clock, Frame, PixelFormat};
use crate::headers::{
    self, BLOCK_HEADER_SIZE, BUNDLE_HEADER_SIZE, BUNDLE_MAGIC, BlockHeader, BundleHeader, CAPTURE_INFO_ENTRY_SIZE,
    CAPTURE_INFO_PREFIX_SIZE, CaptureInfoEntry, CaptureInfoPrefix, FRAME_HEADER_SIZE, FrameHeader, SENDER_SIZE,
    TAG_CAPTURE_INFO, TAG_SENDER, VERSION,
};
use crate::malformed::Malformed;

/// A bundle whose structure is sound. Cloning it shares the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct FrameBundle {
    payload: Bytes,
    header: BundleHeader,
    /// Where the entries of block 1 stand; empty where there is none.
    capture_info: Range<usize>,
    /// 0 as long as there is no block 1.
    capture_info_entry_size: usize,
    session: Option<u64>,
}

impl FrameBundle {
    /// Checks the structure of `payload` (not its pictures) and keeps it as it is. Allocates nothing.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn parse(payload: Bytes) -> Result<Self, Malformed> {
        let header = read_bundle_header(&payload)?;
        let blocks_at = check_frames(&payload, header.camera_count)?;
        let mut bundle = Self { payload, header, capture_info: 0..0, capture_info_entry_size: 0, session: None };
        bundle.read_blocks(blocks_at)?;
        Ok(bundle)
    }

    /// Running number within one life of the sender, from 0.
    pub fn seq(&self) -> u64 {
        self.header.seq
    }

    /// When the bundle was put together, µs of the sender's clock.
    pub fn timestamp_us(&self) -> u64 {
        self.header.timestamp_us
    }

    /// How many frames the bundle holds, 1 or more.
    pub fn camera_count(&self) -> u16 {
        self.header.camera_count
    }

    /// The sender's life, where it says so (extension block 2): where it changes, `seq` starts again.
    pub fn session(&self) -> Option<u64> {
        self.session
    }

    /// The frames in the order in which they stand.
    pub fn frames(&self) -> Frames<'_> {
        Frames { payload: &self.payload, at: BUNDLE_HEADER_SIZE, left: self.header.camera_count }
    }

    /// The frame of one camera.
    pub fn frame(&self, camera_id: u8) -> Option<Frame> {
        self.frames().find(|frame| frame.camera_id == camera_id)
    }

    /// The entries of extension block 1; none where the sender gave none.
    pub fn capture_infos(&self) -> CaptureInfos<'_> {
        CaptureInfos { entries: &self.payload[self.capture_info.clone()], entry_size: self.capture_info_entry_size }
    }

    /// When the frame of one camera was taken, where the sender said so.
    pub fn capture_info(&self, camera_id: u8) -> Option<CaptureInfo> {
        self.capture_infos().find(|info| info.camera_id == camera_id)
    }

    /// The payload as it came: what goes out as one WebSocket message.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    fn read_blocks(&mut self, mut at: usize) -> Result<(), Malformed> {
        while at < self.payload.len() {
            let left = &self.payload[at..];
            let Some(BlockHeader { tag, size, .. }) = headers::get(left) else {
                return Err(Malformed::LeftOver { left: left.len() });
            };
            at += BLOCK_HEADER_SIZE;
            let left = self.payload.len() - at;
            let Some(end) = at.checked_add(size as usize).filter(|end| *end <= self.payload.len()) else {
                return Err(Malformed::BlockPastEnd { tag, size, left });
            };
            match tag {
                TAG_CAPTURE_INFO => self.read_capture_info(at..end)?,
                TAG_SENDER => self.read_sender(at..end)?,
                _ => {} // a later version's; not for us
            }
            at = end;
        }
        Ok(())
    }

    fn read_capture_info(&mut self, body: Range<usize>) -> Result<(), Malformed> {
        let tag = TAG_CAPTURE_INFO;
        if self.capture_info_entry_size != 0 {
            return Err(Malformed::BlockTwice { tag });
        }
        let too_short = |needed| Malformed::BlockTooShort { tag, size: body.len(), needed };
        let prefix: CaptureInfoPrefix =
            headers::get(&self.payload[body.clone()]).ok_or(too_short(CAPTURE_INFO_PREFIX_SIZE))?;
        let entry_size = usize::from(prefix.entry_size);
        if entry_size < CAPTURE_INFO_ENTRY_SIZE {
            return Err(too_short(CAPTURE_INFO_PREFIX_SIZE + CAPTURE_INFO_ENTRY_SIZE));
        }
        let entries = body.start + CAPTURE_INFO_PREFIX_SIZE..body.end;
        if !entries.len().is_multiple_of(entry_size) {
            return Err(too_short(CAPTURE_INFO_PREFIX_SIZE + entries.len().div_ceil(entry_size) * entry_size));
        }
        self.capture_info = entries;
        self.capture_info_entry_size = entry_size;
        Ok(())
    }

    fn read_sender(&mut self, body: Range<usize>) -> Result<(), Malformed> {
        let tag = TAG_SENDER;
        if self.session.is_some() {
            return Err(Malformed::BlockTwice { tag });
        }
        let too_short = Malformed::BlockTooShort { tag, size: body.len(), needed: SENDER_SIZE };
        self.session = Some(headers::get::<u64>(&self.payload[body]).ok_or(too_short)?);
        Ok(())
    }
}

impl std::fmt::Debug for FrameBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameBundle")
            .field("seq", &self.seq())
            .field("timestamp_us", &self.timestamp_us())
            .field("camera_count", &self.camera_count())
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

fn read_bundle_header(payload: &[u8]) -> Result<BundleHeader, Malformed> {
    let header: BundleHeader = headers::get(payload).ok_or(Malformed::NoHeader { size: payload.len() })?;
    match header {
        BundleHeader { magic, .. } if magic != BUNDLE_MAGIC => Err(Malformed::Magic { found: magic }),
        BundleHeader { version, .. } if version != VERSION => Err(Malformed::Version { found: version }),
        BundleHeader { camera_count: 0, .. } => Err(Malformed::NoCamera),
        sound => Ok(sound),
    }
}

/// Walks over the frames; gives the place after the last one.
fn check_frames(payload: &[u8], camera_count: u16) -> Result<usize, Malformed> {
    let mut seen = [false; 256];
    let mut at = BUNDLE_HEADER_SIZE;
    for index in 0..camera_count {
        let left = payload.len() - at;
        let past_end = |needed| Malformed::FramePastEnd { index, needed, left };
        let header: FrameHeader = headers::get(&payload[at..]).ok_or(past_end(FRAME_HEADER_SIZE as u64))?;
        let needed = FRAME_HEADER_SIZE as u64 + u64::from(header.data_size);
        if needed > left as u64 {
            return Err(past_end(needed));
        }
        if std::mem::replace(&mut seen[usize::from(header.camera_id)], true) {
            return Err(Malformed::CameraTwice { camera_id: header.camera_id });
        }
        at += FRAME_HEADER_SIZE + header.data_size as usize;
    }
    Ok(at)
}

/// The frames of a bundle.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    payload: &'a Bytes,
    at: usize,
    left: u16,
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.left = self.left.checked_sub(1)?;
        let header: FrameHeader = headers::get(&self.payload[self.at..])?;
        let data_at = self.at + FRAME_HEADER_SIZE;
        self.at = data_at + header.data_size as usize;
        Some(Frame {
            camera_id: header.camera_id,
            pixel_format: PixelFormat(header.pixel_format),
            width: header.width,
            height: header.height,
            data: self.payload.slice(data_at..self.at),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Frames<'_> {}

/// The entries of extension block 1.
#[derive(Clone, Debug)]
pub struct CaptureInfos<'a> {
    entries: &'a [u8],
    entry_size: usize,
}

impl Iterator for CaptureInfos<'_> {
    type Item = CaptureInfo;

    fn next(&mut self) -> Option<CaptureInfo> {
        let entry: CaptureInfoEntry = headers::get(self.entries)?;
        // A longer entry is a later version's: what it adds is stepped over.
        self.entries = self.entries.get(self.entry_size..).unwrap_or_default();
        Some(CaptureInfo {
            camera_id: entry.camera_id,
            clock: Clock(entry.clock),
            capture_time_us: entry.capture_time_us,
            frame_number: entry.frame_number,
        })
    }
}
