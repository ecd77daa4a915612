//! The payload of a bundle. All that a sound one holds can be reached and lies within it; put together anew, it holds the
//! same; and what the bridge makes of it for a viewer is again a sound bundle, with those frames and no others.
#![no_main]

use std::collections::BTreeMap;

use bytes::Bytes;
use frame_bundle::{BUNDLE_HEADER_SIZE, BundleBuilder, CaptureInfo, FRAME_HEADER_SIZE, Frame, FrameBundle};
use libfuzzer_sys::fuzz_target;
use ws_bridge::{CameraSet, fuzzing};

fuzz_target!(|payload: &[u8]| {
    let payload = Bytes::copy_from_slice(payload);
    match FrameBundle::parse(payload.clone()) {
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
        Ok(bundle) => {
            reach_everything(&bundle, &payload);
            put_together_anew(&bundle);
            remux(&bundle);
        }
    }
});

fn frames(bundle: &FrameBundle) -> Vec<Frame> {
    bundle.frames().collect()
}

fn infos(bundle: &FrameBundle) -> Vec<CaptureInfo> {
    bundle.capture_infos().collect()
}

fn reach_everything(bundle: &FrameBundle, payload: &Bytes) {
    let (frames, infos) = (frames(bundle), infos(bundle));
    assert_eq!((bundle.payload(), bundle.frames().len()), (payload, frames.len()));
    assert!(!frames.is_empty() && frames.len() == usize::from(bundle.camera_count()));

    let memory = payload.as_ptr_range();
    let mut size = BUNDLE_HEADER_SIZE;
    for frame in &frames {
        let data = frame.data.as_ptr_range();
        assert!(frame.data.is_empty() || memory.start <= data.start && data.end <= memory.end);
        size += FRAME_HEADER_SIZE + frame.data.len();
    }
    assert!(size <= payload.len());
    assert!(infos.len() <= payload.len() / 24);
    // Each is looked for from the beginning, so that all of them would take long.
    for frame in frames.iter().rev().take(8) {
        let id = frame.camera_id;
        assert_eq!(bundle.frame(id).as_ref(), Some(frame), "each id stands there once");
        assert_eq!(bundle.capture_info(id).as_ref(), infos.iter().find(|info| info.camera_id == id));
    }
}

fn builder(bundle: &FrameBundle) -> BundleBuilder {
    let builder = BundleBuilder::new(bundle.seq(), bundle.timestamp_us());
    let builder = bundle.session().into_iter().fold(builder, BundleBuilder::session);
    let builder = bundle.frames().fold(builder, BundleBuilder::frame);
    bundle.capture_infos().fold(builder, BundleBuilder::capture_info)
}

fn put_together_anew(bundle: &FrameBundle) {
    let built = builder(bundle).build().expect("a sound bundle can be built again");
    assert_eq!(builder(bundle).pieces().map(|pieces| pieces.concat()), Ok(built.to_vec()));
    let again = FrameBundle::parse(built.clone()).expect("what was built is sound");
    assert_eq!(head(&again), head(bundle));
    assert_eq!((frames(&again), infos(&again)), (frames(bundle), infos(bundle)));
    assert_eq!(builder(&again).build(), Ok(built), "and from then on nothing changes");
}

fn head(bundle: &FrameBundle) -> (u64, u64, Option<u64>) {
    (bundle.seq(), bundle.timestamp_us(), bundle.session())
}

fn remux(bundle: &FrameBundle) {
    let whole = fuzzing::message_of(bundle, CameraSet::ALL).expect("there is a frame");
    assert_eq!(payload_of(&whole), bundle.payload(), "unchanged for who wants all");

    let every_other: Vec<_> = bundle.frames().step_by(2).collect();
    let wanted: CameraSet = every_other.iter().map(|frame| frame.camera_id).collect();
    let some = fuzzing::message_of(bundle, wanted).expect("there is a frame");
    let some = FrameBundle::parse(Bytes::copy_from_slice(payload_of(&some))).expect("what was remuxed is sound");
    assert_eq!((head(&some), frames(&some)), (head(bundle), every_other));
    if some.camera_count() < bundle.camera_count() {
        let of_these = bundle.capture_infos().filter(|info| wanted.contains(info.camera_id));
        assert_eq!(infos(&some), of_these.collect::<Vec<_>>());
    }

    // A viewer that has skipped two of them gets the newest frame of each camera.
    let older = Frame { camera_id: 0, ..frames(bundle)[0].clone() };
    let other = BundleBuilder::new(1, 2).frame(older.clone()).build().expect("it has a frame");
    let other = FrameBundle::parse(other).expect("it is sound");
    let together = fuzzing::message_together(&[other, bundle.clone()]).expect("there is a frame");
    let together =
        FrameBundle::parse(Bytes::copy_from_slice(payload_of(&together))).expect("what was remuxed is sound");
    assert_eq!(head(&together), head(bundle), "those of the newest");
    let newest = bundle.frames().map(|frame| (frame.camera_id, frame));
    let newest: BTreeMap<u8, Frame> = [(0, older)].into_iter().chain(newest).collect();
    assert!(together.frames().eq(newest.into_values()));
}

/// What a client takes out of a binary message.
fn payload_of(message: &[u8]) -> &[u8] {
    let (header, length) = match message {
        [0x82, short @ 0..=125, ..] => (2, usize::from(*short)),
        [0x82, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        [0x82, 127, ..] => (10, message[2..10].iter().fold(0, |length, byte| length << 8 | usize::from(*byte))),
        _ => panic!("no binary message of a server: {message:x?}"),
    };
    assert_eq!(message.len() - header, length);
    &message[header..]
}
