//! Packets over byte streams: cut anywhere, too large, broken off, and what they cost in memory.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

#[path = "common/allocations.rs"]
mod allocations;

use std::io::Write;
use std::os::unix::net::UnixStream;

use allocations::{since, so_far};
use bytes::{Bytes, BytesMut};
use frame_bundle::codec::{PacketCodec, PacketError};
use frame_bundle::{BUNDLE_PACKET_MAGIC, CONTROL_PACKET_MAGIC, MAX_BUNDLE_SIZE, MAX_CONTROL_SIZE, Packet};
use futures_util::StreamExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tokio_util::codec::{Decoder, Encoder, FramedRead};

const MIB: usize = 1 << 20;

fn header(magic: u32, size: usize) -> Vec<u8> {
    [magic.to_le_bytes(), (size as u32).to_le_bytes()].concat()
}

fn bundle_packet(size: usize) -> Vec<u8> {
    let mut packet = header(BUNDLE_PACKET_MAGIC, size);
    packet.extend((0..size).map(|i| i as u8));
    packet
}

/// Reads as `FramedRead` does, into the spare room of the buffer, at most `most` bytes.
fn read(stream: &mut &[u8], buffer: &mut BytesMut, most: usize) {
    buffer.reserve(1);
    let size = stream.len().min(buffer.capacity() - buffer.len()).min(most);
    let (now, later) = stream.split_at(size);
    buffer.extend_from_slice(now);
    *stream = later;
}

/// Hands `sent` over a real socket, and what `FramedRead` makes of it to `receive`.
fn over_a_socket<T>(
    sent: Vec<u8>,
    receive: impl AsyncFnOnce(FramedRead<tokio::net::UnixStream, PacketCodec>) -> T,
) -> T {
    let (mut sender, receiver) = UnixStream::pair().unwrap();
    receiver.set_nonblocking(true).unwrap();
    let writer = std::thread::spawn(move || sender.write_all(&sent));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let received = runtime.block_on(async {
        let stream = tokio::net::UnixStream::from_std(receiver).unwrap();
        receive(FramedRead::new(stream, PacketCodec::default())).await
    });
    let _ = writer.join().unwrap(); // a reader that refused the stream is gone before all is written
    received
}

