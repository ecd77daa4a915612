//! Close codes, and the body of a close frame.

use bytes::{BufMut, Bytes, BytesMut};

use super::Violation;

/// Why a connection ends (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CloseCode(pub(crate) u16);

impl CloseCode {
    pub(crate) const NORMAL: Self = Self(1000);
    pub(crate) const GOING_AWAY: Self = Self(1001);
    pub(crate) const PROTOCOL_ERROR: Self = Self(1002);
    pub(crate) const UNSUPPORTED: Self = Self(1003);
    pub(crate) const NOT_UTF8: Self = Self(1007);
    pub(crate) const POLICY: Self = Self(1008);
    pub(crate) const TOO_LARGE: Self = Self(1009);

    /// Whether a peer may send this code: 1004 to 1006 and 1015 only ever stand in logs.
    fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// The body of a close frame with this code; a reason beyond the 123 bytes that fit is cut.
    pub(crate) fn body(self, reason: &str) -> Bytes {
        let mut body = BytesMut::with_capacity(2 + reason.len());
        body.put_u16(self.0);
        body.put_slice(&reason.as_bytes()[..reason.floor_char_boundary(123)]);
        body.freeze()
    }

    /// Reads the body of a peer's close frame; without a code it counts as an ordinary end.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Violation> {
        let (code, reason) = match body {
            [] => return Ok(Self::NORMAL),
            [high, low, reason @ ..] => (Self(u16::from_be_bytes([*high, *low])), reason),
            [_] => return Err(Violation::HalfACloseCode),
        };
        if !code.may_be_sent() {
            return Err(Violation::ForbiddenCloseCode(code.0));
        }
        std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_a_peer_may_send_are_read() {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
            assert_eq!(CloseCode::read(&CloseCode(code).body("bye")), Ok(CloseCode(code)));
        }
        assert_eq!(CloseCode::read(&[]), Ok(CloseCode::NORMAL));
    }

    #[test]
    fn codes_that_nobody_may_send_are_a_violation() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert_eq!(CloseCode::read(&CloseCode(code).body("")), Err(Violation::ForbiddenCloseCode(code)));
        }
        assert_eq!(CloseCode::read(&[3]), Err(Violation::HalfACloseCode));
    }

    #[test]
    fn a_reason_that_is_not_utf8_is_a_violation() {
        assert_eq!(CloseCode::read(&[0x03, 0xE8, 0xCE, 0xBA, 0xFF]), Err(Violation::NotUtf8));
    }

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        let body = CloseCode::POLICY.body(&"é".repeat(100));
        assert_eq!(body.len(), 2 + 122);
        assert_eq!(CloseCode::read(&body), Ok(CloseCode::POLICY));
    }
}
