//! The read half: a client's bytes become messages. Memory grows with the bytes that came, never with a length that
//! was announced, and no further than [`MAX_MESSAGE`].

use super::{CloseCode, Opcode, Violation};

/// The largest message that is taken from a client, in bytes.
pub(crate) const MAX_MESSAGE: usize = 64 << 10;
/// The largest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;
/// Two bytes, a length of eight, a mask of four.
const MAX_HEADER: usize = 14;

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(CloseCode),
}

/// Puts frames and messages together, in whatever pieces their bytes come.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    header: PartialHeader,
    frame: Option<Frame>,
    /// The text message that is under way, over all its fragments.
    text: Option<Text>,
    control: Vec<u8>,
}

#[derive(Debug, Default)]
struct PartialHeader {
    bytes: [u8; MAX_HEADER],
    len: usize,
}

/// A frame whose header is read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    last: bool,
    mask: [u8; 4],
    size: usize,
    read: usize,
}

#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// How much of `bytes` is known to be UTF-8.
    valid: usize,
}

impl Decoder {
    /// Takes bytes from the front of `input` until a message is whole; `None` when all of it was taken before that.
    ///
    /// # Errors
    /// What the client did wrong. Nothing can be read after that.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Received>, Violation> {
        loop {
            let frame = match self.frame {
                Some(frame) => frame,
                None => {
                    let Some(frame) = self.header.read(input)? else { return Ok(None) };
                    self.check_order(&frame)?;
                    frame
                }
            };
            let frame = self.read_payload(frame, input)?;
            if frame.read < frame.size {
                self.frame = Some(frame);
                return Ok(None);
            }
            self.frame = None;
            if let Some(received) = self.finish(frame)? {
                return Ok(Some(received));
            }
        }
    }

    /// Memory for what came and was not given out yet, in bytes.
    #[cfg(fuzzing)]
    pub(crate) fn kept(&self) -> usize {
        self.control.capacity() + self.text.as_ref().map_or(0, |text| text.bytes.capacity())
    }

    /// What only shows in the order of frames: fragments, and the size of a whole message.
    fn check_order(&mut self, frame: &Frame) -> Result<(), Violation> {
        let begun = match (frame.opcode, &self.text) {
            (Opcode::Continuation, None) => return Err(Violation::NothingToContinue),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::Interrupted),
            (Opcode::Binary, None) => return Err(Violation::Binary),
            (Opcode::Continuation, Some(text)) => text.bytes.len(),
            _ => 0,
        };
        if frame.size > MAX_MESSAGE - begun {
            return Err(Violation::TooLarge);
        }
        if frame.opcode == Opcode::Text {
            self.text = Some(Text::default());
        }
        Ok(())
    }

    fn read_payload(&mut self, mut frame: Frame, input: &mut &[u8]) -> Result<Frame, Violation> {
        let (now, later) = input.split_at(input.len().min(frame.size - frame.read));
        *input = later;
        let clear = now.iter().zip(frame.read..).map(|(byte, at)| byte ^ frame.mask[at % 4]);
        match &mut self.text {
            Some(text) if !frame.opcode.is_control() => {
                text.bytes.extend(clear);
                text.check_utf8()?;
            }
            _ => self.control.extend(clear),
        }
        frame.read += now.len();
        Ok(frame)
    }

    fn finish(&mut self, frame: Frame) -> Result<Option<Received>, Violation> {
        if frame.opcode.is_control() {
            let payload = std::mem::take(&mut self.control);
            return Ok(Some(match frame.opcode {
                Opcode::Close => Received::Close(CloseCode::read(&payload)?),
                Opcode::Ping => Received::Ping(payload),
                _ => Received::Pong,
            }));
        }
        if !frame.last {
            return Ok(None);
        }
        let text = self.text.take().unwrap_or_default();
        String::from_utf8(text.bytes).map(|text| Some(Received::Text(text))).map_err(|_| Violation::NotUtf8)
    }
}

impl Text {
    /// Fails as soon as no further byte could make it UTF-8; a character that is cut short may still become whole.
    fn check_utf8(&mut self) -> Result<(), Violation> {
        match std::str::from_utf8(self.bytes.get(self.valid..).unwrap_or_default()) {
            Ok(_) => self.valid = self.bytes.len(),
            Err(error) if error.error_len().is_some() => return Err(Violation::NotUtf8),
            Err(error) => self.valid += error.valid_up_to(),
        }
        Ok(())
    }
}

impl PartialHeader {
    /// Reads the header of a frame; each check is made as soon as its bytes are there.
    fn read(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, Violation> {
        while let Some((byte, rest)) = input.split_first() {
            self.bytes[self.len] = *byte;
            self.len += 1;
            *input = rest;
            match self.parse() {
                Ok(None) => {}
                complete_or_wrong => {
                    self.len = 0;
                    return complete_or_wrong;
                }
            }
        }
        Ok(None)
    }

    fn parse(&self) -> Result<Option<Frame>, Violation> {
        let [first, second, rest @ ..] = &self.bytes;
        let opcode = Opcode::from_bits(first & 0x0F).ok_or(Violation::ReservedOpcode(first & 0x0F))?;
        let last = first & 0x80 != 0;
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBits);
        }
        if opcode.is_control() && !last {
            return Err(Violation::FragmentedControl);
        }
        if self.len < 2 {
            return Ok(None);
        }
        if second & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        let short = usize::from(second & 0x7F);
        if opcode.is_control() && short > MAX_CONTROL {
            return Err(Violation::LongControl);
        }
        let size_bytes = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.len < 2 + size_bytes + 4 {
            return Ok(None);
        }
        let (size, mask) = rest.split_at(size_bytes);
        let size = match size_bytes {
            0 => short as u64,
            _ => size.iter().fold(0, |size, byte| size << 8 | u64::from(*byte)),
        };
        let size = usize::try_from(size).map_err(|_| Violation::TooLarge)?;
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Some(Frame { opcode, last, mask, size, read: 0 }))
    }
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
