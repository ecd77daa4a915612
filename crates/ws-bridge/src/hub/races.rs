//! Several grabbers at the hub, in every order.

use cameracast_service::sync::every_order::{in_every_order, join, spawn};

use super::*;
use crate::test_bundles::bundle;

const PEER: Peer = Peer { pid: Some(1), uid: 0 };

#[test]
fn no_bundle_of_one_grabber_is_lost_to_another_ones_and_all_are_numbered_and_recorded_in_turn() {
    in_every_order(|| {
        let hub = Arc::new(Hub::default());
        let (front, back) = (hub.attach(PEER), hub.attach(PEER));
        let mut every = hub.every();
        let other = spawn(move || {
            (0..2).for_each(|seq| back.publish(&bundle(2, seq, &[7])).unwrap());
            back
        });
        (0..2).for_each(|seq| front.publish(&bundle(1, seq, &[0])).unwrap());
        let _back = join(other);

        let scene = hub.scene();
        let shown: Vec<u64> = scene.recent.iter().map(|published| published.number).collect();
        assert_eq!((scene.head, shown, hub.ledger().bundles), (4, vec![1, 2, 3, 4], 4));
        for camera in [0, 7] {
            let newest = scene.cameras[&camera].newest.as_ref().unwrap();
            assert_eq!(newest.published.bundle.seq(), 1, "camera {camera}");
        }
        let recorded: Vec<u64> = std::iter::from_fn(|| every.take().unwrap()).map(|recorded| recorded.number).collect();
        assert_eq!(recorded, [1, 2, 3, 4]);
    });
}

#[test]
fn of_two_grabbers_with_the_same_camera_the_older_keeps_it_whoever_comes_first() {
    in_every_order(|| {
        let hub = Arc::new(Hub::default());
        let (older, newer) = (hub.attach(PEER), hub.attach(PEER));
        let second = spawn(move || {
            let refused = newer.publish(&bundle(2, 0, &[0])).is_err();
            (newer, refused)
        });
        older.publish(&bundle(1, 0, &[0])).unwrap();
        let (newer, refused) = join(second);
        assert!(refused != newer.has_to_go().is_some(), "it is told once: refused, or sent away");
        let camera = hub.scene().cameras[&0].clone();
        assert_eq!((camera.grabber, camera.gone), (older.grabber(), false));
    });
}
