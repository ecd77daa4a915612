//! The viewer page and what it loads, embedded. Its own links are relative, so it works under any path.

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::bridge::Bridge;

macro_rules! embed {
    ($($name:literal)*) => { &[$(($name, include_bytes!(concat!("../../viewer/", $name)))),*] };
}

/// The page, and what it loads from beside it.
const FILES: &[(&str, &[u8])] = embed! {
    "index.html"
    "actions.mjs"
    "address.mjs"
    "announce.mjs"
    "backoff.mjs"
    "camera-facts.mjs"
    "camera-menu.mjs"
    "clock.mjs"
    "connection.mjs"
    "control.mjs"
    "frame-bundle.mjs"
    "fullscreen.mjs"
    "icon.svg"
    "idle.mjs"
    "layout.mjs"
    "newest.mjs"
    "not-opened.mjs"
    "page-status.mjs"
    "picture.mjs"
    "rate.mjs"
    "setting-row.mjs"
    "settings-form.mjs"
    "settings-panel.mjs"
    "settings.mjs"
    "snapshot.mjs"
    "tile.mjs"
    "time-exchange.mjs"
    "viewer.css"
    "viewer.mjs"
    "wall.mjs"
    "words.mjs"
};

/// The page, or where it is: its links lead astray where the application that we are part of shows it at a path without
/// a slash at its end. `original` is the path before the application took its part from it.
pub(crate) fn page(original: Option<&OriginalUri>) -> Response {
    let (name, bytes) = FILES[0];
    match original.and_then(|original| with_slash(original)) {
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => asset(name, bytes),
    }
}

/// The same with a slash, relative to it, so that it is right behind any proxy.
pub(super) fn with_slash(original: &Uri) -> Option<String> {
    let (_, last) = original.path().rsplit_once('/').filter(|(_, last)| !last.is_empty())?;
    let query = original.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("./{last}/{query}"))
}

pub(crate) fn assets() -> Router<Bridge> {
    FILES.iter().fold(Router::new(), |router, (name, bytes)| {
        router.route(&format!("/{name}"), get(move || std::future::ready(asset(name, bytes))))
    })
}

fn asset(name: &str, bytes: &'static [u8]) -> Response {
    // After an update of the bridge nobody may see a page of two versions.
    ([(header::CONTENT_TYPE, kind(name)), (header::CACHE_CONTROL, "no-cache")], bytes).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("mjs") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_path_that_is_no_folder_leads_to_the_one_that_is() {
        for (original, leads_to) in [
            ("/", None),
            ("/cams/", None),
            ("/cams", Some("./cams/")),
            ("/a/b:c?cameras=0,2&x", Some("./b:c/?cameras=0,2&x")),
            ("http://host/cams", Some("./cams/")),
        ] {
            assert_eq!(with_slash(&original.parse().unwrap()).as_deref(), leads_to, "{original}");
        }
    }

    #[test]
    fn every_file_of_the_page_is_served_with_its_type() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("viewer");
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let there: BTreeSet<String> = files.map(|file| file.file_name().into_string().unwrap()).collect();
        let served: BTreeSet<String> = FILES.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(served, there);
        assert!(served.iter().all(|name| kind(name) != "application/octet-stream"));
        assert_eq!(FILES[0].0, "index.html");
    }
}
