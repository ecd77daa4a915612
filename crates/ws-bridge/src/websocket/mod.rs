//! The WebSocket protocol (RFC 6455) from the server's side, without any I/O: bytes go in, messages and headers come
//! out. No extension is ever negotiated, so a message to a client is a header and the bytes as they are.

mod close;
mod decoder;
mod handshake;
mod header;
mod violation;

pub(crate) use close::CloseCode;
#[cfg(any(test, fuzzing))]
pub(crate) use decoder::MAX_MESSAGE;
pub(crate) use decoder::{Decoder, Received};
pub(crate) use handshake::{BadHandshake, accept, asks_for_websocket};
pub(crate) use header::{Header, Opcode};
pub(crate) use violation::Violation;
