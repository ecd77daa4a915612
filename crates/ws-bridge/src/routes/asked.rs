//! The query of `/`: `?cameras=0,2&fps=10&delivery=every`, and of the faces with one camera: `?fps=10`. Pure.

use axum::extract::Query;
use axum::http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use crate::camera_set::CameraSet;
use crate::client::{Asked, FASTEST, Face, Pace, SLOWEST};

/// The keys that mean something; others are left to whoever put them there.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Keys {
    /// Ids with commas between them; left out: all.
    #[param(schema_with = camera_ids, style = Form, explode = false)]
    cameras: Option<String>,
    /// Bundles per second, at most; left out: all that the client keeps up with.
    #[param(value_type = Option<f64>, nullable = false, minimum = 0.01, maximum = 1000)]
    fps: Option<String>,
    /// `newest` skips what a client is too slow for; `every` does not, goes without `fps`, and closes where the client
    /// falls behind.
    #[param(nullable = false, pattern = "^(newest|every)$", default = "newest")]
    delivery: Option<String>,
}

fn camera_ids() -> Array {
    let id = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(255));
    ArrayBuilder::new().items(id).min_items(Some(1)).build()
}

/// The query of a face with one camera.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Pacing {
    /// Pictures per second, at most; left out: all that the client keeps up with.
    #[param(value_type = Option<f64>, nullable = false, minimum = 0.01, maximum = 1000)]
    fps: Option<String>,
}

/// What the client asks for.
///
/// # Errors
/// One sentence: what is wrong, and what is allowed.
pub(crate) fn parse(uri: &Uri) -> Result<Asked, String> {
    let keys: Keys = read(uri)?;
    let wanted = keys.cameras.map_or(Ok(CameraSet::ALL), |cameras| parse_cameras(&cameras))?;
    let pace = keys.fps.map(|fps| parse_fps(&fps)).transpose()?;
    let every = match keys.delivery.as_deref() {
        None | Some("newest") => false,
        Some("every") => true,
        Some(other) => return Err(format!("delivery={other} is not possible: newest or every is")),
    };
    if every && pace.is_some() {
        return Err("fps does not go together with delivery=every, which leaves nothing out".into());
    }
    Ok(Asked { face: Face::Bundles, wanted, pace, every })
}

/// `?fps=`, of a face that shows one camera.
///
/// # Errors
/// One sentence: what is wrong, and what is allowed.
pub(crate) fn pace_of(uri: &Uri) -> Result<Option<Pace>, String> {
    read::<Pacing>(uri)?.fps.map(|fps| parse_fps(&fps)).transpose()
}

fn read<Keys: DeserializeOwned>(uri: &Uri) -> Result<Keys, String> {
    let Query(keys) = Query::try_from_uri(uri).map_err(|error| format!("the query cannot be read: {error}"))?;
    Ok(keys)
}

fn parse_cameras(cameras: &str) -> Result<CameraSet, String> {
    let ids = cameras.split(',').map(|id| id.trim().parse::<u8>());
    ids.collect::<Result<CameraSet, _>>()
        .map_err(|_| format!("cameras={cameras} is not possible: ids from 0 to 255 with commas between them are"))
}

fn parse_fps(fps: &str) -> Result<Pace, String> {
    let pace = fps.trim().parse().ok().and_then(Pace::new);
    pace.ok_or_else(|| format!("fps={fps} is not possible: a number from {SLOWEST} to {FASTEST} is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &'static str) -> Result<Asked, String> {
        parse(&Uri::from_static(query))
    }

    #[test]
    fn without_a_query_everything_comes_and_the_newest_wins() {
        for query in ["/", "/?", "/?delivery=newest", "/?v=17"] {
            let asked = ask(query).unwrap();
            assert!(asked.wanted == CameraSet::ALL && asked.pace.is_none() && !asked.every, "{query}");
        }
    }

    #[test]
    fn cameras_and_rate_are_read() {
        let asked = ask("/?cameras=0,2,%20255&fps=12.5").unwrap();
        assert_eq!(asked.wanted, [0, 2, 255].into_iter().collect());
        assert!(asked.pace.is_some());
        assert!(ask("/?delivery=every&cameras=3").unwrap().every);
    }

    #[test]
    fn what_makes_no_sense_gets_a_sentence_that_names_what_does() {
        for (query, names) in [
            ("/?cameras=", "0 to 255"),
            ("/?cameras=256", "0 to 255"),
            ("/?cameras=1,,2", "0 to 255"),
            ("/?cameras=front", "0 to 255"),
            ("/?fps=0", "0.01 to 1000"),
            ("/?fps=1e9", "0.01 to 1000"),
            ("/?fps=NaN", "0.01 to 1000"),
            ("/?fps=", "0.01 to 1000"),
            ("/?delivery=some", "newest or every"),
            ("/?delivery=every&fps=5", "does not go together"),
            ("/?fps=5&fps=6", "duplicate"),
        ] {
            let sentence = ask(query).expect_err(query);
            assert!(sentence.contains(names), "{query}: {sentence}");
        }
    }
}
