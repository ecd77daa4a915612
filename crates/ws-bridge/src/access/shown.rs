//! The token that a request shows: in `Authorization: Bearer`, as `?token=`, or in the page's cookie. Pure.

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const KEY: &str = "token";

/// Where a token stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Header,
    Query,
    Cookie,
}

/// What a request shows. There are several where a browser has cookies of several folders.
#[derive(PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) tokens: Vec<Vec<u8>>,
    pub(crate) by: By,
}

impl Shown {
    /// Takes the token out of the request: behind here its address can be logged and shown. Of several ways the one that
    /// was chosen for this very request counts.
    pub(crate) fn take(request: &mut Request) -> Option<Self> {
        let in_query = take_from_query(request);
        let bearer = request.headers_mut().remove(header::AUTHORIZATION).and_then(|value| bearer(&value));
        let (tokens, by) = match (bearer, in_query) {
            (Some(token), _) => (vec![token], By::Header),
            (None, Some(token)) if !token.is_empty() => (vec![token], By::Query),
            (None, _) => (in_cookies(request.headers()), By::Cookie),
        };
        (!tokens.is_empty()).then_some(Self { tokens, by })
    }
}

fn bearer(value: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii().to_vec())
}

fn take_from_query(request: &mut Request) -> Option<Vec<u8>> {
    let (rest, token) = without_token(request.uri())?;
    *request.uri_mut() = rest;
    if let Some(OriginalUri(original)) = request.extensions_mut().get_mut()
        && let Some((rest, _)) = without_token(original)
    {
        *original = rest;
    }
    Some(token)
}

/// The address without its token, and the token; `None` where there is none.
fn without_token(uri: &Uri) -> Option<(Uri, Vec<u8>)> {
    let is_token = |pair: &&str| pair.split('=').next() == Some(KEY);
    let query = uri.query()?;
    let token = query.split('&').find(is_token)?;
    let rest: Vec<_> = query.split('&').filter(|pair| !is_token(pair)).collect();
    let mark = if rest.is_empty() { "" } else { "?" };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}{mark}{}", uri.path(), rest.join("&")).parse().ok();
    let value = token.split_once('=').map_or("", |(_, value)| value);
    Some((Uri::from_parts(parts).unwrap_or_default(), percent_decoded(value)))
}

/// A + stands for itself: a token has no spaces.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                decoded.push(b'%');
                decoded.extend_from_slice(part.as_bytes());
            }
        }
    }
    decoded
}

fn in_cookies(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let name = cookie_name(headers);
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let cookies = values.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.filter(|(key, _)| *key == name).filter_map(|(_, value)| URL_SAFE_NO_PAD.decode(value).ok()).collect()
}

/// A cookie that shows the token from now on, until the browser is closed; `secure`: over HTTPS alone. It has no path of
/// its own and so belongs to the folder of the page, whatever a proxy makes of that. `Strict` would leave it out on the
/// way from a link elsewhere, with the redirect behind it.
pub(crate) fn cookie(headers: &HeaderMap, shown: &Shown, secure: bool) -> Option<HeaderValue> {
    let value = URL_SAFE_NO_PAD.encode(shown.tokens.first()?);
    let secure = if secure { "; Secure" } else { "" };
    let mut cookie =
        HeaderValue::try_from(format!("{}={value}; HttpOnly; SameSite=Lax{secure}", cookie_name(headers))).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

/// Browsers keep cookies by host, and of two bridges on one host each has its own token: the port tells them apart.
fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => format!("cameracast_{port}"),
        _ => "cameracast".into(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request {
        let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).unwrap()
    }

    /// What is shown and how, and the address that is left.
    fn taken(uri: &str, headers: &[(&str, &str)]) -> (Option<(Vec<String>, By)>, String) {
        let mut request = request(uri, headers);
        let shown = Shown::take(&mut request).map(|shown| {
            let tokens = shown.tokens.into_iter().map(|token| String::from_utf8(token).unwrap());
            (tokens.collect(), shown.by)
        });
        assert!(!request.headers().contains_key("authorization"));
        (shown, request.uri().to_string())
    }

    fn one(token: &str, by: By) -> Option<(Vec<String>, By)> {
        Some((vec![token.into()], by))
    }

    #[test]
    fn a_token_is_taken_from_wherever_it_stands() {
        let cookie = ("cookie", "a=b; cameracast_8765=c2VlLW1l; cameracast=eA; other=c2VlLW1l");
        let host = ("host", "[::1]:8765");
        for (uri, headers, shown, left) in [
            ("/", vec![], None, "/"),
            ("/?fps=5", vec![("authorization", "Basic c2VlLW1l")], None, "/?fps=5"),
            ("/", vec![("authorization", "bearer  see-me")], one("see-me", By::Header), "/"),
            ("/?token=x&fps=5", vec![("authorization", "Bearer see-me")], one("see-me", By::Header), "/?fps=5"),
            ("/?token=see-me", vec![host, cookie], one("see-me", By::Query), "/"),
            ("/a?fps=5&token=s%65e%2Bm+%&cameras=0,2", vec![], one("see+m+%", By::Query), "/a?fps=5&cameras=0,2"),
            ("/?token=", vec![], None, "/"),
            ("/?tokens=x", vec![], None, "/?tokens=x"),
            ("/", vec![host, cookie], one("see-me", By::Cookie), "/"),
            ("/", vec![cookie], one("x", By::Cookie), "/"),
        ] {
            assert_eq!(taken(uri, &headers), (shown, left.into()), "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_second_token_is_left_out_of_the_address_too() {
        assert_eq!(taken("/?token=a&token=b", &[]), (one("a", By::Query), "/".into()));
    }

    #[test]
    fn a_cookie_shows_what_was_shown_before() {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("cams.example:8443"))]);
        let token = "a;b,c=\"d\"\\%~";
        let shown = Shown { tokens: vec![token.into()], by: By::Query };
        let set = cookie(&headers, &shown, true).unwrap();
        assert!(!format!("{set:?}").contains("cameracast"), "it is not shown");
        let set = set.to_str().unwrap();
        let (cookie, attributes) = set.split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure");
        assert_eq!(taken("/", &[("host", "cams.example:8443"), ("cookie", cookie)]).0, one(token, By::Cookie));
        assert_eq!(taken("/", &[("host", "cams.example:8444"), ("cookie", cookie)]).0, None);
    }
}
