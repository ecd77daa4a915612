//! The opening handshake: checks a request's headers and computes the answer (RFC 6455, section 4.2).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// Fixed by RFC 6455, section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a request that asks for a WebSocket does not get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHandshake {
    #[error("Connection: Upgrade is missing beside Upgrade: websocket")]
    NoUpgrade,
    #[error("Sec-WebSocket-Version must be 13")]
    Version,
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
}

/// Whether the request asks for a WebSocket at all.
pub(crate) fn asks_for_websocket(headers: &HeaderMap) -> bool {
    lists(headers, &header::UPGRADE, "websocket")
}

/// Checks the request; gives the value of `Sec-WebSocket-Accept`.
///
/// # Errors
/// The header that is missing or wrong.
pub(crate) fn accept(headers: &HeaderMap) -> Result<HeaderValue, BadHandshake> {
    if !lists(headers, &header::CONNECTION, "upgrade") {
        return Err(BadHandshake::NoUpgrade);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(BadHandshake::Version);
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(BadHandshake::Key)?.as_bytes();
    if STANDARD.decode(key).map_or(true, |nonce| nonce.len() != 16) {
        return Err(BadHandshake::Key);
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::from_str(&STANDARD.encode(digest)).map_err(|_| BadHandshake::Key)
}

/// Whether a header that holds a list names `word`, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(changes: &[(HeaderName, Option<&'static str>)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        for (name, value) in changes {
            match value {
                Some(value) => headers.insert(name, HeaderValue::from_static(value)),
                None => headers.remove(name),
            };
        }
        headers
    }

    #[test]
    fn the_rfcs_own_example_is_answered_as_there() {
        let headers = request(&[]);
        assert!(asks_for_websocket(&headers));
        assert_eq!(accept(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_request_without_upgrade_asks_for_no_websocket() {
        assert!(!asks_for_websocket(&request(&[(header::UPGRADE, None)])));
        assert!(!asks_for_websocket(&request(&[(header::UPGRADE, Some("h2c"))])));
    }

    #[test]
    fn each_wrong_header_has_its_sentence() {
        let key = |key| accept(&request(&[(header::SEC_WEBSOCKET_KEY, key)]));
        assert_eq!(key(None), Err(BadHandshake::Key));
        assert_eq!(key(Some("c2hvcnQ=")), Err(BadHandshake::Key));
        assert_eq!(key(Some("not base64 at all!")), Err(BadHandshake::Key));
        assert_eq!(accept(&request(&[(header::CONNECTION, None)])), Err(BadHandshake::NoUpgrade));
        assert_eq!(accept(&request(&[(header::SEC_WEBSOCKET_VERSION, Some("8"))])), Err(BadHandshake::Version));
    }
}
