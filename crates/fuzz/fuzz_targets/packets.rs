//! The stream over the Unix socket. However it is cut, it gives the same packets and the same end as in one piece; what is
//! read is written as the same bytes; and the buffer never grows beyond what the codec promises.
#![no_main]

use bytes::BytesMut;
use cameracast_fuzz::Cut;
use frame_bundle::Packet;
use frame_bundle::codec::{PacketCodec, PacketError};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::{Decoder, Encoder};

/// Memory that an announced length may take before any of its bytes has come.
const TRUSTED_AT_FIRST: usize = 1 << 20;

/// What came of a stream, and how it ended.
#[derive(Debug, PartialEq)]
struct Read {
    packets: Vec<Packet>,
    end: Result<(), String>,
}

fuzz_target!(|input: &[u8]| {
    let Some(cut) = Cut::of(input) else { return };
    let read = in_one_piece(cut.whole);
    assert_eq!(in_pieces(cut.pieces()), read);
    assert_eq!(as_framed_read_does(cut.pieces()), read);

    let written = write(&read.packets);
    assert!(cut.whole.starts_with(&written));
    assert!(read.end.is_err() || written.len() == cut.whole.len());
});

fn in_one_piece(stream: &[u8]) -> Read {
    in_pieces([stream])
}

/// Each piece is put behind what is left of those before it.
fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let (mut codec, mut buffer, mut packets) = (PacketCodec::default(), BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if let Err(error) = take_all(&mut codec, &mut buffer, &mut packets) {
            return Read { packets, end: Err(error.to_string()) };
        }
    }
    let end = end(&mut codec, &mut buffer, &mut packets);
    Read { packets, end }
}

/// Reads no more at a time than there is room for, and sees to it that no more room is made than was promised.
fn as_framed_read_does<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let (mut codec, mut buffer, mut packets) = (PacketCodec::default(), BytesMut::new(), Vec::new());
    for mut piece in pieces {
        while !piece.is_empty() {
            if let Err(error) = take_all(&mut codec, &mut buffer, &mut packets) {
                return Read { packets, end: Err(error.to_string()) };
            }
            buffer.reserve(1);
            let largest = packets.iter().map(size).max().unwrap_or_default();
            assert!(buffer.capacity() <= TRUSTED_AT_FIRST.max(2 * largest).max(2 * buffer.len()), "{buffer:?}");
            let (now, later) = piece.split_at(piece.len().min(buffer.capacity() - buffer.len()));
            buffer.extend_from_slice(now);
            piece = later;
        }
    }
    let end = end(&mut codec, &mut buffer, &mut packets);
    Read { packets, end }
}

fn take_all(codec: &mut PacketCodec, buffer: &mut BytesMut, packets: &mut Vec<Packet>) -> Result<(), PacketError> {
    while let Some(packet) = codec.decode(buffer)? {
        packets.push(packet);
    }
    Ok(())
}

fn end(codec: &mut PacketCodec, buffer: &mut BytesMut, packets: &mut Vec<Packet>) -> Result<(), String> {
    while let Some(packet) = codec.decode_eof(buffer).map_err(|error| error.to_string())? {
        packets.push(packet);
    }
    assert!(buffer.is_empty(), "a stream that ended well has left {buffer:?}");
    Ok(())
}

fn size(packet: &Packet) -> usize {
    let (Packet::Bundle(payload) | Packet::Control(payload)) = packet;
    payload.len()
}

fn write(packets: &[Packet]) -> Vec<u8> {
    let (mut codec, mut stream) = (PacketCodec::default(), BytesMut::new());
    for packet in packets {
        let before = stream.len();
        codec.encode(packet.clone(), &mut stream).expect("what was read can be written");
        let (header, payload) = codec.header(packet.clone()).expect("what was read can be written");
        assert_eq!(stream[before..], [header, payload].concat());
    }
    stream.into()
}
