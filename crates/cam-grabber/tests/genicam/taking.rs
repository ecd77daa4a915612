//! Opening cameras, taking frames, and the account of what became of each.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cam_grabber::capture::{Camera, CameraError, Frame, Genicam, Grabbed, Source};
use cameracast_config as config;

/// What has no deadline of its own is there by then, also on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// 640x480 Mono8 at 100 FPS.
pub(crate) fn wanted() -> config::Camera {
    config::Camera {
        width: Some(640),
        height: Some(480),
        fps: Some(100.0),
        pixel_format: Some("Mono8".into()),
        packet_size: Some(9000),
        ..nothing_wanted()
    }
}

pub(crate) fn nothing_wanted() -> config::Camera {
    config::Camera::new(0, config::Source::Genicam { device: String::new() })
}

pub(crate) fn open(device: &str, wanted: &config::Camera) -> Result<Box<dyn Camera>, CameraError> {
    Genicam::new(device, wanted).open()
}

/// Opens a camera that may still be somebody's for a while, or was too slow for a search, as its supervisor does: again
/// and again.
pub(crate) fn open_in_the_end(device: &str) -> Box<dyn Camera> {
    let deadline = Instant::now() + 2 * SOON;
    loop {
        match open(device, &wanted()) {
            Ok(camera) => return camera,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}

/// What came of a camera.
#[derive(Default)]
pub(crate) struct Taken {
    /// Of the whole frames.
    pub(crate) numbers: Vec<u64>,
    pub(crate) incomplete: u64,
    /// Before the first whole frame, when no number is known to count from.
    pub(crate) incomplete_before: u64,
}

pub(crate) fn take(camera: &mut dyn Camera, enough: usize, keep: impl FnMut(Frame)) -> Taken {
    take_until(camera, |taken| taken.numbers.len() >= enough, keep)
}

/// Ends with a whole frame, so that every number up to it can be accounted for.
pub(crate) fn take_until(
    camera: &mut dyn Camera,
    is_enough: impl Fn(&Taken) -> bool,
    mut keep: impl FnMut(Frame),
) -> Taken {
    let mut taken = Taken::default();
    let deadline = Instant::now() + 2 * SOON;
    loop {
        assert!(Instant::now() < deadline, "only {} frames", taken.numbers.len());
        match camera.grab(SOON).unwrap() {
            Grabbed::Frame(frame) => {
                taken.numbers.push(frame.number);
                keep(frame);
                if is_enough(&taken) {
                    return taken;
                }
            }
            Grabbed::Incomplete(_) if taken.numbers.is_empty() => taken.incomplete_before += 1,
            Grabbed::Incomplete(_) => taken.incomplete += 1,
            Grabbed::Nothing => {}
        }
    }
}

pub(crate) fn first_frame(camera: &mut dyn Camera) -> Frame {
    let mut first = None;
    take(camera, 1, |frame| first = Some(frame));
    first.unwrap()
}

/// Every number between the first and the last frame is a frame that was grabbed, came incomplete, or was lost.
pub(crate) fn assert_all_accounted_for(taken: &Taken, lost: &BTreeMap<&'static str, u64>) {
    let sent = taken.numbers.last().unwrap() - taken.numbers[0] + 1;
    let lost: u64 = lost.values().sum();
    assert_eq!(sent, taken.numbers.len() as u64 + taken.incomplete + lost);
}
