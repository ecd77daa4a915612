//! Bundles for property tests: sound ones, damaged ones, and bytes that are none.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

use frame_bundle::{BundleBuilder, CaptureInfo, Clock, Frame, FrameBundle, PixelFormat};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

/// What failed once is kept beside the test, and tried first.
pub(crate) fn config() -> ProptestConfig {
    let persistence = Box::new(FileFailurePersistence::WithSource("regressions"));
    ProptestConfig { failure_persistence: Some(persistence), ..ProptestConfig::with_cases(1024) }
}

#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) seq: u64,
    pub(crate) timestamp_us: u64,
    pub(crate) frames: Vec<Frame>,
    pub(crate) capture_infos: Vec<CaptureInfo>,
    pub(crate) session: Option<u64>,
}

impl Contents {
    pub(crate) fn builder(&self) -> BundleBuilder {
        let mut builder = BundleBuilder::new(self.seq, self.timestamp_us);
        for frame in &self.frames {
            builder = builder.frame(frame.clone());
        }
        for info in &self.capture_infos {
            builder = builder.capture_info(*info);
        }
        match self.session {
            Some(session) => builder.session(session),
            None => builder,
        }
    }
}

pub(crate) fn contents() -> impl Strategy<Value = Contents> {
    let ids = btree_set(any::<u8>(), 1..9).prop_map(Vec::from_iter).prop_shuffle();
    let frames = ids.prop_flat_map(|ids| ids.into_iter().map(frame).collect::<Vec<_>>());
    (any::<(u64, u64, Option<u64>)>(), frames, vec(capture_info(), 0..9)).prop_map(
        |((seq, timestamp_us, session), frames, capture_infos)| Contents {
            seq,
            timestamp_us,
            frames,
            capture_infos,
            session,
        },
    )
}

fn frame(camera_id: u8) -> impl Strategy<Value = Frame> {
    (any::<(u8, u32, u32)>(), vec(any::<u8>(), 0..100)).prop_map(move |((pixel_format, width, height), data)| Frame {
        camera_id,
        pixel_format: PixelFormat(pixel_format),
        width,
        height,
        data: data.into(),
    })
}

fn capture_info() -> impl Strategy<Value = CaptureInfo> {
    any::<(u8, u8, u64, u64)>().prop_map(|(camera_id, clock, capture_time_us, frame_number)| CaptureInfo {
        camera_id,
        clock: Clock(clock),
        capture_time_us,
        frame_number,
    })
}

/// A sound bundle of which some bytes were overwritten, the end was cut off, or to which some were added.
pub(crate) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let overwritten = vec((any::<Index>(), any::<u8>()), 0..4);
    (contents(), overwritten, option::of(any::<Index>()), vec(any::<u8>(), 0..20)).prop_map(
        |(contents, overwritten, cut, added)| {
            let mut payload = contents.builder().build().unwrap().to_vec();
            for (at, byte) in overwritten {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
            if let Some(cut) = cut {
                payload.truncate(cut.index(payload.len()));
            }
            payload.extend(added);
            payload
        },
    )
}

/// Any bytes, half of them behind a bundle header, so that they get past the first checks.
pub(crate) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    (option::of(0..4_u8), vec(prop_oneof![any::<u8>(), 0..3_u8], 0..300)).prop_map(|(camera_count, mut bytes)| {
        if let Some(camera_count) = camera_count {
            let header = [0xBE, 0xBA, 0xFE, 0xCA, 1, 0, camera_count, 0];
            bytes.splice(0..0, header.into_iter().chain([0; 16]));
        }
        bytes
    })
}

/// Asks a bundle for everything that it gives.
pub(crate) fn walk(bundle: &FrameBundle) -> usize {
    let frames: usize = bundle.frames().map(|frame| frame.data.len()).sum();
    let infos = bundle.capture_infos().count();
    let found = (0..=255).filter(|id| bundle.frame(*id).is_some() || bundle.capture_info(*id).is_some()).count();
    frames + infos + found
}
