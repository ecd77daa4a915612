//! Cameras that share one clock: IEEE 1588 (PTP).
//!
//! Each camera's clock is mapped to the host's by itself (`clock_map`), less exactly than the cameras agree with each
//! other. So those that follow the same master share the least of their offsets: what they stamp alike gets the same time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aravis::prelude::*;

/// A clock finds its master or loses it at any time.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Offsets of one and the same clock, found over different cables and exposures, are this close at most.
const SAME_CLOCK_NS: i64 = 1_000_000_000;

/// What the standard's features are called in a generation of cameras.
#[derive(Debug)]
struct Names {
    enable: &'static str,
    status: &'static str,
    latch: &'static str,
    master: &'static str,
}

const NAMES: [Names; 2] = [
    Names { enable: "PtpEnable", status: "PtpStatus", latch: "PtpDataSetLatch", master: "PtpGrandmasterClockID" },
    Names {
        enable: "GevIEEE1588",
        status: "GevIEEE1588Status",
        latch: "GevIEEE1588DataSetLatch",
        master: "GevIEEE1588ParentClockId",
    },
];

/// One camera's part in it. Belongs to the camera's thread.
#[derive(Debug)]
pub(super) struct Ptp {
    names: &'static Names,
    camera: u64,
    /// Whose clock it follows, while it does. A camera that does not name its master counts as following number 0.
    master: Option<i64>,
    asked_at: Option<Instant>,
}

impl Ptp {
    /// `None` for a camera that has no PTP, or has it switched off.
    pub(super) fn of(camera: &aravis::Camera) -> Option<Self> {
        static CAMERAS: AtomicU64 = AtomicU64::new(0);
        let is_on = |names: &&Names| {
            camera.is_feature_available(names.enable).unwrap_or(false) && camera.boolean(names.enable).unwrap_or(false)
        };
        let names = NAMES.iter().find(is_on)?;
        Some(Self { names, camera: CAMERAS.fetch_add(1, Ordering::Relaxed), master: None, asked_at: None })
    }

    /// Asks the camera from time to time whether its clock is in step. Only for a camera that lives: others take seconds
    /// to answer.
    pub(super) fn ask(&mut self, camera: &aravis::Camera, now: Instant) {
        if self.asked_at.is_some_and(|asked_at| now.saturating_duration_since(asked_at) < ASK_EVERY) {
            return;
        }
        self.asked_at = Some(now);
        if camera.is_feature_available(self.names.latch).unwrap_or(false) {
            camera.execute_command(self.names.latch).ok();
        }
        // A master's clock is what the others follow.
        let in_step = camera.string(self.names.status).is_ok_and(|status| status == "Slave" || status == "Master");
        self.master = in_step.then(|| camera.integer(self.names.master).unwrap_or(0));
        if self.master.is_none() {
            offsets().remove(&self.camera);
        }
    }

    /// The offset that all cameras of this clock share, from this camera's own; `None` while it is not in step.
    pub(super) fn shared(&self, own: i64) -> Option<i64> {
        let master = self.master?;
        let mut offsets = offsets();
        offsets.insert(self.camera, (master, own));
        Some(least(own, offsets.values().filter(|(of, _)| *of == master).map(|(_, offset)| *offset)))
    }
}

impl Drop for Ptp {
    fn drop(&mut self) {
        offsets().remove(&self.camera);
    }
}

/// For each camera in step: its master and its newest offset. Held for a few ns at a time.
fn offsets() -> MutexGuard<'static, BTreeMap<u64, (i64, i64)>> {
    static OFFSETS: Mutex<BTreeMap<u64, (i64, i64)>> = Mutex::new(BTreeMap::new());
    OFFSETS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The least offset, without those that are so far off that it cannot be the same clock (a second master somewhere).
fn least(own: i64, all: impl Iterator<Item = i64>) -> i64 {
    all.filter(|offset| offset.abs_diff(own) < SAME_CLOCK_NS as u64).fold(own, i64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_step(camera: u64, master: i64) -> Ptp {
        Ptp { names: &NAMES[0], camera, master: Some(master), asked_at: None }
    }

    #[test]
    fn cameras_of_one_master_share_the_least_offset() {
        let (quick, slow) = (in_step(1000, 71), in_step(1001, 71));
        assert_eq!(slow.shared(9_000), Some(9_000));
        assert_eq!(quick.shared(4_000), Some(4_000));
        assert_eq!(slow.shared(9_100), Some(4_000));
        drop(quick);
        assert_eq!(slow.shared(9_200), Some(9_200), "one that is closed no longer counts");
    }

    #[test]
    fn cameras_of_different_masters_or_with_clocks_that_are_far_off_share_nothing() {
        let (here, elsewhere, wrong) = (in_step(1010, 72), in_step(1011, 73), in_step(1012, 72));
        elsewhere.shared(1);
        wrong.shared(-5_000_000_000);
        assert_eq!(here.shared(2_000), Some(2_000));
    }

    #[test]
    fn a_camera_that_is_not_in_step_shares_nothing() {
        assert_eq!(Ptp { master: None, ..in_step(1020, 74) }.shared(1), None);
    }
}
