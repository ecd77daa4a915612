//! Finds the newest picture, or waits for one that is new enough.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::camera::Newest;
use crate::hub::Hub;
use crate::scene::Scene;

/// How long a request for a newer picture waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoFrame {
    #[error("there is no camera {asked}: {known}")]
    NoSuchCamera { asked: String, known: String },
    #[error("no camera has been announced yet: try again when a grabber is connected")]
    NoCamera,
    #[error("camera {camera} has sent no picture yet (it is {how}): /api/status says how the cameras are")]
    NoPicture { camera: u8, how: String },
    #[error("no picture at most {} ms old came within {} s: /api/status says how the cameras are", max_age.as_millis(), PATIENCE.as_secs())]
    TooOld { max_age: Duration },
}

/// The newest picture of a camera, of the one with the lowest id where none is named. Where it may not be older than
/// `max_age` at the time of the question, waits until there is such a one.
pub(super) async fn newest(hub: &Hub, id: Option<&str>, max_age: Option<Duration>) -> Result<Newest, NoFrame> {
    let Some(max_age) = max_age else { return find(&hub.scene(), id) };
    let asked = Instant::now();
    let mut scenes = hub.scenes();
    let wait = async {
        loop {
            match find(&scenes.borrow_and_update(), id) {
                Ok(newest) if newest.taken() + max_age >= asked => return Ok(newest),
                Err(unknown @ NoFrame::NoSuchCamera { .. }) => return Err(unknown),
                Ok(_) | Err(_) => {}
            }
            if scenes.changed().await.is_err() {
                return Err(NoFrame::TooOld { max_age }); // nobody sends any more
            }
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or(Err(NoFrame::TooOld { max_age }))
}

fn find(scene: &Scene, id: Option<&str>) -> Result<Newest, NoFrame> {
    let camera = match id {
        None => scene.cameras.values().next().ok_or(NoFrame::NoCamera)?,
        Some(id) => id
            .parse()
            .ok()
            .and_then(|id: u8| scene.cameras.get(&id))
            .ok_or_else(|| NoFrame::NoSuchCamera { asked: id.into(), known: known(scene) })?,
    };
    camera.newest_jpeg.clone().ok_or_else(|| NoFrame::NoPicture { camera: camera.id, how: camera.in_words() })
}

/// Which cameras there are, in words.
fn known(scene: &Scene) -> String {
    let ids: Vec<String> = scene.cameras.keys().map(u8::to_string).collect();
    if ids.is_empty() { "none has been announced yet".into() } else { format!("there are {}", ids.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use frame_bundle::{BundleBuilder, Frame, FrameBundle, PixelFormat};

    use super::*;
    use crate::scene::Peer;
    use crate::test_bundles::{BACK, FRONT, bundle, frame, two_grabbers};

    const PEER: Peer = Peer { pid: Some(1), uid: 0 };

    fn data(found: Result<Newest, NoFrame>) -> Bytes {
        found.unwrap().frame.data
    }

    /// A bundle with a frame that is no picture.
    fn without_picture(pixel_format: PixelFormat, data: &'static [u8]) -> FrameBundle {
        let frame = Frame { pixel_format, data: Bytes::from_static(data), ..frame(3, 0) };
        FrameBundle::parse(BundleBuilder::new(0, 0).frame(frame).build().unwrap()).unwrap()
    }

    #[test]
    fn without_an_id_it_is_the_lowest_one() {
        let scene = two_grabbers().after(FRONT, 1, &[3, 7]).after(BACK, 2, &[5]);
        assert_eq!(data(find(&scene, None)), "c3#1");
        assert_eq!(data(find(&scene, Some("5"))), "c5#2");
    }

    #[test]
    fn a_camera_that_is_not_there_is_told_from_one_without_a_picture() {
        assert_eq!(find(&two_grabbers(), None).unwrap_err(), NoFrame::NoCamera);
        let scene = two_grabbers().after(FRONT, 1, &[3, 7]);
        for asked in ["4", "256", "-1", "front", "3x"] {
            let sentence = find(&scene, Some(asked)).unwrap_err().to_string();
            assert_eq!(sentence, format!("there is no camera {asked}: there are 3, 7"));
        }
        let scene = two_grabbers().with_bundle(FRONT, without_picture(PixelFormat(9), b"raw"), Instant::now());
        assert_eq!(find(&scene, Some("3")).unwrap_err(), NoFrame::NoPicture { camera: 3, how: "streaming".into() });
    }

    #[test]
    fn frames_that_are_no_pictures_do_not_hide_the_last_one_that_was() {
        let scene = two_grabbers().after(FRONT, 1, &[3]);
        for (format, data) in [(PixelFormat::JPEG, &b""[..]), (PixelFormat(9), b"raw")] {
            let scene = scene.with_bundle(FRONT, without_picture(format, data), Instant::now());
            assert_eq!(scene.cameras[&3].newest.as_ref().unwrap().frame.data, data);
            assert_eq!(find(&scene, Some("3")).unwrap().frame.data, "c3#1");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_picture_that_is_new_enough_is_given_at_once_and_another_one_waited_for() {
        let hub = Arc::new(Hub::default());
        let grabber = hub.attach(PEER);
        grabber.publish(&bundle(1, 0, &[0])).unwrap();
        assert_eq!(data(newest(&hub, None, Some(Duration::from_secs(60))).await), "c0#0");

        let next = tokio::spawn({
            let hub = hub.clone();
            async move { newest(&hub, Some("0"), Some(Duration::ZERO)).await }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        grabber.publish(&bundle(1, 1, &[5])).unwrap();
        tokio::task::yield_now().await;
        assert!(!next.is_finished(), "it is another camera's");
        grabber.publish(&bundle(1, 2, &[0])).unwrap();
        assert_eq!(data(next.await.unwrap()), "c0#2");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_in_vain_is_told_so_and_an_unknown_camera_is_not_waited_for() {
        let hub = Arc::new(Hub::default());
        let begin = tokio::time::Instant::now();
        let none = newest(&hub, Some("0"), Some(Duration::ZERO)).await.unwrap_err();
        assert!(matches!(none, NoFrame::NoSuchCamera { .. }) && begin.elapsed() < PATIENCE);
        let none = newest(&hub, None, Some(Duration::from_millis(70))).await.unwrap_err();
        assert_eq!((none, begin.elapsed()), (NoFrame::TooOld { max_age: Duration::from_millis(70) }, PATIENCE));
    }
}
