//! What the Rust reader finds in a vector, and what the vector says of itself, in the same words.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

use bytes::Bytes;
use frame_bundle::{CaptureInfo, Frame, FrameBundle, Malformed};
use serde_json::{Value, json};

use crate::vectors::Vector;

pub(crate) fn kind(malformed: &Malformed) -> &'static str {
    match malformed {
        Malformed::NoHeader { .. } => "no header",
        Malformed::Magic { .. } => "magic",
        Malformed::Version { .. } => "version",
        Malformed::NoCamera => "no camera",
        Malformed::FramePastEnd { .. } => "frame past end",
        Malformed::CameraTwice { .. } => "camera twice",
        Malformed::LeftOver { .. } => "left over",
        Malformed::BlockPastEnd { .. } => "block past end",
        Malformed::BlockTwice { .. } => "block twice",
        Malformed::BlockTooShort { .. } => "block too short",
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn contents(bundle: &FrameBundle) -> Value {
    let frame = |frame: Frame| {
        json!({
            "camera_id": frame.camera_id,
            "pixel_format": frame.pixel_format.0,
            "width": frame.width,
            "height": frame.height,
            "data": hex(&frame.data),
        })
    };
    let info = |info: CaptureInfo| {
        json!({
            "camera_id": info.camera_id,
            "clock": info.clock.0,
            "capture_time_us": info.capture_time_us.to_string(),
            "frame_number": info.frame_number.to_string(),
        })
    };
    assert_eq!(bundle.frames().len(), usize::from(bundle.camera_count()));
    json!({
        "seq": bundle.seq().to_string(),
        "timestamp_us": bundle.timestamp_us().to_string(),
        "session": bundle.session().map(|session| session.to_string()),
        "frames": bundle.frames().map(frame).collect::<Vec<_>>(),
        "capture_info": bundle.capture_infos().map(info).collect::<Vec<_>>(),
    })
}

pub(crate) fn expected(vector: &Vector) -> Value {
    match vector.told("error") {
        Some(kind) => kind.into(),
        None => {
            let json = std::fs::read(vector.path.with_extension("json")).unwrap();
            serde_json::from_slice(&json).unwrap()
        }
    }
}

pub(crate) fn found(vector: &Vector) -> Value {
    match FrameBundle::parse(Bytes::from(vector.bytes.clone())) {
        Ok(bundle) => contents(&bundle),
        Err(malformed) => kind(&malformed).into(),
    }
}
