//! What clients send over a WebSocket. However its bytes are cut, the same is read as in one piece, and what is kept of
//! them stays within twice the largest message. The same input is also taken for a list of messages as a well-formed client
//! sends them: of these, all arrive.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use cameracast_fuzz::Cut;
use libfuzzer_sys::fuzz_target;
use ws_bridge::fuzzing::{MAX_MESSAGE, Said, close_body, header, read_websocket};

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;

/// A message of a client.
#[derive(Arbitrary, Debug)]
enum Message<'a> {
    /// A text that many times over, in fragments of these sizes, with control frames between them.
    Text {
        text: &'a str,
        times: u8,
        fragments: &'a [u8],
        between: Option<Control<'a>>,
    },
    Control(Control<'a>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Control<'a> {
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    Close(u16, &'a str),
}

fuzz_target!(|input: &[u8]| {
    let Some(cut) = Cut::of(input) else { return };
    let whole = read_websocket([cut.whole]);
    let as_cut = read_websocket(cut.pieces());
    assert_eq!(as_cut.said, whole.said);

    let mut input = Unstructured::new(cut.whole);
    let mut client = Client::default();
    while let Ok(message) = Message::arbitrary(&mut input)
        && !input.is_empty()
    {
        client.send(&message, input.arbitrary().unwrap_or_default());
    }
    let whole_again = read_websocket([&client.sent[..]]);
    assert_eq!(whole_again.said, client.expected);
    let in_pieces = read_websocket(cut.another(&client.sent).pieces());
    assert_eq!(in_pieces.said, client.expected);
    for read in [whole, as_cut, whole_again, in_pieces] {
        // A vector that grows byte by byte has up to twice the room that it needs.
        assert!(read.most_kept <= 2 * MAX_MESSAGE + 1024, "{} bytes", read.most_kept);
    }
});

/// What was sent so far, and what is to be read of it.
#[derive(Default)]
struct Client {
    sent: Vec<u8>,
    expected: Vec<Result<Said, u16>>,
}

impl Client {
    fn send(&mut self, message: &Message<'_>, mask: [u8; 4]) {
        match message {
            _ if self.is_over() => {}
            Message::Control(control) => self.control(control, mask),
            Message::Text { text, times, fragments, between } => {
                // Little more than what is too much.
                let times = usize::from(*times).min(MAX_MESSAGE / text.len().max(1) + 1);
                let text = text.repeat(times);
                let mut rest = text.as_bytes();
                let mut opcode = TEXT;
                for size in fragments.iter().map(|size| usize::from(*size)) {
                    let (fragment, later) = rest.split_at(size.min(rest.len()));
                    self.frame(opcode, fragment, mask);
                    rest = later;
                    opcode = CONTINUATION;
                    if text.len() - rest.len() > MAX_MESSAGE {
                        return self.expected.push(Err(1009));
                    }
                    if let Some(control) = between {
                        self.control(control, mask);
                    }
                    if self.is_over() {
                        return;
                    }
                }
                self.frame(FINAL | opcode, rest, mask);
                let fits = text.len() <= MAX_MESSAGE;
                self.expected.push(if fits { Ok(Said::Text(text)) } else { Err(1009) });
            }
        }
    }

    /// Whether it has done something after which nothing can be read.
    fn is_over(&self) -> bool {
        matches!(self.expected.last(), Some(Err(_)))
    }

    fn control(&mut self, control: &Control<'_>, mask: [u8; 4]) {
        let short = |payload: &[u8]| payload[..payload.len().min(125)].to_vec();
        let (opcode, payload, expected) = match *control {
            Control::Ping(payload) => (PING, short(payload), Ok(Said::Ping(short(payload)))),
            Control::Pong(payload) => (PONG, short(payload), Ok(Said::Pong)),
            Control::Close(code, reason) => {
                let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
                let expected = if may_be_sent { Ok(Said::Close(code)) } else { Err(1002) };
                (CLOSE, close_body(code, reason).into(), expected)
            }
        };
        self.frame(FINAL | opcode, &payload, mask);
        self.expected.push(expected);
    }

    /// The bridge's own header for a whole message, made that of a client's frame.
    fn frame(&mut self, first: u8, payload: &[u8], mask: [u8; 4]) {
        let mut header = header(first & 0xF, payload.len());
        header[0] = first;
        header[1] |= 0x80;
        self.sent.extend(header);
        self.sent.extend(mask);
        self.sent.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
}
