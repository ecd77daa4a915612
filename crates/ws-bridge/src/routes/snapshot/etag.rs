//! Which picture a client has already (RFC 9110, 8.8.3 and 13.1.2).

use std::fmt;

use axum::http::{HeaderMap, header};

use crate::camera::Newest;
use crate::small_frame::Pixels;

/// The same bytes have the same one, and never others: it names the bridge's life, camera, bundle and size.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ETag(String);

impl ETag {
    pub(super) fn new(life: u64, newest: &Newest, size: Option<Pixels>) -> Self {
        let (camera, number) = (newest.frame.camera_id, newest.published.number);
        Self(match size {
            None => format!("\"{life:x}-{camera}-{number}\""),
            Some(size) => format!("\"{life:x}-{camera}-{number}-{size}\""),
        })
    }

    /// Whether the client says that it has it.
    pub(super) fn is_known(&self, headers: &HeaderMap) -> bool {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut tags = known.flat_map(|list| list.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_bundles::{FRONT, two_grabbers};

    #[test]
    fn each_life_camera_frame_and_size_has_its_own() {
        let scene = two_grabbers().after(FRONT, 0, &[0, 1]);
        let later = scene.after(FRONT, 1, &[0]);
        let newest = |id| scene.cameras[&id].newest.as_ref().unwrap();
        let small = Pixels { width: 320, height: 240 };
        let tags = [
            ETag::new(1, newest(0), None),
            ETag::new(2, newest(0), None),
            ETag::new(1, newest(1), None),
            ETag::new(1, later.cameras[&0].newest.as_ref().unwrap(), None),
            ETag::new(1, newest(0), Some(small)),
            ETag::new(1, newest(0), Some(Pixels { height: 320, ..small })),
        ];
        for (place, tag) in tags.iter().enumerate() {
            assert!(tags[..place].iter().all(|other| other != tag), "{tag}");
        }
        assert_eq!(ETag::new(1, newest(0), None), tags[0]);
    }

    #[test]
    fn a_client_may_name_several_or_any() {
        let tag = ETag("\"1-0-7\"".into());
        for (known, given) in [
            (true, "\"1-0-7\""),
            (true, "W/\"1-0-7\""),
            (true, "\"1-0-6\" , \"1-0-7\""),
            (true, "*"),
            (false, "\"1-0-6\""),
            (false, "1-0-7"),
            (false, ""),
        ] {
            let headers = [(header::IF_NONE_MATCH, given.parse().unwrap())].into_iter().collect();
            assert_eq!(tag.is_known(&headers), known, "{given}");
        }
        assert!(!tag.is_known(&HeaderMap::new()));
    }
}
