//! Puts a bundle together, whole or in pieces for a vectored write.

use bytes::{Bytes, BytesMut};

use crate::frame::{CaptureInfo, Frame};
use crate::headers::{
    self, BLOCK_HEADER_SIZE, BUNDLE_HEADER_SIZE, BUNDLE_MAGIC, BlockHeader, BundleHeader, CAPTURE_INFO_ENTRY_SIZE,
    CAPTURE_INFO_PREFIX_SIZE, CaptureInfoEntry, CaptureInfoPrefix, FRAME_HEADER_SIZE, FrameHeader, SENDER_SIZE,
    TAG_CAPTURE_INFO, TAG_SENDER, VERSION,
};

/// Why no bundle can be made of what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbuildable {
    /// No frame was given.
    #[error("a bundle holds at least one frame")]
    NoFrame,
    /// Two frames of one camera.
    #[error("camera id {camera_id} was given twice")]
    CameraTwice {
        /// The id.
        camera_id: u8,
    },
    /// A frame's data does not fit its 32-bit size.
    #[error("camera {camera_id}: {size} bytes are more than a frame can hold")]
    FrameTooLarge {
        /// The camera.
        camera_id: u8,
        /// Bytes of its data.
        size: usize,
    },
}

/// A bundle in the making.
#[derive(Clone, Debug)]
pub struct BundleBuilder {
    seq: u64,
    timestamp_us: u64,
    frames: Vec<Frame>,
    capture_infos: Vec<CaptureInfo>,
    session: Option<u64>,
}

impl BundleBuilder {
    /// Begins a bundle with its running number and the time at which it is put together, in µs.
    pub fn new(seq: u64, timestamp_us: u64) -> Self {
        Self { seq, timestamp_us, frames: Vec::new(), capture_infos: Vec::new(), session: None }
    }

    /// Adds a frame; frames stand in the order in which they were added.
    #[must_use]
    pub fn frame(mut self, frame: Frame) -> Self {
        self.frames.push(frame);
        self
    }

    /// Adds an entry to extension block 1.
    #[must_use]
    pub fn capture_info(mut self, info: CaptureInfo) -> Self {
        self.capture_infos.push(info);
        self
    }

    /// Adds extension block 2: the sender's life.
    #[must_use]
    pub fn session(mut self, session: u64) -> Self {
        self.session = Some(session);
        self
    }

    /// The whole payload in one exactly sized buffer.
    ///
    /// # Errors
    /// What was given cannot be one bundle.
    pub fn build(&self) -> Result<Bytes, Unbuildable> {
        self.check()?;
        let data: usize = self.frames.iter().map(|frame| frame.data.len()).sum();
        let mut out = BytesMut::with_capacity(self.size_of_headers() + data);
        self.put_bundle_header(&mut out);
        for frame in &self.frames {
            put_frame_header(&mut out, frame);
            out.extend_from_slice(&frame.data);
        }
        self.put_blocks(&mut out);
        Ok(out.freeze())
    }

    /// The payload as slices in order, for a vectored write: headers are new, each frame's data is shared, not copied.
    ///
    /// # Errors
    /// What was given cannot be one bundle.
    pub fn pieces(&self) -> Result<Vec<Bytes>, Unbuildable> {
        self.check()?;
        let mut out = BytesMut::with_capacity(self.size_of_headers());
        let mut pieces = Vec::with_capacity(2 * self.frames.len() + 1);
        self.put_bundle_header(&mut out);
        for frame in &self.frames {
            put_frame_header(&mut out, frame);
            pieces.push(out.split().freeze());
            pieces.push(frame.data.clone());
        }
        self.put_blocks(&mut out);
        pieces.push(out.freeze());
        pieces.retain(|piece| !piece.is_empty());
        Ok(pieces)
    }

    fn check(&self) -> Result<(), Unbuildable> {
        if self.frames.is_empty() {
            return Err(Unbuildable::NoFrame);
        }
        let mut seen = [false; 256];
        for &Frame { camera_id, ref data, .. } in &self.frames {
            if std::mem::replace(&mut seen[usize::from(camera_id)], true) {
                return Err(Unbuildable::CameraTwice { camera_id });
            }
            if u32::try_from(data.len()).is_err() {
                return Err(Unbuildable::FrameTooLarge { camera_id, size: data.len() });
            }
        }
        Ok(())
    }

    fn size_of_headers(&self) -> usize {
        let capture_info = match self.capture_infos.len() {
            0 => 0,
            entries => BLOCK_HEADER_SIZE + CAPTURE_INFO_PREFIX_SIZE + entries * CAPTURE_INFO_ENTRY_SIZE,
        };
        let sender = self.session.map_or(0, |_| BLOCK_HEADER_SIZE + SENDER_SIZE);
        BUNDLE_HEADER_SIZE + self.frames.len() * FRAME_HEADER_SIZE + capture_info + sender
    }

    fn put_bundle_header(&self, out: &mut BytesMut) {
        headers::put(
            out,
            BundleHeader {
                magic: BUNDLE_MAGIC,
                version: VERSION,
                camera_count: self.frames.len() as u16, // at most 256, the ids are unique
                seq: self.seq,
                timestamp_us: self.timestamp_us,
            },
        );
    }

    fn put_blocks(&self, out: &mut BytesMut) {
        if !self.capture_infos.is_empty() {
            let size = CAPTURE_INFO_PREFIX_SIZE + self.capture_infos.len() * CAPTURE_INFO_ENTRY_SIZE;
            headers::put(out, BlockHeader { tag: TAG_CAPTURE_INFO, reserved: 0, size: size as u32 });
            headers::put(out, CaptureInfoPrefix { entry_size: CAPTURE_INFO_ENTRY_SIZE as u16, reserved: 0 });
            for info in &self.capture_infos {
                headers::put(
                    out,
                    CaptureInfoEntry {
                        camera_id: info.camera_id,
                        clock: info.clock.0,
                        reserved: 0,
                        reserved2: 0,
                        capture_time_us: info.capture_time_us,
                        frame_number: info.frame_number,
                    },
                );
            }
        }
        if let Some(session) = self.session {
            headers::put(out, BlockHeader { tag: TAG_SENDER, reserved: 0, size: SENDER_SIZE as u32 });
            headers::put(out, session);
        }
    }
}

fn put_frame_header(out: &mut BytesMut, frame: &Frame) {
    headers::put(
        out,
        FrameHeader {
            camera_id: frame.camera_id,
            pixel_format: frame.pixel_format.0,
            reserved: 0,
            width: frame.width,
            height: frame.height,
            data_size: frame.data.len() as u32,
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;

    fn frame(camera_id: u8) -> Frame {
        let data = Bytes::from(vec![0xFF, 0xD8, camera_id, 0xFF, 0xD9]);
        Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data }
    }

    #[test]
    fn a_bundle_needs_a_frame() {
        let empty = BundleBuilder::new(0, 0).session(1);
        assert_eq!(empty.build(), Err(Unbuildable::NoFrame));
        assert_eq!(empty.pieces(), Err(Unbuildable::NoFrame));
    }

    #[test]
    fn a_camera_stands_in_a_bundle_once() {
        let twice = BundleBuilder::new(0, 0).frame(frame(7)).frame(frame(8)).frame(frame(7));
        assert_eq!(twice.build(), Err(Unbuildable::CameraTwice { camera_id: 7 }));
    }

    #[test]
    fn pieces_share_the_data_of_their_frames() {
        let frame = frame(7);
        let pieces = BundleBuilder::new(0, 0).frame(frame.clone()).pieces().unwrap();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1].as_ptr(), frame.data.as_ptr());
    }
}
