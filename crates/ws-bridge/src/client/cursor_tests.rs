use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use frame_bundle::FrameBundle;
use proptest::prelude::*;

use super::*;
use crate::client::remux;
use crate::scene::GrabberId;
use crate::test_bundles::{BACK, FRONT, bundle, two_grabbers};

/// A viewer, and the frames that it has been given, message by message.
struct Viewer {
    cursor: Cursor,
    messages: Vec<Vec<String>>,
    payloads: Vec<Vec<u8>>,
    skipped: u64,
}

impl Viewer {
    fn new(scene: &Scene) -> Self {
        Self::of(scene, CameraSet::ALL)
    }

    fn of(scene: &Scene, wanted: CameraSet) -> Self {
        let cursor = Cursor::at_the_door(scene, wanted);
        Self { cursor, messages: Vec::new(), payloads: Vec::new(), skipped: 0 }
    }

    /// Takes the next message, if there is one.
    fn take(&mut self, scene: &Scene, waited: bool) -> bool {
        let Some(update) = self.cursor.next(scene, waited) else {
            self.cursor.settle(scene);
            return false;
        };
        let payload = remux::message(self.cursor.wanted, &update.gives).unwrap().payload();
        let bundle = FrameBundle::parse(Bytes::from(payload.clone())).unwrap();
        let frames = bundle.frames().map(|frame| String::from_utf8(frame.data.to_vec()).unwrap());
        self.messages.push(frames.collect());
        self.payloads.push(payload);
        self.skipped += update.skipped;
        self.cursor = update.after;
        true
    }

    /// Takes all there is, its socket being as fast or as slow as `waited` says.
    fn drain(&mut self, scene: &Scene, waited: bool) {
        while self.take(scene, waited) {}
    }
}

fn messages(viewer: &Viewer) -> Vec<String> {
    viewer.messages.iter().map(|frames| frames.join(" ")).collect()
}

#[test]
fn a_viewer_that_keeps_up_gets_every_bundle_unchanged() {
    let mut scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    for seq in 0..20 {
        scene = scene.after(FRONT, seq, &[0, 1]).after(BACK, seq, &[7]);
        viewer.drain(&scene, false);
    }
    let expected = (0..20).flat_map(|seq| [bundle(FRONT.0, seq, &[0, 1]), bundle(BACK.0, seq, &[7])]);
    assert_eq!(viewer.payloads, expected.map(|bundle| bundle.payload().to_vec()).collect::<Vec<_>>());
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn a_viewer_that_is_late_because_of_us_gets_what_it_was_late_for() {
    let mut scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    for seq in 0..8 {
        scene = scene.after(FRONT, seq, &[0]);
    }
    viewer.drain(&scene, false);
    assert_eq!(viewer.messages.len(), 8);
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn a_viewer_may_be_as_late_with_each_of_several_grabbers_as_with_one() {
    let mut scene = two_grabbers().after(FRONT, 0, &[0]).after(BACK, 0, &[7]);
    let mut viewer = Viewer::new(&scene);
    viewer.drain(&scene, false);
    for seq in 1..=8 {
        scene = scene.after(FRONT, seq, &[0]).after(BACK, seq, &[7]);
    }
    viewer.drain(&scene, false);
    assert_eq!((viewer.messages.len(), viewer.skipped), (2 + 16, 0));
}

#[test]
fn a_grabber_that_hardly_sends_takes_nothing_from_the_others() {
    let mut scene = two_grabbers().after(BACK, 0, &[7]);
    let mut viewer = Viewer::new(&scene);
    viewer.drain(&scene, false);
    for seq in 0..8 {
        scene = scene.after(FRONT, seq, &[0]);
    }
    scene = scene.after(BACK, 1, &[7]);
    viewer.drain(&scene, false);
    assert_eq!((viewer.messages.len(), viewer.skipped), (1 + 9, 0));
}

#[test]
fn a_viewer_that_is_later_than_what_is_kept_jumps_to_the_newest() {
    let mut scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    for seq in 0..9 {
        scene = scene.after(FRONT, seq, &[0]);
    }
    viewer.drain(&scene, false);
    assert_eq!(messages(&viewer), ["c0#8"]);
    assert_eq!(viewer.skipped, 8);
}

#[test]
fn a_viewer_whose_socket_was_busy_jumps_to_the_newest_which_stays_unchanged() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let scene = scene.after(FRONT, 0, &[0, 1]).after(FRONT, 1, &[0, 1]).after(FRONT, 2, &[0, 1]);
    viewer.drain(&scene, true);
    assert_eq!(viewer.payloads, [bundle(FRONT.0, 2, &[0, 1]).payload().to_vec()]);
    assert_eq!(viewer.skipped, 2);
}

#[test]
fn a_viewer_whose_socket_was_busy_but_is_not_behind_skips_nothing() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let scene = scene.after(FRONT, 0, &[0]).after(BACK, 0, &[7]);
    viewer.drain(&scene, true);
    assert_eq!(messages(&viewer), ["c0#0", "c7#0"]);
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn a_catch_up_loses_no_camera_of_a_slower_rate() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let scene = scene.after(FRONT, 0, &[0, 1]).after(FRONT, 1, &[0]).after(FRONT, 2, &[0]);
    viewer.drain(&scene, true);
    assert_eq!(messages(&viewer), ["c0#2 c1#0"]);
    assert_eq!(viewer.skipped, 1, "of bundles 0 and 2 it got something");
}

