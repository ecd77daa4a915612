//! One message on its way to a client: a header of its own and a body that is shared with everyone. Or a part of an MJPEG
//! stream, which is the same without the header.

use std::io::IoSlice;

use bytes::Bytes;

use crate::websocket::{CloseCode, Header, Opcode};

/// How many slices go into one vectored write.
pub(crate) const SLICES: usize = 32;

/// The bytes of a message, never copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// As it came: a bundle unchanged, or a text.
    Whole(Bytes),
    /// Headers of our own and frames as they came.
    Pieces(Vec<Bytes>),
}

impl Body {
    pub(crate) fn pieces(&self) -> &[Bytes] {
        match self {
            Self::Whole(bytes) => std::slice::from_ref(bytes),
            Self::Pieces(pieces) => pieces,
        }
    }

    pub(crate) fn into_pieces(self) -> Vec<Bytes> {
        match self {
            Self::Whole(bytes) => vec![bytes],
            Self::Pieces(pieces) => pieces,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces().iter().map(Bytes::len).sum()
    }
}

/// A message, and how much of it the socket has taken.
#[derive(Debug)]
pub(crate) struct Outgoing {
    live: bool,
    header: Header,
    body: Body,
    size: usize,
    taken: usize,
}

impl Outgoing {
    /// Pictures as a binary message: a bundle, or a JPEG.
    pub(crate) fn binary(body: Body) -> Self {
        Self { live: true, ..Self::message(Opcode::Binary, body) }
    }

    /// Pictures as a binary message that has its header already.
    pub(crate) fn ready_made(message: Bytes) -> Self {
        Self::part(Body::Whole(message))
    }

    /// A picture without a WebSocket around it.
    pub(crate) fn part(body: Body) -> Self {
        Self { live: true, header: Header::default(), size: body.len(), body, taken: 0 }
    }

    /// What a client of a WebSocket takes out of it.
    #[cfg(test)]
    pub(crate) fn payload(&self) -> Vec<u8> {
        let pieces = self.body.pieces().iter().map(|piece| &piece[..]);
        let whole = std::iter::once(self.header.as_bytes()).chain(pieces).collect::<Vec<_>>().concat();
        let header = match whole[1] {
            127 => 10,
            126 => 4,
            _ => 2,
        };
        whole[header..].to_vec()
    }

    pub(crate) fn text(text: Bytes) -> Self {
        Self::message(Opcode::Text, Body::Whole(text))
    }

    pub(crate) fn pong(payload: Vec<u8>) -> Self {
        Self::message(Opcode::Pong, Body::Whole(payload.into()))
    }

    pub(crate) fn close(code: CloseCode, reason: &str) -> Self {
        Self::message(Opcode::Close, Body::Whole(code.body(reason)))
    }

    fn message(opcode: Opcode, body: Body) -> Self {
        let header = Header::new(opcode, body.len());
        let size = header.as_bytes().len() + body.len();
        Self { live: false, header, body, size, taken: 0 }
    }

    /// Whether it holds pictures, and is not an answer or a sign.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// What it consists of, but for its header.
    pub(crate) fn into_body(self) -> Body {
        self.body
    }

    /// Bytes on the wire.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn take(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.taken > 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.taken >= self.size
    }

    /// What is left to write, or the first [`SLICES`] parts of it; gives how many slices are in use.
    pub(crate) fn slices<'a>(&'a self, into: &mut [IoSlice<'a>; SLICES]) -> usize {
        let mut skip = self.taken;
        let mut used = 0;
        let parts = std::iter::once(self.header.as_bytes()).chain(self.body.pieces().iter().map(|piece| &piece[..]));
        for part in parts {
            let left = part.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(part.len());
            let Some(slot) = into.get_mut(used) else { break };
            if !left.is_empty() {
                *slot = IoSlice::new(left);
                used += 1;
            }
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes `step` bytes at a time and gives all that went out.
    fn written(mut message: Outgoing, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while !message.is_done() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let used = message.slices(&mut slices);
            assert!(slices[..used].iter().all(|slice| !slice.is_empty()));
            let left: Vec<u8> = slices[..used].iter().flat_map(|slice| slice.to_vec()).take(step).collect();
            message.take(left.len());
            out.extend(left);
        }
        out
    }

    #[test]
    fn a_message_is_its_header_and_its_pieces_however_the_socket_takes_them() {
        let pieces: Vec<Bytes> = (0..2 * SLICES as u8).map(|piece| Bytes::from(vec![piece; 3])).collect();
        let whole: Vec<u8> = pieces.concat();
        let expected = [Header::new(Opcode::Binary, whole.len()).as_bytes(), &whole].concat();
        for step in [1, 2, 5, 64, 10_000] {
            assert_eq!(written(Outgoing::binary(Body::Pieces(pieces.clone())), step), expected);
            assert_eq!(written(Outgoing::binary(Body::Whole(whole.clone().into())), step), expected);
        }
    }

    #[test]
    fn an_empty_message_is_its_header() {
        assert_eq!(written(Outgoing::pong(vec![]), 1), [0x8A, 0]);
    }

    #[test]
    fn a_part_has_no_header() {
        let pieces = vec![Bytes::from_static(b"head"), Bytes::from_static(b"picture")];
        assert_eq!(written(Outgoing::part(Body::Pieces(pieces)), 3), b"headpicture");
    }
}
