//! The query of `/api/frame`: `?max_age_ms=100&size=320x320&stretch=1`. Pure.

use std::time::Duration;

use axum::extract::Query;
use axum::http::Uri;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::small_frame::{BadSize, Fit, Size};

/// A day: who takes an older picture takes any.
const LONGEST_AGE_MS: u64 = 86_400_000;

/// The keys that mean something; others are left to whoever put them there.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Keys {
    /// How old the picture may be when the request comes, in milliseconds; a newer one is waited for, up to 5 s. Left
    /// out: whatever is there.
    #[param(value_type = Option<u32>, nullable = false, maximum = 86_400_000)]
    max_age_ms: Option<String>,
    /// WIDTHxHEIGHT in pixels, each from 16 to 4096: as large as fits into that. Left out: the picture as it came.
    #[param(schema_with = size_schema, example = "320x320")]
    size: Option<String>,
    /// 1: exactly that size, distorted where its shape differs.
    #[param(value_type = Option<u8>, nullable = false, maximum = 1, default = 0)]
    stretch: Option<String>,
}

fn size_schema() -> Object {
    let side = "(1[6-9]|[2-9][0-9]|[1-9][0-9]{2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-6])"; // 16 to 4096
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^{side}x{side}$"))).build()
}

/// Without a wish: the newest frame as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// How old the picture may be when the request comes.
    pub(super) max_age: Option<Duration>,
    pub(super) size: Option<(Size, Fit)>,
}

/// What the client wants.
///
/// # Errors
/// One sentence: what is wrong, and what is allowed.
pub(super) fn parse(uri: &Uri) -> Result<Wanted, String> {
    let Query(keys) = Query::<Keys>::try_from_uri(uri).map_err(|error| format!("the query cannot be read: {error}"))?;
    let max_age = keys.max_age_ms.map(|age| parse_age(&age)).transpose()?;
    let size = keys.size.map(|size| size.parse()).transpose().map_err(|error: BadSize| error.to_string())?;
    let fit = match keys.stretch.as_deref() {
        None | Some("0") => Fit::Within,
        Some("1") => Fit::Stretch,
        Some(other) => return Err(format!("stretch={other} is not possible: 0 or 1 is")),
    };
    if fit == Fit::Stretch && size.is_none() {
        return Err("stretch=1 needs a size beside it, as in size=320x320".into());
    }
    Ok(Wanted { max_age, size: size.map(|size| (size, fit)) })
}

fn parse_age(age: &str) -> Result<Duration, String> {
    let digits = age.bytes().all(|byte| byte.is_ascii_digit()); // `parse` would take a sign as well
    let age_ms = age.parse().ok().filter(|age_ms| digits && *age_ms <= LONGEST_AGE_MS);
    age_ms.map(Duration::from_millis).ok_or_else(|| {
        format!("max_age_ms={age} is not possible: a whole number of milliseconds from 0 to {LONGEST_AGE_MS} is")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ask(query: &'static str) -> Result<Wanted, String> {
        parse(&Uri::from_static(query))
    }

    #[test]
    fn without_a_query_the_newest_frame_is_wanted_as_it_is() {
        for query in ["/api/frame", "/api/frame?", "/api/frame?t=1700000000", "/api/frame?stretch=0"] {
            assert_eq!(ask(query), Ok(Wanted::default()), "{query}");
        }
    }

    #[test]
    fn age_size_and_stretch_are_read() {
        let size = Size::new(320, 200).unwrap();
        let (size_only, stretched) = (Some((size, Fit::Within)), Some((size, Fit::Stretch)));
        let wanted = |max_age_ms: u64, size| Ok(Wanted { max_age: Some(Duration::from_millis(max_age_ms)), size });
        assert_eq!(ask("/?max_age_ms=0"), wanted(0, None));
        assert_eq!(ask("/?size=320x200&max_age_ms=86400000"), wanted(86_400_000, size_only));
        assert_eq!(ask("/?stretch=1&size=320x200&max_age_ms=50"), wanted(50, stretched));
    }

    #[test]
    fn what_makes_no_sense_gets_a_sentence_that_names_what_does() {
        for (query, names) in [
            ("/?max_age_ms=", "0 to 86400000"),
            ("/?max_age_ms=-1", "0 to 86400000"),
            ("/?max_age_ms=%2B1", "0 to 86400000"),
            ("/?max_age_ms=86400001", "0 to 86400000"),
            ("/?max_age_ms=1e3", "0 to 86400000"),
            ("/?max_age_ms=99999999999999999999999", "0 to 86400000"),
            ("/?size=", "from 16 to 4096"),
            ("/?size=320", "from 16 to 4096"),
            ("/?size=8x8", "from 16 to 4096"),
            ("/?size=100x5000&stretch=1", "from 16 to 4096"),
            ("/?size=320x320&stretch=yes", "0 or 1"),
            ("/?stretch=", "0 or 1"),
            ("/?stretch=1", "size=320x320"),
            ("/?size=32x32&size=64x64", "duplicate"),
        ] {
            let sentence = ask(query).expect_err(query);
            assert!(sentence.contains(names), "{query}: {sentence}");
        }
    }

    proptest! {
        #[test]
        fn no_query_is_too_odd_to_be_read_or_refused(
            key in "(max_age_ms|size|stretch|.)?", value in "[ -~]{0,12}|[0-9]{0,25}(x[0-9]{0,8})?", more in "[ -~]{0,20}"
        ) {
            let path = format!("/api/frame?{key}={value}&{more}");
            let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
            if let Err(sentence) = parse(&uri) {
                prop_assert!(!sentence.is_empty());
            }
        }
    }
}