#[test]
fn a_catch_up_loses_no_camera_of_another_grabber() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let mut scene = scene.after(BACK, 0, &[7]);
    for seq in 0..30 {
        scene = scene.after(FRONT, seq, &[0, 1]);
    }
    viewer.drain(&scene, true);
    assert_eq!(messages(&viewer), ["c0#29 c1#29 c7#0"]);
    assert_eq!(viewer.skipped, 29);
}

#[test]
fn after_a_catch_up_a_viewer_gets_whole_bundles_again() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let scene = scene.after(FRONT, 0, &[0]).after(FRONT, 1, &[1]);
    viewer.drain(&scene, true);
    viewer.drain(&scene.after(FRONT, 2, &[0, 1]), false);
    assert_eq!(messages(&viewer), ["c0#0 c1#1", "c0#2 c1#2"]);
}

#[test]
fn a_newcomer_gets_the_bundles_that_hold_the_newest_of_each_camera() {
    let scene =
        two_grabbers().after(BACK, 0, &[7]).after(FRONT, 0, &[0, 1]).after(FRONT, 1, &[0]).after(FRONT, 2, &[0]);
    let mut viewer = Viewer::new(&scene);
    viewer.drain(&scene, false);
    assert_eq!(messages(&viewer), ["c7#0", "c0#0 c1#0", "c0#2"]);
    let unchanged = |payload: &Vec<u8>| scene.recent.iter().any(|published| published.bundle.payload() == payload);
    assert!(viewer.payloads.iter().all(unchanged));
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn a_newcomer_with_a_slow_socket_gets_them_together() {
    let scene = two_grabbers().after(BACK, 0, &[7]).after(FRONT, 0, &[0, 1]).after(FRONT, 1, &[0]);
    let mut viewer = Viewer::new(&scene);
    viewer.drain(&scene, true);
    assert_eq!(messages(&viewer), ["c0#1 c1#0 c7#0"]);
    assert_eq!(viewer.skipped, 0, "what was there before it came is not missed");
}

#[test]
fn a_newcomer_is_not_shown_what_a_lost_camera_once_saw() {
    let scene = two_grabbers().after(BACK, 0, &[7]).after(FRONT, 0, &[0]).without_grabber(BACK);
    let mut viewer = Viewer::new(&scene);
    viewer.drain(&scene, false);
    assert_eq!(messages(&viewer), ["c0#0"]);
}

#[test]
fn the_last_frame_of_a_camera_that_was_lost_meanwhile_still_arrives() {
    let scene = two_grabbers();
    let mut viewer = Viewer::new(&scene);
    let scene = scene.after(BACK, 0, &[7]).after(FRONT, 0, &[0]).after(FRONT, 1, &[0]).without_grabber(BACK);
    viewer.drain(&scene, true);
    assert_eq!(messages(&viewer), ["c0#1 c7#0"]);
}

#[test]
fn a_viewer_of_some_cameras_gets_only_these() {
    let scene = two_grabbers();
    let mut viewer = Viewer::of(&scene, [1, 2].into_iter().collect());
    let scene = scene.after(FRONT, 0, &[0, 1]).after(BACK, 0, &[7]).after(FRONT, 1, &[0]).after(FRONT, 2, &[1, 2]);
    viewer.drain(&scene, false);
    assert_eq!(messages(&viewer), ["c1#0", "c1#2 c2#2"]);
    assert_eq!(viewer.payloads[1], bundle(FRONT.0, 2, &[1, 2]).payload().to_vec());
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn bundles_without_its_cameras_never_make_a_viewer_late() {
    let mut scene = two_grabbers();
    let mut viewer = Viewer::of(&scene, [7].into_iter().collect());
    for seq in 0..50 {
        scene = scene.after(FRONT, seq, &[0]);
        viewer.drain(&scene, false);
    }
    scene = scene.after(BACK, 0, &[7]).after(FRONT, 50, &[0]).after(BACK, 1, &[7]);
    viewer.drain(&scene, false);
    assert_eq!(messages(&viewer), ["c7#0", "c7#1"]);
    assert_eq!(viewer.skipped, 0);
}

#[test]
fn bundles_without_its_cameras_are_not_missed_by_a_viewer_that_was_stuck() {
    let scene = two_grabbers();
    let mut viewer = Viewer::of(&scene, [7].into_iter().collect());
    let mut scene = scene.after(BACK, 0, &[7]);
    for seq in 0..300 {
        scene = scene.after(FRONT, seq, &[0]);
    }
    viewer.drain(&scene, true);
    assert_eq!((messages(&viewer), viewer.skipped), (vec!["c7#0".into()], 0));

    for seq in 1..=3 {
        scene = (0..50).fold(scene.after(BACK, seq, &[7]), |scene, more| scene.after(FRONT, 300 + more, &[0]));
    }
    viewer.drain(&scene, true);
    assert_eq!(
        (viewer.messages.len(), viewer.skipped),
        (2, 2),
        "of the four with its camera it got the first and the last"
    );
}

/// What happens next: a bundle of a grabber with some cameras, or a viewer that takes a message.
#[derive(Clone, Debug)]
enum Step {
    Publish { back: bool, cameras: BTreeSet<u8> },
    Take { waited: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cameras = proptest::collection::btree_set(0_u8..4, 1..4);
    let publish = (any::<bool>(), cameras).prop_map(|(back, cameras)| Step::Publish { back, cameras });
    let take = any::<bool>().prop_map(|waited| Step::Take { waited });
    proptest::collection::vec(prop_oneof![3 => publish, 2 => take], 0..200)
}

proptest! {
    #[test]
    fn whatever_happens_each_cameras_newest_frame_arrives_once_and_in_order(steps in steps()) {
        let mut scene = two_grabbers();
        let mut viewer = Viewer::new(&scene);
        let mut next_seq: BTreeMap<GrabberId, u64> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Publish { back, cameras } => {
                    let (grabber, offset) = if back { (BACK, 100) } else { (FRONT, 0) };
                    let seq = next_seq.entry(grabber).or_default();
                    let cameras: Vec<u8> = cameras.into_iter().map(|id| id + offset).collect();
                    scene = scene.after(grabber, *seq, &cameras);
                    *seq += 1;
                }
                Step::Take { waited } => {
                    viewer.take(&scene, waited);
                }
            }
        }
        viewer.drain(&scene, true);

        let mut seen: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut from: BTreeSet<(bool, u64)> = BTreeSet::new();
        for frame in viewer.messages.iter().flatten() {
            let (camera, seq) = frame.split_once('#').unwrap();
            let seq: u64 = seq.parse().unwrap();
            seen.entry(camera).or_default().push(seq);
            from.insert((camera.len() == 4, seq));
        }
        for (camera, seqs) in &seen {
            prop_assert!(seqs.is_sorted_by(|a, b| a < b), "{camera}: {seqs:?}");
        }
        for camera in scene.cameras.values() {
            let newest = camera.newest.as_ref().unwrap().published.bundle.seq();
            prop_assert_eq!(seen[&*format!("c{}", camera.id)].last(), Some(&newest));
        }
        prop_assert_eq!(from.len() as u64 + viewer.skipped, scene.head, "each bundle arrives or is counted");
    }
}
