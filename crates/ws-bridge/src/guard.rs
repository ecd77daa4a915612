//! Who may watch, how many at a time, and who may change cameras.

use std::net::{IpAddr, SocketAddr};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use cameracast_config::Network;

use crate::access::{Access, Right};
use crate::options::Options;
use crate::places::{Full, Most, Place, Places};
use crate::proxies;
use crate::routes::ClientAddress;

/// A browser's page that is neither ours nor listed wants a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page from {origin:?} may not connect to {host:?}: only this bridge's own page, or origins that it lists")]
pub(crate) struct ForeignOrigin {
    origin: String,
    host: String,
}

/// Why somebody may not change cameras.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoControl {
    #[error("cameras can be changed from the machine of the bridge only, and this request comes from {0}")]
    Remote(SocketAddr),
    #[error(
        "cameras can be changed from the machine of the bridge only, and it is not known where this request comes from"
    )]
    Unknown,
    #[error("cameras can be changed from the machine of the bridge only, and this request was forwarded ({0})")]
    Forwarded(String),
    #[error(transparent)]
    Foreign(#[from] ForeignOrigin),
    /// A name that was pointed at this machine would make any page one of this machine's own (DNS rebinding).
    #[error(
        "a page may change cameras if it was opened at localhost or a loopback address, not at {0:?}, or if its origin is listed"
    )]
    Renamed(String),
    #[error("a token is needed to change cameras: send Authorization: Bearer, or open the page with ?token=")]
    NoToken,
    #[error("this token lets one watch, and not change cameras: that takes the control token")]
    ViewToken,
}

/// Connections that speak HTTP at a time, beyond the places for viewers.
const SPARE_CONNECTIONS: usize = 256;
/// The same of one address, where places for viewers of one address are limited: a browser opens several for a page.
const SPARE_OF_ADDRESS: usize = 16;

#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    viewers: Places,
    connections: Places,
    trust: RwLock<Trust>,
}

/// Whose word counts.
#[derive(Debug)]
struct Trust {
    /// The origins whose pages are welcome.
    origins: Vec<String>,
    /// The proxies that say truly who a client is.
    proxies: Vec<Network>,
}

impl Guard {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            access: Access::new(options.tokens.clone()),
            viewers: Places::new(most_viewers(options)),
            connections: Places::new(most_connections(options)),
            trust: RwLock::new(Trust::of(options)),
        }
    }

    /// Other tokens, places, origins and proxies hold from now on. Nobody who is there has to go.
    pub(crate) fn follow(&self, options: &Options) {
        self.access.follow(options.tokens.clone());
        self.viewers.limit(most_viewers(options));
        self.connections.limit(most_connections(options));
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Trust::of(options);
    }

    /// Who sent a request that came from `peer`.
    pub(crate) fn client_of(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        proxies::client_of(peer, headers, &self.trust().proxies)
    }

    /// A connection's place, until it is dropped. A proxy that is trusted stands for many, who are told apart later.
    pub(crate) fn connect(&self, peer: SocketAddr) -> Result<Place, Full> {
        let alone = Some(peer.ip()).filter(|ip| !proxies::is_trusted(*ip, &self.trust().proxies));
        self.connections.enter(alone)
    }

    /// A viewer's place, until it is dropped.
    pub(crate) fn enter(&self, address: Option<SocketAddr>) -> Result<Place, Full> {
        self.viewers.enter(address.map(|address| address.ip()))
    }

    /// Lets through who may change cameras: by the control token where there is one, and otherwise who sits at this
    /// machine.
    pub(crate) fn may_control(&self, request: &Request) -> Result<(), NoControl> {
        if !self.access.guards_control() {
            return self.check_control(request.headers(), ClientAddress::of(request));
        }
        match Right::of(request) {
            Some(Right::Control) => Ok(self.check_origin(request.headers())?),
            Some(Right::View) => Err(NoControl::ViewToken),
            None => Err(NoControl::NoToken),
        }
    }

    /// Lets through requests of programs, which send no `Origin`, and of pages that came from where the request goes.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), ForeignOrigin> {
        let Some(origin) = lower_case(headers, &header::ORIGIN) else { return Ok(()) };
        let host = lower_case(headers, &header::HOST).unwrap_or_default();
        let fine = self.lists(&origin) || is_same_place(&origin, &host);
        if fine { Ok(()) } else { Err(ForeignOrigin { origin, host }) }
    }

    fn lists(&self, origin: &str) -> bool {
        self.trust().origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
    }

    fn trust(&self) -> RwLockReadGuard<'_, Trust> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets through who sits at this machine: a loopback address, no proxy in between, no page from elsewhere.
    pub(crate) fn check_control(&self, headers: &HeaderMap, address: Option<SocketAddr>) -> Result<(), NoControl> {
        let address = address.ok_or(NoControl::Unknown)?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(NoControl::Remote(address));
        }
        let is_forwarded = |name: &str| name == "forwarded" || name.starts_with("x-forwarded-");
        if let Some(name) = headers.keys().map(|name| name.as_str()).find(|name| is_forwarded(name)) {
            return Err(NoControl::Forwarded(name.to_owned()));
        }
        self.check_origin(headers)?;
        // A page's own GET has no `Origin`, but is to be told what its changes will be answered.
        let referer = || Some(origin_of(&lower_case(headers, &header::REFERER)?).to_owned());
        let page = lower_case(headers, &header::ORIGIN).or_else(referer);
        match (page, lower_case(headers, &header::HOST)) {
            (Some(page), Some(host)) if !self.lists(&page) && !is_loopback(&host) => Err(NoControl::Renamed(host)),
            _ => Ok(()),
        }
    }
}

