//! Holds the Rust reader, the builder and the codec to the vectors. A new file is tested without being named here.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

#[path = "common/vectors.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod vectors;

#[path = "common/reading.rs"]
mod reading;

use bytes::Bytes;
use frame_bundle::{BundleBuilder, FrameBundle, Malformed};
use reading::{expected, found, kind};
use serde_json::Value;
use vectors::{Vector, paths, proto};

fn hold_to(folder: &str, expected: impl Fn(&Vector) -> Value, found: impl Fn(&Vector) -> Value) {
    for path in paths(folder) {
        let vector = Vector::read(&path);
        println!("{}", path.display());
        assert_eq!(found(&vector), expected(&vector), "{}", path.display());
    }
}

#[test]
fn good_vectors_read_as_their_json_says() {
    hold_to("good", expected, found);
}

#[test]
fn malformed_vectors_fail_the_check_that_they_name() {
    hold_to("malformed", |vector| vector.told("error").unwrap().into(), found);
}

#[test]
fn there_is_a_malformed_vector_for_every_check() {
    let named: Vec<Vector> = paths("malformed").iter().map(|path| Vector::read(path)).collect();
    let every = [
        Malformed::NoHeader { size: 0 },
        Malformed::Magic { found: 0 },
        Malformed::Version { found: 0 },
        Malformed::NoCamera,
        Malformed::FramePastEnd { index: 0, needed: 0, left: 0 },
        Malformed::CameraTwice { camera_id: 0 },
        Malformed::LeftOver { left: 1 },
        Malformed::BlockPastEnd { tag: 0, size: 0, left: 0 },
        Malformed::BlockTwice { tag: 1 },
        Malformed::BlockTooShort { tag: 1, size: 0, needed: 0 },
    ];
    for malformed in every {
        let kind = kind(&malformed);
        assert!(named.iter().any(|vector| vector.told("error") == Some(kind)), "no vector for {kind:?}");
    }
}

/// What another sender may write and ours does not.
const NOT_AS_WE_WRITE: [&str; 7] = [
    "capture-info-without-entries",
    "larger-entries",
    "longer-sender",
    "only-an-unknown-block",
    "reserved-not-zero",
    "sender-first",
    "unknown-blocks",
];

#[test]
fn the_builder_writes_the_bytes_of_the_good_vectors() {
    for path in paths("good") {
        let vector = Vector::read(&path);
        let bundle = FrameBundle::parse(Bytes::from(vector.bytes.clone())).unwrap();
        let mut builder = BundleBuilder::new(bundle.seq(), bundle.timestamp_us());
        for frame in bundle.frames() {
            builder = builder.frame(frame);
        }
        for info in bundle.capture_infos() {
            builder = builder.capture_info(info);
        }
        if let Some(session) = bundle.session() {
            builder = builder.session(session);
        }
        let same = builder.build().unwrap() == vector.bytes;
        assert_eq!(same, !NOT_AS_WE_WRITE.contains(&vector.name()), "{}", path.display());
    }
}

#[test]
fn the_worked_example_of_the_specification_is_a_vector() {
    let specification = std::fs::read_to_string(proto().join("frame-bundle.md")).unwrap();
    let example = specification.split("```text").nth(1).unwrap().split("```").next().unwrap();
    let mut bytes = Vec::new();
    for line in example.lines().skip(2) {
        let (at, field) = (line[..3].trim(), line[5..29].split_whitespace());
        assert_eq!(at, bytes.len().to_string(), "{line}");
        bytes.extend(field.map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    assert_eq!(bytes, Vector::read(&proto().join("vectors/good/one-camera.hex")).bytes);
}

#[cfg(feature = "codec")]
#[test]
fn packet_vectors_hold_the_packets_that_they_name() {
    use frame_bundle::Packet;
    use frame_bundle::codec::{PacketCodec, PacketError};
    use tokio_util::codec::Decoder;

    let packets = |vector: &Vector| {
        let (mut codec, mut stream) = (PacketCodec::default(), bytes::BytesMut::from(&vector.bytes[..]));
        let mut packets = Vec::new();
        loop {
            match codec.decode_eof(&mut stream) {
                Ok(Some(Packet::Bundle(payload))) => packets.push(format!("bundle {}", payload.len())),
                Ok(Some(Packet::Control(payload))) => packets.push(format!("control {}", payload.len())),
                Ok(None) if packets.is_empty() => return "none".into(),
                Ok(None) => return packets.join(", ").into(),
                Err(error) => {
                    packets.push(match error {
                        PacketError::Magic { .. } => "magic".to_owned(),
                        PacketError::TooLarge { .. } => "too large".to_owned(),
                        PacketError::CutShort { .. } => "cut short".to_owned(),
                        PacketError::Io(error) => panic!("{error}"),
                    });
                    return packets.join(", ").into();
                }
            }
        }
    };
    hold_to("packets", |vector| vector.told("packets").unwrap().into(), packets);
}
