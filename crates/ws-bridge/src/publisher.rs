//! Publishes pictures without a grabber: for a program that has the bridge inside and takes or draws them itself.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use bytes::Bytes;
use frame_bundle::control::CameraState;
use frame_bundle::{BundleBuilder, CaptureInfo, Clock, Frame, FrameBundle, Malformed, PixelFormat, Unbuildable};
use rustix::process::geteuid;

use crate::hub::{Attachment, Hub};
use crate::scene::{Conflict, Peer};
use crate::small_frame;
use crate::unix_time;

/// Why pictures were not shown.
#[derive(Debug, thiserror::Error)]
pub enum CannotPublish {
    /// It is no JPEG, or a broken one.
    #[error("what was given for camera {camera} is no picture: its JPEG does not say how large it is")]
    NoJpeg {
        /// The camera.
        camera: u8,
    },
    /// They do not go together in one bundle.
    #[error(transparent)]
    Unbuildable(#[from] Unbuildable),
    /// They do not make a sound bundle.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A grabber that was there before has one of the cameras; the next try may find it gone.
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

/// Shows pictures to everyone, as a grabber does. Its cameras are lost when it is dropped.
#[derive(Debug)]
pub struct Publisher {
    hub: Arc<Hub>,
    attachment: Attachment,
    session: u64,
    seq: u64,
}

impl Publisher {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        let session = RandomState::new().build_hasher().finish();
        Self { attachment: attach(&hub), hub, session, seq: 0 }
    }

    /// Shows a JPEG, which was taken just now. Its size is read from it; the rest of it is not looked at.
    ///
    /// # Errors
    /// It does not say how large it is, or the camera belongs to a grabber that was there before.
    pub fn publish_jpeg(&mut self, camera: u8, jpeg: impl Into<Bytes>) -> Result<(), CannotPublish> {
        let data = jpeg.into();
        let size = small_frame::size_of_jpeg(&data).map_err(|_| CannotPublish::NoJpeg { camera })?;
        let (width, height) = (size.width.into(), size.height.into());
        self.publish([Frame { camera_id: camera, pixel_format: PixelFormat::JPEG, width, height, data }])
    }

    /// Shows frames of several cameras together, which were taken just now.
    ///
    /// # Errors
    /// There is none, two are of the same camera, or a camera belongs to a grabber that was there before.
    pub fn publish(&mut self, frames: impl IntoIterator<Item = Frame>) -> Result<(), CannotPublish> {
        let now_us = unix_time::now_us();
        let mut builder = BundleBuilder::new(self.seq, now_us).session(self.session);
        for frame in frames {
            let (camera_id, clock, frame_number) = (frame.camera_id, Clock::ARRIVAL, self.seq);
            let info = CaptureInfo { camera_id, clock, capture_time_us: now_us, frame_number };
            builder = builder.frame(frame).capture_info(info);
        }
        self.publish_bundle(&FrameBundle::parse(builder.build()?)?)?;
        self.seq += 1;
        Ok(())
    }

    /// Shows a bundle that was put together elsewhere, with its own number, times and session.
    ///
    /// # Errors
    /// One of its cameras belongs to a grabber that was there before.
    pub fn publish_bundle(&mut self, bundle: &FrameBundle) -> Result<(), Conflict> {
        if let Some(conflict) = self.attachment.has_to_go() {
            // As a grabber that was closed connects again, as the newest one.
            self.attachment = attach(&self.hub);
            return Err(conflict);
        }
        self.attachment.publish(bundle)
    }

    /// Says what the cameras are called and how they are: for the page, the status and the descriptions that viewers get.
    ///
    /// # Errors
    /// One of them belongs to a grabber that was there before.
    pub fn describe(&self, cameras: &[CameraState]) -> Result<(), Conflict> {
        self.attachment.report("", false, cameras)
    }
}

fn attach(hub: &Arc<Hub>) -> Attachment {
    let pid = i32::try_from(std::process::id()).ok();
    hub.attach(Peer { pid, uid: geteuid().as_raw() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_bundles::{bundle, frame};

    const PEER: Peer = Peer { pid: Some(1), uid: 0 };
    const JPEG: &[u8] = b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x78\x00\xA0\x01\x01\x11\x00\xFF\xD9";

    #[test]
    fn a_jpeg_is_shown_with_its_size_and_numbered() {
        let hub = Arc::new(Hub::default());
        let mut publisher = Publisher::new(hub.clone());
        for number in 0..2 {
            publisher.publish_jpeg(4, JPEG).unwrap();
            let newest = hub.scene().cameras[&4].newest.clone().unwrap();
            assert_eq!((newest.frame.width, newest.frame.height, &newest.frame.data[..]), (160, 120, JPEG));
            assert_eq!(newest.capture_info.unwrap().frame_number, number);
            assert_eq!((newest.published.bundle.seq(), newest.published.bundle.session().is_some()), (number, true));
        }
        drop(publisher);
        assert!(hub.scene().cameras[&4].gone);
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let hub = Arc::new(Hub::default());
        let mut publisher = Publisher::new(hub.clone());
        assert!(matches!(publisher.publish_jpeg(4, &b"text"[..]), Err(CannotPublish::NoJpeg { camera: 4 })));
        assert!(matches!(publisher.publish([]), Err(CannotPublish::Unbuildable(Unbuildable::NoFrame))));
        assert!(publisher.publish([frame(1, 0), frame(1, 1)]).is_err());
        assert_eq!(hub.scene().head, 0);
    }

    #[test]
    fn a_camera_that_a_grabber_had_before_is_left_to_it_until_it_goes() {
        let hub = Arc::new(Hub::default());
        let grabber = hub.attach(PEER);
        let mut publisher = Publisher::new(hub.clone());
        publisher.publish_jpeg(0, JPEG).unwrap();
        grabber.publish(&bundle(1, 0, &[0])).unwrap();
        for _ in 0..2 {
            assert!(matches!(publisher.publish_jpeg(0, JPEG), Err(CannotPublish::Conflict(_))));
        }
        publisher.publish_jpeg(1, JPEG).unwrap();
        drop(grabber);
        publisher.publish_jpeg(0, JPEG).unwrap();
        assert!(!hub.scene().cameras[&0].gone);
    }
}
