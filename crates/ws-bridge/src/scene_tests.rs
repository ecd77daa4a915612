use frame_bundle::control::Format;
use serde_json::{Value, json};

use super::*;
use crate::test_bundles::{BACK, FRONT, bundle, two_grabbers};

fn told(scene: &Scene) -> Value {
    serde_json::from_slice(&scene.meta.text).unwrap()
}

fn ids(scene: &Scene) -> Vec<u8> {
    scene.cameras.keys().copied().collect()
}

fn streaming(camera: u8, name: &str) -> CameraState {
    let actual = Format { width: Some(1280), height: Some(720), ..Format::default() };
    let (name, state) = (name.into(), "streaming".into());
    CameraState { camera, name, state, actual, stream_fps: 15.0, ..CameraState::default() }
}

#[test]
fn before_anything_has_come_viewers_are_told_of_no_camera() {
    let nothing = json!({"type": "meta", "protocol": "framebundle", "version": 1, "demo": false, "cameras": []});
    assert_eq!(told(&Scene::default()), nothing);
}

#[test]
fn a_grabber_without_control_is_described_by_its_bundles_and_what_they_do_not_tell_is_null() {
    let scene = two_grabbers().after(FRONT, 0, &[0, 3]);
    let camera = |id: u8| {
        json!({"camera_id": id, "name": null, "width": 640, "height": 480, "fps": null,
               "state": "streaming", "cause": null})
    };
    assert_eq!(told(&scene)["cameras"], json!([camera(0), camera(3)]));
}

#[test]
fn a_camera_that_its_grabber_has_no_more_is_forgotten_and_one_of_another_grabber_is_not() {
    let removed = |camera| CameraState { cause: Some(CameraState::REMOVED.into()), ..streaming(camera, "") };
    let scene = two_grabbers().with_state(FRONT, false, vec![streaming(0, "Gate"), streaming(1, "Yard")]);
    let scene = scene.after(FRONT, 0, &[0, 1]).after(BACK, 0, &[7]);
    let scene = scene.with_state(FRONT, false, vec![removed(1), removed(7), removed(9)]);
    assert_eq!(ids(&scene), [0, 7]);
    assert_eq!(told(&scene)["cameras"].as_array().unwrap().len(), 2);
    assert_eq!(ids(&scene.with_state(FRONT, false, vec![streaming(1, "Yard")])), [0, 1, 7]);
}

#[test]
fn a_grabber_with_control_is_described_as_it_says() {
    let mut lost = streaming(1, "Back yard");
    (lost.state, lost.cause) = ("lost".into(), Some("no device".into()));
    let scene = two_grabbers().with_state(FRONT, true, vec![streaming(0, "Front gate"), lost]);
    let expected = json!({"type": "meta", "protocol": "framebundle", "version": 1, "demo": true, "cameras": [
        {"camera_id": 0, "name": "Front gate", "width": 1280, "height": 720, "fps": 15, "state": "streaming", "cause": null},
        {"camera_id": 1, "name": "Back yard", "width": 1280, "height": 720, "fps": 15, "state": "lost", "cause": "no device"},
    ]});
    assert_eq!(told(&scene), expected);
    assert!(scene.meta.version > two_grabbers().meta.version);
}

#[test]
fn the_meta_changes_with_a_frames_size_and_not_with_each_frame() {
    let scene = two_grabbers().after(FRONT, 0, &[0]);
    let same_size = scene.after(FRONT, 1, &[0]);
    assert_eq!(same_size.meta.version, scene.meta.version);

    let mut frame = crate::test_bundles::frame(0, 2);
    frame.width = 320;
    let smaller = frame_bundle::BundleBuilder::new(2, 0).frame(frame).build().unwrap();
    let smaller = same_size.with_bundle(FRONT, FrameBundle::parse(smaller).unwrap(), Instant::now());
    assert_eq!(smaller.meta.version, scene.meta.version + 1);
    assert_eq!(told(&smaller)["cameras"][0]["width"], 320);
}

#[test]
fn counters_alone_are_no_news() {
    let scene = two_grabbers().with_state(FRONT, false, vec![streaming(0, "Front gate")]);
    let counted = CameraState { grabbed: 99, ..streaming(0, "Front gate") };
    assert_eq!(scene.with_state(FRONT, false, vec![counted]).meta.version, scene.meta.version);
}

#[test]
fn the_newest_frame_of_each_camera_is_kept_though_the_newest_bundle_lacks_it() {
    let mut scene = two_grabbers().after(FRONT, 0, &[0, 1]);
    for seq in 1..20 {
        scene = scene.after(FRONT, seq, &[0]);
    }
    let newest = |id: u8| scene.cameras[&id].newest.as_ref().unwrap().frame.data.clone();
    assert_eq!((&newest(0)[..], &newest(1)[..]), (&b"c0#19"[..], &b"c1#0"[..]));
}

#[test]
fn only_the_last_bundles_are_kept() {
    let scene = (0..30).fold(two_grabbers(), |scene, seq| scene.after(FRONT, seq, &[0]));
    let kept: Vec<u64> = scene.recent.iter().map(|recent| recent.number).collect();
    assert_eq!(kept, (23..=30).collect::<Vec<_>>());
    assert_eq!(scene.head, 30);
}

