//! Requests to the bridge, and what viewers say. A request is text: method and address in the first line, then headers,
//! then an empty line and a body. No request fails by our own fault, and each that is refused is told why in a line; without
//! the token nothing is shown; nobody from elsewhere changes a camera; and what is read of addresses and texts is within
//! its range.
#![no_main]

mod faces;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use faces::{Answer, Faces};
use frame_bundle::control::{self, FromBridge, Settings};
use libfuzzer_sys::fuzz_target;
use ws_bridge::{ClientAddress, fuzzing};

/// Where a request comes from, unless a proxy that is trusted says otherwise.
const PROXY: ([u8; 4], u16) = ([127, 0, 0, 1], 4000);

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    said(body);
    let Some(asked) = request(head, body) else { return };
    read(&asked);

    Faces::with(|faces| {
        let is_write = asked.method() == Method::POST;
        let here = asked.extensions().get::<ClientAddress>().is_some_and(|client| client.0.ip().is_loopback());
        let open = faces.open(request(head, body).expect("it could be made before"));
        if let Some(answer) = &open {
            check(answer, asked.method());
            // Ours to refuse: where a camera were asked, it would be missed here, which is no mistake of the client's.
            assert!(here || !is_write || answer.status.is_client_error(), "{asked:?} is not refused");
        }
        let path = asked.uri().path().to_owned();
        if let Some(answer) = faces.guarded(asked) {
            let shows = answer.status.is_success() || answer.status.is_redirection();
            assert!(!shows || ["/healthz", "/readyz"].contains(&path.as_str()), "{path} is shown without a token");
        }
    });
});

/// The request of a text; its address is that of who sent it.
fn request(head: &str, body: &str) -> Option<Request> {
    let mut lines = head.lines();
    let (method, uri) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(uri).body(Body::from(body.to_owned())).ok()?;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        request.headers_mut().append(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?);
    }
    let trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().expect("a network"));
    let client = fuzzing::client_of(PROXY.into(), request.headers(), &trusted);
    assert_eq!(fuzzing::client_of(PROXY.into(), request.headers(), &[]), PROXY.into(), "nobody is trusted");
    if !request.headers().contains_key("x-forwarded-for") {
        assert_eq!(client, PROXY.into());
    }
    request.extensions_mut().insert(ClientAddress(client));
    Some(request)
}

fn check(answer: &Answer, method: &Method) {
    assert_ne!(answer.status.as_u16(), 500);
    let refused = answer.status.is_client_error() || answer.status.is_server_error();
    if refused && *method != Method::HEAD {
        let sentence = std::str::from_utf8(&answer.body).expect("a sentence is text");
        assert!(!sentence.trim().is_empty(), "{} without a word", answer.status);
    }
}

/// What is read of an address.
fn read(request: &Request) {
    let uri = request.uri();
    let in_range = |fps: Option<f64>| fps.is_none_or(|fps| (0.01..=1000.0).contains(&fps));
    match fuzzing::asked(uri) {
        Ok((_, fps, every)) => assert!(in_range(fps) && !(every && fps.is_some())),
        Err(sentence) => assert!(!sentence.is_empty()),
    }
    assert!(fuzzing::pace_of(uri).is_ok_and(in_range) || fuzzing::pace_of(uri).is_err());

    let mut request = Request::builder().uri(uri).body(Body::empty()).expect("the address was taken before");
    let tokens = fuzzing::take_tokens(&mut request);
    let left = request.uri();
    let query = left.query().unwrap_or_default();
    assert!(!query.split('&').any(|pair| pair.split('=').next() == Some("token")), "{left} still shows its token");
    assert_eq!(left.path(), uri.path());
    if tokens.is_none() && !uri.query().unwrap_or_default().contains("token") {
        assert_eq!(left, uri);
    }
}

/// What viewers and requests say.
fn said(text: &str) {
    if let Ok((set, fps)) = fuzzing::camera_config(text) {
        can_be_passed_on(set);
        assert!(fps.is_none_or(|fps| (0.01..=1000.0).contains(&fps)));
    }
    if let Ok(set) = fuzzing::camera_settings(text.as_bytes()) {
        can_be_passed_on(set);
    }
    if let Some(answer) = fuzzing::answer_time(text) {
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("viewers are sent JSON");
        let asked: serde_json::Value = serde_json::from_str(text).expect("it was read before");
        assert_eq!((&answer["t0"], &answer["type"]), (&asked["t0"], &"time".into()));
    }
}

/// To the grabber, which reads the same.
fn can_be_passed_on(set: Settings) {
    let request = FromBridge::Configure { request: 1, camera: 2, set };
    let written = control::write(&request).expect("it can be written");
    assert_eq!(control::read::<FromBridge>(&written).expect("it can be read"), request);
}
