//! What holds for every bundle, and for bytes that are none.

#[path = "common/bundles.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod bundles;

use bundles::{any_bytes, config, contents, damaged, walk};
use bytes::Bytes;
use frame_bundle::FrameBundle;
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_bundle_gives_back_all_that_was_put_in(contents in contents()) {
        let payload = contents.builder().build().unwrap();
        let bundle = FrameBundle::parse(payload.clone()).unwrap();
        prop_assert_eq!(bundle.seq(), contents.seq);
        prop_assert_eq!(bundle.timestamp_us(), contents.timestamp_us);
        prop_assert_eq!(usize::from(bundle.camera_count()), contents.frames.len());
        prop_assert_eq!(bundle.session(), contents.session);
        prop_assert_eq!(bundle.frames().collect::<Vec<_>>(), &contents.frames[..]);
        prop_assert_eq!(bundle.capture_infos().collect::<Vec<_>>(), contents.capture_infos);
        for frame in &contents.frames {
            prop_assert_eq!(bundle.frame(frame.camera_id), Some(frame.clone()));
        }
        prop_assert_eq!(bundle.payload(), &payload);
    }

    #[test]
    fn pieces_put_together_are_the_payload(contents in contents()) {
        let builder = contents.builder();
        prop_assert_eq!(builder.pieces().unwrap().concat(), builder.build().unwrap());
    }

    #[test]
    fn frames_are_slices_of_their_bundle(contents in contents()) {
        let payload = contents.builder().build().unwrap();
        let bundle = FrameBundle::parse(payload.clone()).unwrap();
        for frame in bundle.frames().filter(|frame| !frame.data.is_empty()) {
            prop_assert!(payload.as_ptr_range().contains(&frame.data.as_ptr()));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any_bytes()) {
        let _ = FrameBundle::parse(Bytes::from(bytes)).as_ref().map(walk);
    }

    #[test]
    fn no_damage_to_a_bundle_makes_the_reader_panic(bytes in damaged()) {
        let _ = FrameBundle::parse(Bytes::from(bytes)).as_ref().map(walk);
    }

    #[test]
    fn a_bundle_that_was_cut_is_never_the_same_bundle(contents in contents(), cut in any::<prop::sample::Index>()) {
        let payload = contents.builder().build().unwrap();
        let whole = FrameBundle::parse(payload.clone()).unwrap();
        // Cut between blocks it is sound, and says less.
        if let Ok(bundle) = FrameBundle::parse(payload.slice(..cut.index(payload.len()))) {
            prop_assert_eq!(bundle.frames().collect::<Vec<_>>(), whole.frames().collect::<Vec<_>>());
            prop_assert_eq!(bundle.session(), None);
        }
    }
}
