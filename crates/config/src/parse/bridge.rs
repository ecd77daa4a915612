//! `[bridge]`: where it serves, and who may look.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::kinds::{Hidden, Switch, Text, plain, whole};
use crate::section::Section;
use crate::{Bridge, Network, Secret, TlsFiles, Token};

pub(super) fn read(s: &mut Section<'_>) -> Bridge {
    let default = Bridge::default();
    let view_token = token(s, "view_token", "view_token_file");
    let control_token = token(s, "control_token", "control_token_file");
    if let (Some(Token::Here(view)), Some(Token::Here(control))) = (&view_token, &control_token)
        && view == control
    {
        s.problem("control_token", "control_token is the view_token too: whoever may watch could change cameras");
    }
    Bridge {
        listen: s.take("listen", LISTEN).unwrap_or(default.listen),
        max_clients: s.take("max_clients", CLIENTS).unwrap_or(default.max_clients),
        max_clients_per_address: s.take("max_clients_per_address", CLIENTS),
        max_bundle_mib: s.take("max_bundle_mib", whole(1..=1024, "MiB")).unwrap_or(default.max_bundle_mib),
        view_token,
        control_token,
        tls: tls(s),
        allowed_origins: s.list("allowed_origins", ORIGIN, "origins").unwrap_or_default(),
        cors: s.take("cors", Switch).unwrap_or(default.cors),
        trusted_proxies: s.list("trusted_proxies", NETWORK, "addresses").unwrap_or_default(),
        public_url: s.take("public_url", URL),
    }
}

fn token(s: &mut Section<'_>, here: &'static str, in_file: &'static str) -> Option<Token> {
    if s.has(here) && s.has(in_file) {
        s.refuse(in_file, format!("{in_file} stands instead of {here}, not beside it"));
    }
    let token = s.take(here, Hidden(TOKEN)).map(Token::Here);
    token.or_else(|| s.take(in_file, FILE).map(Token::In))
}

fn tls(s: &mut Section<'_>) -> Option<TlsFiles> {
    for (one, other) in [("tls_cert", "tls_key"), ("tls_key", "tls_cert")] {
        if s.has(one) && !s.has(other) {
            s.problem(one, format!("{one} needs {other} beside it"));
        }
    }
    let (cert, key) = (s.take("tls_cert", FILE), s.take("tls_key", FILE));
    Some(TlsFiles { cert: cert?, key: key? })
}

const CLIENTS: crate::kinds::Whole<usize> = whole(1..=1_000_000, "");

const LISTEN: Text<SocketAddr> = Text {
    expected: "an IP address with a port, such as \"0.0.0.0:8765\" or \"[::]:8765\",",
    read: |text| text.parse().ok(),
};

const TOKEN: Text<Secret> = Text { expected: "text of 1 to 256 visible ASCII characters", read: Secret::new };

const FILE: Text<PathBuf> = Text { expected: "the path of a file", read: |text| plain(text).map(PathBuf::from) };

const NETWORK: Text<Network> = Text {
    expected: "an IP address or a network, such as \"192.0.2.1\" or \"10.0.0.0/8\",",
    read: |text| text.parse().ok(),
};

const ORIGIN: Text<String> = Text {
    expected: "an origin as browsers name it, such as \"https://example.com:8443\",",
    read: |text| place_in(text).filter(|(_, path)| path.is_empty()).map(|_| text.to_ascii_lowercase()),
};

const URL: Text<String> = Text {
    expected: "an address that begins with http:// or https://, such as \"https://example.com/cams/\",",
    read: |text| place_in(text).filter(|(_, path)| !path.contains(['?', '#'])).map(|_| text.to_owned()),
};

/// Host with port, and path.
fn place_in(url: &str) -> Option<(&str, &str)> {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let (scheme, rest) = url.split_once("://").filter(|_| plain)?;
    let (place, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    (is_web && !place.is_empty() && !place.contains(['@', '*'])).then_some((place, path))
}
