//! A live viewer: the newest wins, at the viewer's own pace, and it is told what it missed. Pure: time is passed in.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Cursor, Outgoing, Pace, Render, Update};
use crate::json;
use crate::scene::Scene;

/// How often a viewer is told what it missed, at most.
const BETWEEN_DROP_NOTICES: Duration = Duration::from_secs(1);

/// Chooses what one viewer gets.
#[derive(Debug)]
pub(crate) struct Viewer {
    cursor: Cursor,
    render: Render,
    pace: Option<Pace>,
    /// Bundles missed that it has not been told of.
    missed: u64,
    told_at: Option<Instant>,
    ask_again_at: Option<Instant>,
    chosen: Option<Chosen>,
}

#[derive(Debug)]
enum Chosen {
    Update { after: Cursor, skipped: u64 },
    DropNotice,
}

#[derive(Serialize)]
struct DropNotice {
    r#type: &'static str,
    bundles: u64,
}

impl Viewer {
    pub(crate) fn new(cursor: Cursor, render: Render, pace: Option<Pace>) -> Self {
        Self { cursor, render, pace, missed: 0, told_at: None, ask_again_at: None, chosen: None }
    }

    /// From now on this often at most; as often as there is something new without a pace.
    pub(crate) fn set_pace(&mut self, pace: Option<Pace>) {
        self.pace = pace;
    }