#[test]
fn of_each_grabber_that_sends_as_many_are_kept() {
    let scene = (0..30).fold(two_grabbers(), |scene, seq| scene.after(FRONT, seq, &[0]).after(BACK, seq, &[5]));
    let of = |grabber| scene.recent.iter().filter(|recent| recent.grabber == grabber).count();
    assert_eq!((of(FRONT), of(BACK)), (8, 8));
    let alone = scene.without_grabber(BACK).after(FRONT, 30, &[0]);
    assert_eq!(alone.recent.len(), 8);
}

#[test]
fn of_large_bundles_fewer_are_kept() {
    let large = |seq| {
        let frame = frame_bundle::Frame { data: vec![0; 6 << 20].into(), ..crate::test_bundles::frame(0, seq) };
        FrameBundle::parse(frame_bundle::BundleBuilder::new(seq, 0).frame(frame).build().unwrap()).unwrap()
    };
    let scene = (0..4).fold(two_grabbers(), |scene, seq| scene.with_bundle(FRONT, large(seq), Instant::now()));
    assert_eq!(scene.recent.iter().map(|recent| recent.number).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn any_amount_of_capture_info_is_read_only_once() {
    let frames = (0..=254).map(|id| crate::test_bundles::frame(id, 0));
    let bundle = frames.fold(frame_bundle::BundleBuilder::new(0, 0), |builder, frame| builder.frame(frame));
    let entries: Vec<u8> = [255].into_iter().chain([0; 23]).collect::<Vec<u8>>().repeat(500_000); // of none of them
    let size = (4 + entries.len()) as u32;
    let block = [&[1, 0, 0, 0], &size.to_le_bytes()[..], &[24, 0, 0, 0], &entries].concat();
    let bundle = FrameBundle::parse([&bundle.build().unwrap(), &block[..]].concat().into()).unwrap();

    let begin = Instant::now();
    assert_eq!(bundle.capture_infos().filter(|info| info.camera_id == 255).count(), 500_000);
    let once = begin.elapsed();
    let begin = Instant::now();
    let scene = two_grabbers().with_bundle(FRONT, bundle, Instant::now());
    assert!(begin.elapsed() < 40 * once, "{:?}, when reading it takes {once:?}", begin.elapsed());
    assert_eq!(scene.cameras.len(), 255);
}

#[test]
fn a_grabber_that_goes_leaves_its_cameras_behind_as_lost() {
    let scene = two_grabbers().after(FRONT, 0, &[0]).after(BACK, 0, &[5]).without_grabber(FRONT);
    assert_eq!(ids(&scene), [0, 5]);
    let cameras = &told(&scene)["cameras"];
    assert_eq!((&cameras[0]["state"], &cameras[0]["cause"]), (&json!("lost"), &json!("grabber gone")));
    assert_eq!(cameras[1]["state"], "streaming");
}

#[test]
fn a_lost_camera_is_forgotten_when_the_next_grabber_announces_others() {
    let peer = Peer { pid: None, uid: 0 };
    let lost = two_grabbers().after(FRONT, 0, &[0, 1]).after(BACK, 0, &[5]).without_grabber(FRONT);
    let next = lost.with_grabber(GrabberId(3), peer, Instant::now());
    assert_eq!(ids(&next), [0, 1, 5], "connecting alone says nothing");
    assert_eq!(ids(&next.with_state(GrabberId(3), false, vec![streaming(1, "Yard")])), [1, 5]);
    assert_eq!(ids(&next.after(GrabberId(3), 0, &[0])), [0, 5]);
}

#[test]
fn a_camera_that_comes_back_streams_again() {
    let peer = Peer { pid: None, uid: 0 };
    let scene = two_grabbers().with_state(FRONT, true, vec![streaming(0, "Front gate")]).without_grabber(FRONT);
    assert_eq!(told(&scene)["demo"], false);
    let back = scene.with_grabber(GrabberId(3), peer, Instant::now()).after(GrabberId(3), 0, &[0]);
    let camera = &told(&back)["cameras"][0];
    assert_eq!((&camera["state"], &camera["name"]), (&json!("streaming"), &json!(null)));
}

#[test]
fn a_camera_of_another_live_grabber_is_a_conflict_and_the_older_keeps_it() {
    let scene = two_grabbers().after(BACK, 0, &[4]);
    let older_pid = scene.grabbers[&FRONT].peer.pid;
    let conflict = Conflict { camera: 4, older: FRONT, older_pid, newer: BACK };
    assert_eq!(scene.conflict(FRONT, [3, 4]), Some(conflict));
    assert_eq!(scene.conflict(BACK, [4]), None);
    assert_eq!(scene.without_grabber(BACK).conflict(FRONT, [4]), None);
}

#[test]
fn grabbers_are_counted_by_themselves() {
    let scene = two_grabbers().after(FRONT, 0, &[0]).after(BACK, 0, &[5]).after(BACK, 1, &[5]);
    let of = |id| (scene.grabbers[&id].bundles, scene.grabbers[&id].bytes, scene.grabbers[&id].session);
    let size = bundle(0, 0, &[5]).payload().len() as u64;
    assert_eq!(of(FRONT), (1, size, Some(1)));
    assert_eq!(of(BACK), (2, 2 * size, Some(2)));
}
