//! What a viewer is sent of the pictures that are its turn: a bundle, or one camera's JPEG by itself.

use bytes::Bytes;
use frame_bundle::{Frame, PixelFormat};

use super::{Body, Gives, Outgoing, remux};
use crate::camera_set::CameraSet;

/// Between two parts of an MJPEG stream: RFC 2046, section 5.1.1.
pub(crate) const BOUNDARY: &str = "frame";
/// In front of the first part.
pub(crate) const FIRST_BOUNDARY: &[u8] = b"--frame\r\n";
/// Behind each part, at once: a browser shows a part only when it sees where it ends.
const NEXT_BOUNDARY: &[u8] = b"\r\n--frame\r\n";

/// The form in which a viewer takes pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Render {
    /// FrameBundles, as binary messages.
    Bundles,
    /// The JPEGs of this camera, as binary messages.
    Jpeg(u8),
    /// The JPEGs of this camera, as parts of an MJPEG stream.
    Part(u8),
}

impl Render {
    /// The message; `None` where nothing of it can be shown in this form.
    pub(crate) fn message(self, wanted: CameraSet, gives: &Gives) -> Option<Outgoing> {
        match self {
            Self::Bundles => remux::message(wanted, gives),
            Self::Jpeg(camera) => jpeg(camera, gives).map(|jpeg| Outgoing::binary(Body::Whole(jpeg.frame.data))),
            Self::Part(camera) => jpeg(camera, gives).map(|jpeg| Outgoing::part(jpeg.part())),
        }
    }
}

struct Jpeg {
    frame: Frame,
    /// When it was taken, or else when it came; Unix time in µs.
    taken_us: u64,
}

/// The picture of one camera, if there is one and it is a JPEG.
fn jpeg(camera: u8, gives: &Gives) -> Option<Jpeg> {
    let (published, frame, info) = match gives {
        Gives::One(published) => (published, published.bundle.frame(camera)?, published.bundle.capture_info(camera)),
        Gives::Together(frames) => {
            let newest = frames.iter().find(|newest| newest.frame.camera_id == camera)?;
            (&newest.published, newest.frame.clone(), newest.capture_info)
        }
    };
    // Not when its bundle was put together: an original grabber counts that from the start of its machine.
    let taken_us = info.map_or(published.arrived_us, |info| info.capture_time_us);
    (frame.pixel_format == PixelFormat::JPEG && !frame.data.is_empty()).then_some(Jpeg { frame, taken_us })
}

impl Jpeg {
    /// `X-Timestamp` is Unix time in seconds, with microseconds.
    fn part(self) -> Body {
        let (seconds, micros) = (self.taken_us / 1_000_000, self.taken_us % 1_000_000);
        let head = format!(
            "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {seconds}.{micros:06}\r\n\r\n",
            self.frame.data.len()
        );
        Body::Pieces(vec![head.into(), self.frame.data, Bytes::from_static(NEXT_BOUNDARY)])
    }
}

#[cfg(test)]
mod tests {
    use frame_bundle::{BundleBuilder, FrameBundle};

    use super::*;
    use crate::test_bundles::{FRONT, bundle, frame, published, two_grabbers};

    fn of(bundle: FrameBundle) -> Gives {
        Gives::One(published(1, bundle))
    }

    fn bytes(message: Outgoing) -> Vec<u8> {
        message.into_body().pieces().concat()
    }

    #[test]
    fn a_bundle_is_the_same_message_however_it_was_made() {
        let whole = bundle(1, 4, &[0, 3]);
        let (at_hand, made_anew) = (two_grabbers().after(FRONT, 4, &[0, 3]).recent[0].clone(), of(whole.clone()));
        for gives in [Gives::One(at_hand.clone()), Gives::One(at_hand), made_anew] {
            assert_eq!(Render::Bundles.message(CameraSet::ALL, &gives).unwrap().payload(), whole.payload().to_vec());
        }
    }

    #[test]
    fn a_cameras_jpeg_is_the_frame_as_it_came() {
        let gives = of(bundle(1, 4, &[0, 3]));
        assert_eq!(bytes(Render::Jpeg(3).message(CameraSet::ALL, &gives).unwrap()), frame(3, 4).data);
        assert!(Render::Jpeg(7).message(CameraSet::ALL, &gives).is_none());
    }

    #[test]
    fn a_part_tells_its_length_and_time_and_ends_with_the_boundary() {
        let scene = two_grabbers().after(FRONT, 4, &[0]);
        let data = frame(0, 4).data;
        let part = bytes(Render::Part(0).message(CameraSet::ALL, &of(bundle(1, 4, &[0]))).unwrap());
        let newest = scene.cameras[&0].newest.clone().unwrap();
        let us = newest.capture_info.unwrap().capture_time_us;
        let head = format!(
            "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {}.{:06}\r\n\r\n",
            data.len(),
            us / 1_000_000,
            us % 1_000_000
        );
        assert_eq!(part, [head.as_bytes(), &data, b"\r\n--frame\r\n"].concat());
        assert_eq!(bytes(Render::Part(0).message(CameraSet::ALL, &Gives::Together(vec![newest])).unwrap()), part);
    }

    #[test]
    fn what_is_no_jpeg_or_empty_is_not_shown() {
        let raw = Frame { pixel_format: PixelFormat(7), ..frame(0, 1) };
        let empty = Frame { data: Bytes::new(), ..frame(0, 1) };
        for frame in [raw, empty] {
            let bundle = BundleBuilder::new(0, 0).frame(frame).build().unwrap();
            let gives = of(FrameBundle::parse(bundle).unwrap());
            assert!(Render::Jpeg(0).message(CameraSet::ALL, &gives).is_none());
            assert!(Render::Part(0).message(CameraSet::ALL, &gives).is_none());
            assert!(Render::Bundles.message(CameraSet::ALL, &gives).is_some());
        }
    }
}
