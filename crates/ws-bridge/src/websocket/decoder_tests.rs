//! Cases after the sections of the Autobahn suite: framing, pings, reserved bits, opcodes, fragmentation, UTF-8,
//! closes, limits.

use proptest::prelude::*;

use super::*;

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A client's frame: `first` is FIN, reserved bits and opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        len @ 0..=125 => out.push(0x80 | len as u8),
        len @ 126..=0xFFFF => {
            out.push(0x80 | 126);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(0x80 | 127);
            out.extend((len as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// All that is read from `bytes` when they come in pieces of `step`, up to the violation that ends it.
fn read_in_steps(bytes: &[u8], step: usize) -> (Vec<Received>, Option<Violation>) {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    for mut piece in bytes.chunks(step.max(1)) {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(received)) => all.push(received),
                Ok(None) => break,
                Err(violation) => return (all, Some(violation)),
            }
        }
        assert!(piece.is_empty(), "nothing may be left behind");
    }
    (all, None)
}

/// What is read from `bytes`, which must not depend on how they come.
fn read(bytes: &[u8]) -> (Vec<Received>, Option<Violation>) {
    let whole = read_in_steps(bytes, bytes.len());
    for step in [1, 2, 3, 7, 997] {
        assert_eq!(read_in_steps(bytes, step), whole, "in steps of {step}");
    }
    whole
}

fn texts(bytes: &[u8]) -> Vec<Received> {
    let (received, violation) = read(bytes);
    assert_eq!(violation, None);
    received
}

fn violation(bytes: &[u8]) -> u16 {
    read(bytes).1.expect("a violation").code().0
}

fn text(text: &str) -> Received {
    Received::Text(text.into())
}

