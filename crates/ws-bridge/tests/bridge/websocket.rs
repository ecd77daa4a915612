//! The protocol on the real socket, byte by byte; the cases in full stand beside the decoder.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Bridge, within};

/// A client that does what it likes.
struct Raw(TcpStream);

impl Raw {
    /// `offers` are further headers of the handshake; gives the head of the answer too.
    async fn connect(bridge: &Bridge, offers: &str) -> (Self, String) {
        let mut stream = TcpStream::connect(&bridge.address).await.unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{offers}\r\n",
            bridge.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within("the answer", stream.read_u8()).await.unwrap());
        }
        let mut raw = Self(stream);
        assert_eq!(raw.frame().await.0, 0x81, "the description of the cameras");
        (raw, String::from_utf8(head).unwrap())
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// First byte and payload of the next frame.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        within("a frame", async {
            let first = self.0.read_u8().await.unwrap();
            let size = match self.0.read_u8().await.unwrap() {
                126 => usize::from(self.0.read_u16().await.unwrap()),
                127 => self.0.read_u64().await.unwrap() as usize,
                size => usize::from(size),
            };
            let mut payload = vec![0; size];
            self.0.read_exact(&mut payload).await.unwrap();
            (first, payload)
        })
        .await
    }

    /// The code with which the bridge closes; after that nothing comes.
    async fn close_code(mut self) -> u16 {
        let (first, payload) = self.frame().await;
        assert_eq!(first, 0x88);
        assert_eq!(within("the end", self.0.read(&mut [0])).await.unwrap(), 0);
        u16::from_be_bytes([payload[0], payload[1]])
    }
}

/// A frame with a mask of zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn what_a_client_does_wrong_gets_its_code() {
    let bridge = Bridge::start().await;
    let oversize = [&[0x81, 0xFF][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
    for (bytes, code) in [
        (vec![0x81, 1, b'x'], 1002),       // unmasked
        (masked(0xC1, b"x"), 1002),        // a reserved bit
        (masked(0x83, b"x"), 1002),        // a reserved opcode
        (masked(0x09, b"x"), 1002),        // a fragmented ping
        (masked(0x82, b"\xFF\xD8"), 1003), // binary
        (masked(0x81, b"\xFF"), 1007),     // no UTF-8
        (oversize, 1009),
        (masked(0x88, &[0x03, 0xED]), 1002), // code 1005 must not be sent
    ] {
        let (mut client, _) = Raw::connect(&bridge, "").await;
        client.send(&bytes).await;
        assert_eq!(client.close_code().await, code, "{bytes:x?}");
    }
}

#[tokio::test]
async fn a_close_is_answered_with_its_own_code() {
    let bridge = Bridge::start().await;
    for code in [1000_u16, 1001, 4321] {
        let (mut client, _) = Raw::connect(&bridge, "").await;
        client.send(&masked(0x88, &code.to_be_bytes())).await;
        assert_eq!(client.close_code().await, code);
    }
}

#[tokio::test]
async fn pings_are_answered_between_the_fragments_of_a_message() {
    let bridge = Bridge::start().await;
    let (mut client, _) = Raw::connect(&bridge, "").await;
    client.send(&masked(0x01, br#"{"type":"#)).await;
    client.send(&masked(0x89, b"still there?")).await;
    assert_eq!(client.frame().await, (0x8A, b"still there?".to_vec()));
    client.send(&masked(0x80, br#""time","t0":1}"#)).await;
    assert_eq!(client.frame().await.0, 0x81);
}

#[tokio::test]
async fn no_extension_and_no_subprotocol_is_agreed_on() {
    let bridge = Bridge::start().await;
    let offers =
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat\r\n";
    let (_, head) = Raw::connect(&bridge, offers).await;
    let head = head.to_ascii_lowercase();
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert!(!head.contains("extensions") && !head.contains("protocol:"), "{head}");
}

#[tokio::test]
async fn what_comes_right_behind_the_handshake_is_heard() {
    let bridge = Bridge::start().await;
    let mut stream = TcpStream::connect(&bridge.address).await.unwrap();
    let mut request = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        bridge.address
    )
    .into_bytes();
    request.extend(masked(0x89, b"early"));
    stream.write_all(&request).await.unwrap();
    let mut heard = Vec::new();
    while !heard.windows(5).any(|window| window == b"early") {
        heard.push(within("the pong", stream.read_u8()).await.unwrap());
    }
}
