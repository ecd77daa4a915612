//! Who may watch, and how many at a time.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A browser's page that is neither ours nor listed wants a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page from {origin:?} may not connect to {host:?}: only this bridge's own page, or origins that it lists")]
pub(crate) struct ForeignOrigin {
    origin: String,
    host: String,
}

#[derive(Debug)]
pub(crate) struct Guard {
    viewers: Arc<Semaphore>,
    allowed_origins: Vec<String>,
}

impl Guard {
    pub(crate) fn new(max_viewers: usize, allowed_origins: Vec<String>) -> Self {
        let viewers = Arc::new(Semaphore::new(max_viewers.min(Semaphore::MAX_PERMITS)));
        Self { viewers, allowed_origins }
    }

    /// A viewer's place, until it is dropped; `None` when all are taken.
    pub(crate) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.viewers.clone().try_acquire_owned().ok()
    }

    /// Lets through requests of programs, which send no `Origin`, and of pages that came from where the request goes.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), ForeignOrigin> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
        let host = headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).to_ascii_lowercase());
        let host = host.unwrap_or_default();
        let listed = self.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(&origin));
        if listed || is_same_place(&origin, &host) { Ok(()) } else { Err(ForeignOrigin { origin, host }) }
    }
}

/// Whether a page from `origin` came from `host`; a port that is left out is the one of the origin's scheme.
fn is_same_place(origin: &str, host: &str) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else { return false };
    let default_port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    !host.is_empty() && name_and_port(place, default_port) == name_and_port(host, default_port)
}

fn name_and_port<'a>(place: &'a str, default_port: &'a str) -> (&'a str, &'a str) {
    match place.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (place, default_port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(guard: &Guard, origin: &str, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        headers.insert(header::HOST, host.parse().unwrap());
        guard.check_origin(&headers).is_ok()
    }

    #[test]
    fn our_own_page_may_connect_however_it_was_addressed() {
        let guard = Guard::new(1, vec![]);
        for (origin, host) in [
            ("http://192.0.2.7:8765", "192.0.2.7:8765"),
            ("http://localhost:8765", "LOCALHOST:8765"),
            ("http://[::1]:8765", "[::1]:8765"),
            ("http://cams.example", "cams.example"),
            ("http://cams.example", "cams.example:80"),
            ("https://cams.example", "cams.example:443"),
            ("https://cams.example:443", "cams.example"),
            ("http://[2001:db8::1]", "[2001:db8::1]:80"),
        ] {
            assert!(allows(&guard, origin, host), "{origin} at {host}");
        }
    }

    #[test]
    fn other_pages_may_not() {
        let guard = Guard::new(1, vec![]);
        for (origin, host) in [
            ("http://evil.example", "192.0.2.7:8765"),
            ("http://192.0.2.7", "192.0.2.7:8765"),
            ("http://192.0.2.7:9000", "192.0.2.7:8765"),
            ("http://192.0.2.7:8765.evil.example", "192.0.2.7:8765"),
            ("null", "192.0.2.7:8765"),
            ("", ""),
            ("http://", ""),
            ("file://192.0.2.7:8765", "192.0.2.7:8765"),
        ] {
            assert!(!allows(&guard, origin, host), "{origin} at {host}");
        }
    }

    #[test]
    fn listed_pages_and_programs_may() {
        let guard = Guard::new(1, vec!["https://wall.example:8443".into()]);
        assert!(allows(&guard, "https://Wall.example:8443", "192.0.2.7:8765"));
        assert!(!allows(&guard, "https://wall.example", "192.0.2.7:8765"));
        assert_eq!(guard.check_origin(&HeaderMap::new()), Ok(()));
    }

    #[test]
    fn only_so_many_may_at_a_time() {
        let guard = Guard::new(2, vec![]);
        let (first, second) = (guard.enter(), guard.enter());
        assert!(first.is_some() && second.is_some() && guard.enter().is_none());
        drop(first);
        assert!(guard.enter().is_some());
    }
}
