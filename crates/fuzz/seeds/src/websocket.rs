//! What clients send over a WebSocket.

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Streams of frames, good and bad.
pub fn streams() -> Vec<Vec<u8>> {
    let text = |text: &str| frame(0x81, text.as_bytes());
    let config = text(r#"{"type":"config","fps":15,"resolution":[1280,720]}"#);
    let fragments = [frame(0x01, b"frag"), frame(0x89, b"between"), frame(0x00, b"men"), frame(0x80, b"ted")].concat();
    let cut_character = [frame(0x01, &[0xCE]), frame(0x80, &[0xBA])].concat();
    let mut announced = vec![0x81, 0xFF];
    announced.extend([0xFF; 12]);
    vec![
        config.clone(),
        [config, frame(0x88, &[0x03, 0xE8, b'b', b'y', b'e'])].concat(),
        [frame(0x89, b"ping"), frame(0x8A, b""), frame(0x88, b"")].concat(),
        fragments,
        cut_character,
        announced,
        text(&"a".repeat(126)),
        frame(0x82, b"\xFF\xD8"),
        frame(0x81, b"\xFF"),
        frame(0x88, &[3]),
        vec![0x81, 2, b'h', b'i'],
    ]
}

/// A client's frame: `first` is FIN, reserved bits and opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        len @ 0..=125 => out.push(0x80 | len as u8),
        len @ 126..=0xFFFF => {
            out.push(0xFE);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(0xFF);
            out.extend((len as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}