    /// The next message, if there is one; it counts only once [`Viewer::begun`] is called.
    pub(crate) fn next(&mut self, scene: &Scene, waited: bool, now: Instant) -> Option<Outgoing> {
        self.ask_again_at = None;
        let notice_at = self.told_at.map_or(now, |told| told + BETWEEN_DROP_NOTICES);
        let untold = self.missed > 0 && self.render == Render::Bundles;
        if untold && notice_at <= now {
            self.chosen = Some(Chosen::DropNotice);
            return Some(Outgoing::text(json::to_bytes(&DropNotice { r#type: "drop", bundles: self.missed })));
        }
        if !self.cursor.is_up_to_date(scene) {
            while let Some(Update { gives, skipped, after }) = self.update(scene, waited, now) {
                if let Some(message) = self.render.message(self.cursor.wanted(), &gives) {
                    self.chosen = Some(Chosen::Update { after, skipped });
                    return Some(message);
                }
                self.cursor = after; // nothing that it could show
            }
            self.cursor.settle(scene);
        }
        if untold {
            self.ask_again_at = Some(self.ask_again_at.map_or(notice_at, |at| at.min(notice_at)));
        }
        None
    }

    /// The message that was chosen last is on its way; gives how many bundles the viewer has missed before it.
    pub(crate) fn begun(&mut self, waited: bool, now: Instant) -> u64 {
        match self.chosen.take() {
            Some(Chosen::DropNotice) => {
                self.told_at = Some(now);
                self.missed = 0;
                0
            }
            Some(Chosen::Update { after, skipped }) => {
                self.cursor = after;
                let missed = match &mut self.pace {
                    None => skipped,
                    // What its own pace leaves out is not missed; moments that passed while its socket was busy are.
                    Some(pace) => pace.sent(now) * u64::from(waited),
                };
                self.missed += missed;
                missed
            }
            None => 0,
        }
    }

    /// When [`Viewer::next`] will have something that it did not have when it was last asked.
    pub(crate) fn ask_again_at(&self) -> Option<Instant> {
        self.ask_again_at
    }

    fn update(&mut self, scene: &Scene, waited: bool, now: Instant) -> Option<Update> {
        let Some(pace) = &self.pace else { return self.cursor.next(scene, waited) };
        let arrival = self.cursor.newest_arrival(scene)?;
        if pace.allows(arrival, now) {
            return self.cursor.newest(scene);
        }
        self.ask_again_at = pace.at_the_latest();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera_set::CameraSet;
    use crate::test_bundles::{BACK, FRONT, bundle, two_grabbers};

    fn viewer(scene: &Scene, fps: Option<f64>) -> Viewer {
        Viewer::new(Cursor::at_the_door(scene, CameraSet::ALL), Render::Bundles, fps.and_then(Pace::new))
    }

    /// The payload of the next message, which the socket takes.
    fn take(viewer: &mut Viewer, scene: &Scene, waited: bool, now: Instant) -> Option<Vec<u8>> {
        let message = viewer.next(scene, waited, now)?;
        viewer.begun(waited, now);
        Some(message.payload())
    }

    fn drops(bundles: u64) -> Option<Vec<u8>> {
        Some(format!(r#"{{"type":"drop","bundles":{bundles}}}"#).into_bytes())
    }

    #[test]
    fn a_message_that_the_socket_did_not_take_is_chosen_again_and_newer() {
        let scene = two_grabbers();
        let now = Instant::now();
        let mut viewer = viewer(&scene, None);
        let scene = scene.after(FRONT, 0, &[0]);
        assert!(viewer.next(&scene, false, now).is_some());
        let scene = scene.after(FRONT, 1, &[0]);
        assert_eq!(take(&mut viewer, &scene, true, now), Some(bundle(FRONT.0, 1, &[0]).payload().to_vec()));
    }

    #[test]
    fn an_older_scene_gives_nothing_and_takes_nothing_back() {
        for fps in [None, Some(10.0)] {
            let now = Instant::now();
            let older = two_grabbers().after(FRONT, 0, &[0]);
            let newer = older.after(FRONT, 1, &[0]);
            let mut viewer = viewer(&two_grabbers(), fps);
            while take(&mut viewer, &newer, false, now).is_some() {}
            let later = now + Duration::from_secs(1);
            for scene in [&older, &newer] {
                assert_eq!(take(&mut viewer, scene, false, later), None);
            }
        }
    }

    #[test]
    fn what_was_missed_is_told_at_once_and_then_once_a_second() {
        let start = Instant::now();
        let ms = |ms| start + Duration::from_millis(ms);
        let mut scene = two_grabbers();
        let mut viewer = viewer(&scene, None);
        let mut seq = 0;
        let mut three_more = |scene: &Scene| {
            seq += 3;
            (seq - 3..seq).fold(scene.clone(), |scene, seq| scene.after(FRONT, seq, &[0]))
        };

        scene = three_more(&scene);
        assert!(take(&mut viewer, &scene, true, ms(0)).is_some());
        assert_eq!(take(&mut viewer, &scene, true, ms(1)), drops(2));
        for _ in 0..2 {
            scene = three_more(&scene);
            assert!(take(&mut viewer, &scene, true, ms(500)).is_some());
            assert_eq!(take(&mut viewer, &scene, true, ms(500)), None, "a second has not passed");
        }
        assert_eq!(viewer.ask_again_at(), Some(ms(1001)));
        assert_eq!(take(&mut viewer, &scene, false, ms(1001)), drops(4));
        assert_eq!(take(&mut viewer, &scene, false, ms(9000)), None);
        assert_eq!(viewer.ask_again_at(), None);
    }

    #[test]
    fn a_pace_leaves_out_bundles_without_calling_them_missed() {
        let mut scene = two_grabbers();
        let start = Instant::now();
        let mut viewer = viewer(&scene, Some(10.0));
        let mut taken = 0;
        for seq in 0..90 {
            let now = start + Duration::from_secs_f64(seq as f64 / 30.0);
            scene = scene.with_bundle(FRONT, bundle(FRONT.0, seq, &[0]), now);
            taken += u32::from(take(&mut viewer, &scene, false, now).is_some());
        }
        assert_eq!((taken, viewer.missed), (30, 0));
    }

    #[test]
    fn a_paced_viewer_gets_the_cameras_of_all_grabbers_together() {
        let start = Instant::now();
        let scene = two_grabbers();
        let mut viewer = viewer(&scene, Some(10.0));
        let scene = scene.after(BACK, 0, &[7]).after(FRONT, 0, &[0]).after(FRONT, 1, &[0]);
        let message = take(&mut viewer, &scene, false, start).unwrap();
        let message = frame_bundle::FrameBundle::parse(message.into()).unwrap();
        assert_eq!(message.frames().map(|frame| frame.camera_id).collect::<Vec<_>>(), [0, 7]);
    }

    #[test]
    fn moments_that_passed_while_the_socket_was_busy_are_missed() {
        let start = Instant::now();
        let mut scene = two_grabbers();
        let mut viewer = viewer(&scene, Some(10.0));
        scene = scene.with_bundle(FRONT, bundle(1, 0, &[0]), start);
        assert!(take(&mut viewer, &scene, false, start).is_some());
        let later = start + Duration::from_millis(450);
        scene = scene.with_bundle(FRONT, bundle(1, 1, &[0]), later);
        assert!(take(&mut viewer, &scene, true, later).is_some());
        assert_eq!(take(&mut viewer, &scene, true, later), drops(3));
    }
}
