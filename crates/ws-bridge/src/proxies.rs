//! Who sent a request that came through a proxy. Pure.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use cameracast_config::Network;

/// The client's address: the peer's, or where that is a proxy that is trusted, what it and those before it say. The last
/// one in `X-Forwarded-For` is the only one that the proxy itself has seen; the others may be made up.
pub(crate) fn client_of(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    let mut client = peer;
    if !is_trusted(client.ip(), trusted) {
        return client;
    }
    let values: Vec<_> = headers.get_all("x-forwarded-for").into_iter().collect();
    let hops = values.into_iter().rev().filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
    for hop in hops.map_while(|hop| address_in(hop.trim())) {
        client = hop;
        if !is_trusted(client.ip(), trusted) {
            break;
        }
    }
    client
}

/// Whether this is one of the proxies whose word is taken.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// An address, with the port where it has one.
fn address_in(hop: &str) -> Option<SocketAddr> {
    let alone = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    hop.parse().ok().or_else(|| Some(SocketAddr::new(alone.parse().ok()?, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let headers = forwarded.iter().map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()));
        let headers = headers.fold(HeaderMap::new(), |mut headers, (name, value): (axum::http::HeaderName, _)| {
            headers.append(name, value);
            headers
        });
        client_of(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_proxy_is_believed_where_it_is_trusted() {
        assert_eq!(client("127.0.0.1:1", &["203.0.113.5"]), "203.0.113.5:0");
        assert_eq!(client("127.0.0.1:1", &["203.0.113.5:4000"]), "203.0.113.5:4000");
        assert_eq!(client("127.0.0.1:1", &["[2001:db8::1]"]), "[2001:db8::1]:0");
        assert_eq!(client("127.0.0.1:1", &["2001:db8::1, 10.9.9.9"]), "[2001:db8::1]:0");
        assert_eq!(client("127.0.0.1:1", &["203.0.113.5", "10.9.9.9"]), "203.0.113.5:0");
        assert_eq!(client("192.0.2.9:1", &["203.0.113.5"]), "192.0.2.9:1", "not one of ours");
        assert_eq!(client("127.0.0.1:1", &[]), "127.0.0.1:1");
    }

    #[test]
    fn what_a_client_makes_up_is_not_believed() {
        assert_eq!(client("127.0.0.1:1", &["127.0.0.1, 203.0.113.5"]), "203.0.113.5:0");
        assert_eq!(client("127.0.0.1:1", &["127.0.0.1", "203.0.113.5"]), "203.0.113.5:0");
        assert_eq!(client("127.0.0.1:1", &["203.0.113.5, unknown"]), "127.0.0.1:1");
        assert_eq!(client("10.0.0.1:1", &["198.51.100.1, x, 10.0.0.2"]), "10.0.0.2:0");
    }
}