#[test]
fn texts_of_every_length_encoding_are_read() {
    for len in [0, 1, 125, 126, 127, 128, 65_535, 65_536] {
        let payload = "a".repeat(len);
        assert_eq!(texts(&frame(0x81, payload.as_bytes())), [text(&payload)]);
    }
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_read_as_well() {
    let mut bytes = vec![0x81, 0x80 | 127];
    bytes.extend(2_u64.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(b"hi");
    assert_eq!(texts(&bytes), [text("hi")]);
}

#[test]
fn pings_give_back_their_payload_and_pongs_are_taken() {
    let mut bytes = frame(0x89, b"");
    bytes.extend(frame(0x89, &[0xFF; 125]));
    bytes.extend(frame(0x8A, b"unasked"));
    assert_eq!(texts(&bytes), [Received::Ping(vec![]), Received::Ping(vec![0xFF; 125]), Received::Pong]);
}

#[test]
fn control_frames_over_125_bytes_are_refused() {
    for opcode in [0x88, 0x89, 0x8A] {
        assert_eq!(violation(&frame(opcode, &[b'x'; 126])), 1002);
    }
}

#[test]
fn reserved_bits_are_refused_whatever_the_frame() {
    for bit in [0x10, 0x20, 0x40] {
        for first in [0x81, 0x82, 0x88, 0x89, 0x8A, 0x80] {
            assert_eq!(violation(&frame(first | bit, b"")), 1002);
        }
    }
}

#[test]
fn reserved_opcodes_are_refused() {
    for opcode in (3..8).chain(0xB..=0xF) {
        assert_eq!(violation(&frame(0x80 | opcode, b"")), 1002);
    }
}

#[test]
fn what_came_before_a_violation_is_still_delivered() {
    let mut bytes = frame(0x81, b"first");
    bytes.extend(frame(0xC1, b"second"));
    assert_eq!(read(&bytes), (vec![text("first")], Some(Violation::ReservedBits)));
}

#[test]
fn a_frame_without_a_mask_is_refused() {
    assert_eq!(violation(&[0x81, 2, b'h', b'i']), 1002);
}

#[test]
fn fragments_become_one_message() {
    let mut bytes = frame(0x01, b"frag");
    bytes.extend(frame(0x00, b""));
    bytes.extend(frame(0x00, b"men"));
    bytes.extend(frame(0x80, b"ted"));
    assert_eq!(texts(&bytes), [text("fragmented")]);
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let mut bytes = frame(0x01, b"frag");
    bytes.extend(frame(0x89, b"one"));
    bytes.extend(frame(0x00, b"men"));
    bytes.extend(frame(0x8A, b""));
    bytes.extend(frame(0x80, b"ted"));
    assert_eq!(texts(&bytes), [Received::Ping(b"one".to_vec()), Received::Pong, text("fragmented")]);
}

#[test]
fn control_frames_must_not_be_fragmented() {
    for opcode in [0x08, 0x09, 0x0A] {
        assert_eq!(violation(&frame(opcode, b"x")), 1002);
    }
}

#[test]
fn a_continuation_of_nothing_is_refused() {
    assert_eq!(violation(&frame(0x80, b"x")), 1002);
    assert_eq!(violation(&frame(0x00, b"x")), 1002);
    let mut after_a_whole_message = frame(0x81, b"whole");
    after_a_whole_message.extend(frame(0x80, b"x"));
    assert_eq!(violation(&after_a_whole_message), 1002);
}

#[test]
fn a_new_message_amid_fragments_is_refused() {
    let mut bytes = frame(0x01, b"one");
    bytes.extend(frame(0x81, b"two"));
    assert_eq!(violation(&bytes), 1002);
}

#[test]
fn a_character_may_be_cut_between_fragments() {
    let whole = "κόσμε \u{10FFFF}";
    for cut in 0..=whole.len() {
        let mut bytes = frame(0x01, &whole.as_bytes()[..cut]);
        bytes.extend(frame(0x80, &whole.as_bytes()[cut..]));
        assert_eq!(texts(&bytes), [text(whole)]);
    }
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let bad: [&[u8]; 8] = [
        b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80edited", // a surrogate
        b"\xF4\x90\x80\x80",                                               // beyond U+10FFFF
        b"\xC0\xAF",                                                       // overlong
        b"\xFF",
        b"\xE2\x82",       // ends in the middle of a character
        b"ok \x80 not ok", // a continuation byte alone
        b"\xF8\x88\x80\x80\x80",
        b"\xED\xBF\xBF",
    ];
    for bytes in bad {
        assert_eq!(violation(&frame(0x81, bytes)), 1007, "{bytes:x?}");
    }
}

#[test]
fn broken_utf8_is_refused_before_the_message_has_ended() {
    assert_eq!(violation(&frame(0x01, b"so far so good \xFF")), 1007);
}

#[test]
fn a_message_over_the_limit_is_refused_by_its_header_alone() {
    let mut announced = vec![0x81, 0x80 | 127];
    announced.extend((MAX_MESSAGE as u64 + 1).to_be_bytes());
    announced.extend(MASK);
    assert_eq!(violation(&announced), 1009);
    let mut endless = vec![0x81, 0xFF];
    endless.extend(u64::MAX.to_be_bytes());
    endless.extend(MASK);
    assert_eq!(violation(&endless), 1009);
}

#[test]
fn fragments_count_together_towards_the_limit() {
    let mut bytes = frame(0x01, &vec![b'a'; MAX_MESSAGE]);
    bytes.extend(frame(0x00, b"a"));
    assert_eq!(violation(&bytes), 1009);
}

#[test]
fn binary_messages_are_not_taken() {
    assert_eq!(violation(&frame(0x82, b"\xFF\xD8")), 1003);
}

#[test]
fn closes_are_read_with_their_code() {
    assert_eq!(texts(&frame(0x88, b"")), [Received::Close(CloseCode::NORMAL)]);
    assert_eq!(texts(&frame(0x88, &CloseCode(3001).body("done"))), [Received::Close(CloseCode(3001))]);
    assert_eq!(violation(&frame(0x88, &[3])), 1002);
    assert_eq!(violation(&frame(0x88, &CloseCode(1005).body(""))), 1002);
    assert_eq!(violation(&frame(0x88, b"\x03\xE8\xFF\xFF")), 1007);
}

proptest! {
    #[test]
    fn no_bytes_panic_or_take_more_memory_than_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..600), step in 1_usize..60) {
        let mut decoder = Decoder::default();
        for mut piece in bytes.chunks(step) {
            while let Ok(Some(_)) = decoder.next(&mut piece) {}
            prop_assert!(decoder.control.len() <= MAX_CONTROL);
            prop_assert!(decoder.text.as_ref().is_none_or(|text| text.bytes.len() <= MAX_MESSAGE));
        }
    }

    #[test]
    fn any_text_arrives_however_it_is_cut(text in ".{0,300}", cut in 0_usize..300, step in 1_usize..40) {
        let cut = cut.min(text.len());
        let mut bytes = frame(0x01, &text.as_bytes()[..cut]);
        bytes.extend(frame(0x80, &text.as_bytes()[cut..]));
        prop_assert_eq!(read_in_steps(&bytes, step), (vec![Received::Text(text)], None));
    }
}