fn packet() -> impl Strategy<Value = Packet> {
    let payload = prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..20_000)];
    (any::<bool>(), payload).prop_map(|(is_control, payload)| match is_control {
        true => Packet::Control(payload.into()),
        false => Packet::Bundle(payload.into()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn packets_come_back_equal_however_the_stream_is_cut(
        packets in vec(packet(), 0..8),
        cuts in vec(prop_oneof![1..20_usize, 1..30_000_usize], 1..20),
        first_buffer in 0..10_000_usize,
    ) {
        let (mut codec, mut stream) = (PacketCodec::default(), BytesMut::new());
        for packet in packets.clone() {
            codec.encode(packet, &mut stream).unwrap();
        }
        let (mut stream, mut buffer) = (&stream[..], BytesMut::with_capacity(first_buffer));
        let mut received = Vec::new();
        for most in cuts.into_iter().cycle() {
            while let Some(packet) = codec.decode(&mut buffer).unwrap() {
                received.push(packet);
            }
            if stream.is_empty() {
                break;
            }
            read(&mut stream, &mut buffer, most);
        }
        prop_assert_eq!(codec.decode_eof(&mut buffer).unwrap(), None);
        prop_assert_eq!(received, packets);
    }
}

#[test]
fn each_payload_gets_one_buffer_of_its_size() {
    const SIZE: usize = 135_000;
    const PACKETS: usize = 20;
    let sent = bundle_packet(SIZE).repeat(1 + PACKETS);
    over_a_socket(sent, async |mut packets| {
        packets.next().await.unwrap().unwrap(); // FramedRead's own first buffer, and the moving out of it
        for _ in 0..PACKETS {
            let before = so_far();
            let packet = packets.next().await.unwrap().unwrap();
            let asked = since(before);
            assert_eq!((asked.large, asked.large_bytes), (1, SIZE));
            let Packet::Bundle(payload) = packet else { panic!("a bundle was sent") };
            assert_eq!(payload, bundle_packet(SIZE)[8..]);
            // Nobody else holds the memory, and there is no more of it than the payload.
            assert_eq!(payload.try_into_mut().unwrap().capacity(), SIZE);
        }
    });
}

#[test]
fn a_payload_larger_than_any_before_grows_with_the_bytes_that_come() {
    const SIZE: usize = 5 * MIB + 3;
    let sent = bundle_packet(SIZE).repeat(2);
    let (mut codec, mut stream, mut buffer) = (PacketCodec::default(), &sent[..], BytesMut::new());
    let mut next = |most_trusted: usize| {
        let before = so_far();
        loop {
            match codec.decode(&mut buffer).unwrap() {
                Some(Packet::Bundle(payload)) => return (payload, since(before)),
                Some(Packet::Control(_)) => panic!("a bundle was sent"),
                None => {
                    assert!(buffer.capacity() <= most_trusted.max(2 * buffer.len()).min(SIZE));
                    read(&mut stream, &mut buffer, 200_000);
                }
            }
        }
    };

    let (payload, asked) = next(MIB);
    assert_eq!(payload, sent[8..8 + SIZE]);
    assert_eq!(asked.large, 4, "1, 2 and 4 MiB, and the whole");
    assert_eq!(payload.try_into_mut().unwrap().capacity(), SIZE);

    // What came whole once is trusted.
    let (_, asked) = next(SIZE);
    assert_eq!((asked.large, asked.large_bytes), (1, SIZE));
}

#[test]
fn an_announced_length_takes_a_mebibyte_before_its_bytes_come() {
    let mut sent = header(BUNDLE_PACKET_MAGIC, MAX_BUNDLE_SIZE);
    sent.extend([0; 20_000]);
    over_a_socket(sent, async |mut packets| {
        let before = so_far();
        let error = packets.next().await.unwrap().unwrap_err();
        assert_eq!((since(before).large, since(before).large_bytes), (1, MIB));
        assert!(matches!(error, PacketError::CutShort { missing } if missing == MAX_BUNDLE_SIZE - 20_000), "{error}");
        assert!(packets.next().await.is_none());
    });
}

#[test]
fn a_stream_that_ends_between_packets_has_ended_well() {
    let sent = [bundle_packet(3), bundle_packet(10_000)].concat();
    over_a_socket(sent, async |mut packets| {
        assert!(packets.next().await.unwrap().is_ok());
        assert!(packets.next().await.unwrap().is_ok());
        assert!(packets.next().await.is_none());
    });
}

#[test]
fn a_stream_that_ends_within_a_packet_says_what_is_missing() {
    let whole = bundle_packet(3);
    for (sent, lacks) in [(&whole[..1], 7), (&whole[..7], 1), (&whole[..8], 3), (&whole[..10], 1)] {
        over_a_socket(sent.to_vec(), async |mut packets| {
            let error = packets.next().await.unwrap().unwrap_err();
            assert!(matches!(error, PacketError::CutShort { missing } if missing == lacks), "{error}");
        });
    }
}

#[test]
fn a_wrong_magic_is_named_and_ends_the_stream() {
    let sent = [bundle_packet(3), header(0xCAFE_BABE, 24), bundle_packet(3)].concat();
    over_a_socket(sent, async |mut packets| {
        assert!(packets.next().await.unwrap().is_ok());
        let error = packets.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "packet magic 0xcafebabe, expected 0xdeadbeef or 0xdeadc0de");
        assert!(packets.next().await.is_none());
    });
}

#[test]
fn what_is_over_its_limit_is_neither_read_nor_written() {
    let mut codec = PacketCodec::with_max_bundle_size(100_000);
    for (magic, limit) in [(BUNDLE_PACKET_MAGIC, 100_000), (CONTROL_PACKET_MAGIC, MAX_CONTROL_SIZE)] {
        let packet = |size: usize| match magic {
            CONTROL_PACKET_MAGIC => Packet::Control(vec![7; size].into()),
            _ => Packet::Bundle(vec![7; size].into()),
        };

        let mut stream = BytesMut::new();
        codec.encode(packet(limit), &mut stream).unwrap();
        assert_eq!(codec.decode(&mut stream).unwrap(), Some(packet(limit)));

        let refused =
            |error| matches!(error, PacketError::TooLarge { size, limit: at } if size == limit + 1 && at == limit);
        assert!(refused(codec.encode(packet(limit + 1), &mut stream).unwrap_err()));
        assert!(refused(codec.header(packet(limit + 1)).unwrap_err()));
        assert!(stream.is_empty());
        let mut stream = BytesMut::from(&header(magic, limit + 1)[..]);
        assert!(refused(codec.decode(&mut stream).unwrap_err()));
    }
}

#[test]
fn header_and_payload_are_what_is_encoded() {
    let mut codec = PacketCodec::default();
    let packet = Packet::Control(Bytes::from_static(b"{}"));
    let mut encoded = BytesMut::new();
    codec.encode(packet.clone(), &mut encoded).unwrap();
    let (header, payload) = codec.header(packet).unwrap();
    assert_eq!([header, payload].concat(), encoded);
    assert_eq!(&encoded[..], b"\xDE\xC0\xAD\xDE\x02\0\0\0{}");
}