impl Trust {
    fn of(options: &Options) -> Self {
        let origins = options.allowed_origins.iter().chain(&options.public_url).map(|url| origin_of(url).to_owned());
        Self { origins: origins.collect(), proxies: options.trusted_proxies.clone() }
    }
}

fn most_viewers(options: &Options) -> Most {
    Most { altogether: options.max_clients, of_address: options.max_clients_per_address }
}

/// Connections that speak HTTP; pictures may be streamed over each, which has one of the viewers' places from then on.
fn most_connections(options: &Options) -> Most {
    let of_address = options.max_clients_per_address.map(|most| most.saturating_add(SPARE_OF_ADDRESS));
    Most { altogether: options.max_clients.saturating_add(SPARE_CONNECTIONS), of_address }
}

/// How many connections of clients there can be at a time.
pub(crate) fn all_connections(options: &Options) -> usize {
    most_connections(options).altogether.saturating_add(options.max_clients)
}

fn lower_case(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
}

/// Whether a `Host` is this machine's own name for itself, which no name server can give to another.
fn is_loopback(host: &str) -> bool {
    let (name, _) = name_and_port(host, "");
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// `https://example.com` of `https://example.com:443/cams/`: browsers leave out the port of the scheme.
fn origin_of(url: &str) -> &str {
    let place = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(place..).and_then(|rest| rest.find('/')).map_or(url.len(), |length| place + length);
    let origin = url.get(..end).unwrap_or(url);
    let port = if origin.to_ascii_lowercase().starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(port).unwrap_or(origin)
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
    use axum::body::Body;
    use cameracast_config::{Secret, Tokens};

    use super::*;

    fn guard() -> Guard {
        Guard::new(&Options::default())
    }

    fn allows(guard: &Guard, origin: &str, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        headers.insert(header::HOST, host.parse().unwrap());
        guard.check_origin(&headers).is_ok()
    }

    #[test]
    fn our_own_page_may_connect_however_it_was_addressed() {
        let guard = guard();
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
        let guard = guard();
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
        let guard = Guard::new(&Options {
            allowed_origins: vec!["https://wall.example:8443".into()],
            public_url: Some("https://Cams.example:443/wall/".into()),
            ..Options::default()
        });
        assert!(allows(&guard, "https://Wall.example:8443", "192.0.2.7:8765"));
        assert!(!allows(&guard, "https://wall.example", "192.0.2.7:8765"));
        assert!(allows(&guard, "https://cams.example", "10.0.0.7:8765"), "that of public_url");
        assert_eq!(guard.check_origin(&HeaderMap::new()), Ok(()));
    }

    #[test]
    fn other_pages_are_listed_while_it_runs() {
        let guard = guard();
        assert!(!allows(&guard, "https://wall.example", "192.0.2.7:8765"));
        guard.follow(&Options { allowed_origins: vec!["https://wall.example".into()], ..Options::default() });
        assert!(allows(&guard, "https://wall.example", "192.0.2.7:8765"));
    }

    #[test]
    fn cameras_are_changed_from_this_machine_only() {
        let guard = guard();
        let check = |address: &str, headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            guard.check_control(&headers, Some(address.parse().unwrap()))
        };
        for address in ["127.0.0.1:4000", "127.8.8.8:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"] {
            assert_eq!(check(address, &[]), Ok(()), "{address}");
        }
        let own_page = [("host", "localhost:8765"), ("origin", "http://localhost:8765")];
        assert_eq!(check("127.0.0.1:4000", &own_page), Ok(()));

        assert!(matches!(check("192.0.2.9:4000", &own_page), Err(NoControl::Remote(_))));
        assert!(matches!(check("[2001:db8::1]:4000", &[]), Err(NoControl::Remote(_))));
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] {
            assert_eq!(check("127.0.0.1:4000", &[(name, "127.0.0.1")]), Err(NoControl::Forwarded(name.into())));
        }
        let foreign = [("host", "localhost:8765"), ("origin", "http://evil.example")];
        assert!(matches!(check("127.0.0.1:4000", &foreign), Err(NoControl::Foreign(_))));
        assert_eq!(check("127.0.0.1:4000", &[("host", "capture-box:8765")]), Ok(()), "a program");
        assert_eq!(guard.check_control(&HeaderMap::new(), None), Err(NoControl::Unknown));
    }

    #[test]
    fn a_name_pointed_at_this_machine_makes_no_page_one_of_its_own() {
        let check = |host: &str, listed: &[&str]| {
            let guard = Guard::new(&Options {
                allowed_origins: listed.iter().map(|origin| (*origin).to_owned()).collect(),
                ..Options::default()
            });
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            headers.insert(header::ORIGIN, format!("http://{host}").parse().unwrap());
            guard.check_control(&headers, Some(([127, 0, 0, 1], 4000).into()))
        };
        for host in ["localhost:8765", "LOCALHOST", "cams.localhost:8765", "127.0.0.1:8765", "127.8.8.8", "[::1]:8765"]
        {
            assert_eq!(check(host, &[]), Ok(()), "{host}");
        }
        for host in ["evil.example:8765", "127.0.0.1.evil.example", "192.0.2.7:8765", "[2001:db8::1]:8765"] {
            assert_eq!(check(host, &[]), Err(NoControl::Renamed(host.into())), "{host}");
        }
        assert_eq!(check("wall.example:8765", &["http://wall.example:8765"]), Ok(()));
    }

    #[test]
    fn a_page_is_told_by_its_status_what_its_changes_will_be_answered() {
        let check = |host: &str| {
            let page = format!("http://{host}/cams/?fps=5");
            let headers = [(header::HOST, host), (header::REFERER, &page)];
            let headers = headers.map(|(name, value)| (name, value.parse().unwrap())).into_iter().collect();
            let allowed_origins = vec!["http://wall.example".into()];
            Guard::new(&Options { allowed_origins, ..Options::default() })
                .check_control(&headers, Some(([127, 0, 0, 1], 4000).into()))
        };
        assert_eq!(check("localhost:8765"), Ok(()));
        assert_eq!(check("wall.example"), Ok(()));
        assert_eq!(check("capture-box:8765"), Err(NoControl::Renamed("capture-box:8765".into())));
    }

    #[test]
    fn with_a_control_token_cameras_are_changed_by_it_alone_and_from_anywhere() {
        let tokens = Tokens { view: None, control: Secret::new("turn") };
        let guard = Guard::new(&Options { tokens, ..Options::default() });
        let may = |address: &str, right: Option<Right>, origin: Option<&str>| {
            let mut request =
                Request::post("/api/camera/stop").header(header::HOST, "cams.example").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ClientAddress(address.parse().unwrap()));
            right.map(|right| request.extensions_mut().insert(right));
            origin.map(|origin| request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap()));
            guard.may_control(&request)
        };
        let (here, elsewhere) = ("127.0.0.1:4000", "192.0.2.9:4000");
        for address in [here, elsewhere] {
            assert_eq!(may(address, Some(Right::Control), None), Ok(()));
            assert_eq!(may(address, Some(Right::Control), Some("http://cams.example")), Ok(()));
            assert_eq!(may(address, Some(Right::View), None), Err(NoControl::ViewToken));
            assert_eq!(may(address, None, None), Err(NoControl::NoToken));
        }
        let foreign = may(here, Some(Right::Control), Some("http://evil.example"));
        assert!(matches!(foreign, Err(NoControl::Foreign(_))));
    }
}
