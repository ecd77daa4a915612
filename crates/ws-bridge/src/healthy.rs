//! `ws-bridge --healthy`: what a container's health check asks, without another program in its image.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A bridge that lives answers within milliseconds.
const WITHIN: Duration = Duration::from_secs(2);
const QUESTION: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const YES: &[u8] = b"HTTP/1.1 200 ";
/// A fatal alert of TLS 1.2 or 1.3, RFC 8446 section 5.1 and 6: what a bridge with TLS answers to the plain question. It
/// lives, and whether its certificate is good is no matter of its health.
const ENCRYPTED_YES: &[u8] = &[21, 3, 3];

/// Whether the bridge that listens there says that it lives.
pub(crate) fn ask(listen: SocketAddr, encrypted: bool) -> io::Result<()> {
    let yes = if encrypted { ENCRYPTED_YES } else { YES };
    let mut bridge = TcpStream::connect_timeout(&from_here(listen), WITHIN)?;
    bridge.set_read_timeout(Some(WITHIN))?;
    bridge.write_all(QUESTION)?;
    let mut answer = vec![0; yes.len()];
    bridge.read_exact(&mut answer)?;
    match answer == yes {
        true => Ok(()),
        false => Err(io::Error::other(format!("it answered {:?}", String::from_utf8_lossy(&answer)))),
    }
}

/// Who listens on every address listens on loopback.
fn from_here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What is said of a bridge that answers so.
    fn asked(answer: &'static [u8]) -> io::Result<()> {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = listener.local_addr().unwrap();
        let bridge = std::thread::spawn(move || {
            let mut client = listener.accept().unwrap().0;
            let mut question = [0; QUESTION.len()];
            client.read_exact(&mut question).unwrap();
            assert_eq!(question, QUESTION);
            client.write_all(answer).unwrap();
        });
        let said = ask(address, false);
        bridge.join().unwrap();
        said
    }

    #[test]
    fn a_bridge_is_healthy_that_says_so_and_no_other() {
        asked(b"HTTP/1.1 200 OK\r\n\r\nok\n").unwrap();
        assert!(asked(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").is_err());
        assert!(asked(b"").is_err());
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(ask(closed, false).is_err());
    }

    #[test]
    fn it_is_asked_where_it_listens() {
        assert_eq!(from_here("0.0.0.0:8765".parse().unwrap()), "127.0.0.1:8765".parse().unwrap());
        assert_eq!(from_here("[::]:8765".parse().unwrap()), "[::1]:8765".parse().unwrap());
        assert_eq!(from_here("192.0.2.1:80".parse().unwrap()), "192.0.2.1:80".parse().unwrap());
    }
}
