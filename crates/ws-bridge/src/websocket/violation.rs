//! What a client can do wrong, and the code with which it is told.

use super::CloseCode;
use super::decoder::MAX_MESSAGE;

/// What a client did that ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("reserved bits are set, but no extension was agreed on")]
    ReservedBits,
    #[error("opcode {0:#x} is reserved")]
    ReservedOpcode(u8),
    #[error("a client's frames must be masked")]
    Unmasked,
    #[error("a control frame is fragmented")]
    FragmentedControl,
    #[error("a control frame has more than 125 bytes")]
    LongControl,
    #[error("a continuation without a message to continue")]
    NothingToContinue,
    #[error("a new message before the last one has ended")]
    Interrupted,
    #[error("a close frame holds half a code")]
    HalfACloseCode,
    #[error("close code {0} must not be sent")]
    ForbiddenCloseCode(u16),
    #[error("binary messages are not taken here")]
    Binary,
    #[error("text is not UTF-8")]
    NotUtf8,
    #[error("a message has more than {MAX_MESSAGE} bytes")]
    TooLarge,
}

impl Violation {
    /// What the client is told before the connection ends.
    pub(crate) fn code(self) -> CloseCode {
        match self {
            Self::Binary => CloseCode::UNSUPPORTED,
            Self::NotUtf8 => CloseCode::NOT_UTF8,
            Self::TooLarge => CloseCode::TOO_LARGE,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}
