//! What every request has to pass: whoever guards the view with a token is asked for it here, before any face.

use std::time::Instant;

use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

use super::refusal::{challenge, later};
use super::{ClientAddress, control, only_reads, page, refuse};
use crate::access::{By, Shown, TooMany, cookie};
use crate::bridge::Bridge;
use crate::log_limit::LogLimit;
use crate::refusals::Reason;
use crate::websocket::asks_for_websocket;

/// For whoever watches over the process, and sees no pictures there.
const OPEN_TO_ALL: [&str; 2] = ["/healthz", "/readyz"];
const PAGE: [&str; 2] = ["/", "/index.html"];

const MISSING: &str = "a token is needed to watch: open the page with ?token=, or send Authorization: Bearer";
const MISSING_FOR_CONTROL: &str = "the control token is needed to change cameras: send Authorization: Bearer";
const WRONG: &str = "this token is not the right one: see view_token and control_token in the bridge's configuration";

static WRONG_TOKENS: LogLimit = LogLimit::new(1);

/// Lets a request through, with its `Right` among its extensions and without its token.
pub(crate) async fn admit(State(bridge): State<Bridge>, mut request: Request, next: Next) -> Response {
    let access = &bridge.guard.access;
    if !access.has_tokens() || OPEN_TO_ALL.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let shown = Shown::take(&mut request);
    let right = shown.as_ref().and_then(|shown| access.right_of(shown));
    if let Some(shown) = &shown {
        let address = ClientAddress::of(&request);
        if right.is_none() {
            bridge.refusals.count(Reason::WrongToken);
        }
        match access.wait(address.map(|address| address.ip()), right.is_some(), Instant::now()) {
            Ok(wait) if wait.is_zero() => {}
            Ok(wait) => sleep(wait).await,
            Err(too_many) => return try_later(too_many),
        }
        if right.is_none() {
            if let Some(held_back) = WRONG_TOKENS.allows(Instant::now()) {
                tracing::warn!(address = address.map(tracing::field::display), held_back, "wrong token");
            }
            // A cookie is sent by the browser alone: an old one is as good as none.
            if shown.by != By::Cookie {
                return ask_for_token(&request, WRONG);
            }
        }
        if let Some(right) = right {
            if shown.by == By::Query && asks_for_page(&request) {
                return lead_to_page(&request, shown, bridge.current().is_https());
            }
            request.extensions_mut().insert(right);
        }
    }
    if right.is_none() && access.guards_view() {
        return ask_for_token(&request, if shown.is_some() { WRONG } else { MISSING });
    }
    next.run(request).await
}

fn asks_for_page(request: &Request) -> bool {
    only_reads(request) && PAGE.contains(&request.uri().path()) && !asks_for_websocket(request.headers())
}

/// The token moves from the address, where everybody can read it, into a cookie.
fn lead_to_page(request: &Request, shown: &Shown, secure: bool) -> Response {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let original = request.extensions().get::<OriginalUri>();
    let location = original.and_then(|original| page::with_slash(original)).filter(|_| request.uri().path() == "/");
    let mut response = StatusCode::SEE_OTHER.into_response();
    let told = [
        (header::LOCATION, HeaderValue::try_from(location.unwrap_or(format!("./{query}"))).ok()),
        (header::SET_COOKIE, cookie(request.headers(), shown, secure)),
        (header::CACHE_CONTROL, Some(HeaderValue::from_static("no-store"))),
        (HeaderName::from_static("referrer-policy"), Some(HeaderValue::from_static("no-referrer"))),
    ];
    response.headers_mut().extend(told.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}

fn ask_for_token(request: &Request, sentence: &'static str) -> Response {
    let path = request.uri().path();
    let is_control = path.starts_with("/api/camera/") || path == "/api/reload";
    let for_control = if sentence == MISSING { MISSING_FOR_CONTROL } else { sentence };
    let response = match is_control {
        true => control::refused(StatusCode::UNAUTHORIZED, for_control.into()),
        false => refuse(StatusCode::UNAUTHORIZED, sentence),
    };
    challenge(response, sentence == WRONG)
}

fn try_later(too_many: TooMany) -> Response {
    let sentence = "too many wrong tokens came from your address: try again later";
    later(StatusCode::TOO_MANY_REQUESTS, sentence, too_many.retry_after)
}
