//! What a client wants changed: `{"type":"config",…}` of the webcam protocol, and the body of `POST …/config`. Pure.

use frame_bundle::control::Settings;
use serde_json::{Map, Value, json};

use super::{FASTEST, Pace, SLOWEST};
use crate::control::Outcome;

/// The largest message that is read as one, in bytes.
const LONGEST: usize = 4 << 10;
const TAKEN: &str =
    "fps, resolution, jpeg_quality, width, height, camera_fps, stream_fps, exposure_us, gain_db and trigger";

/// What a client wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct CameraConfig {
    /// This client's own pace.
    pub(crate) pace: Option<Pace>,
    /// What is to change at the camera, for everybody.
    pub(crate) set: Settings,
    /// `resolution` was how the size was asked for.
    resolution: bool,
    /// Keys that mean nothing here.
    unknown: Vec<String>,
}

impl CameraConfig {
    /// Reads a message, in either of its two shapes: with the keys beside `type`, or in an object `data`.
    ///
    /// # Errors
    /// One sentence: what is wrong, and what is allowed. Nothing is to be changed then.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a message of {} bytes is too long: at most {LONGEST} are taken", text.len()));
        }
        let mut message: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("that is no JSON object: {error}"))?;
        match message.remove("type") {
            Some(Value::String(kind)) if kind == "config" => {}
            kind => {
                let kind = kind.unwrap_or_default();
                return Err(format!("type is {kind}: only \"config\" (and \"time\") is taken"));
            }
        }
        match message.remove("data") {
            None => Self::of(message),
            Some(Value::Object(data)) => match data.keys().find(|key| message.contains_key(*key)) {
                Some(key) => Err(format!("{key} stands in data and beside it: one of the two is allowed")),
                None => Self::of(message.into_iter().chain(data).collect()),
            },
            Some(_) => Err("data has to be an object".into()),
        }
    }

    /// Reads the body of a request that is about the camera alone: there `fps` is the rate of its stream, and a key that
    /// is not known is an error.
    ///
    /// # Errors
    /// One sentence: what is wrong, and what is allowed.
    pub(crate) fn read_settings(body: &[u8]) -> Result<Settings, String> {
        let keys = serde_json::from_slice(body).map_err(|error| format!("that is no JSON object: {error}"))?;
        let Self { pace, mut set, unknown, .. } = Self::of(keys)?;
        if let Some(key) = unknown.first() {
            return Err(format!("{key:?} is not known: {TAKEN} can be set"));
        }
        if let Some(pace) = pace {
            if set.stream_fps.is_some() {
                return Err("fps and stream_fps are the same here: one of them is allowed".into());
            }
            set.stream_fps = Some(pace.fps());
        }
        Ok(set)
    }

    fn of(keys: Map<String, Value>) -> Result<Self, String> {
        let mut config = Self::default();
        let mut set = Map::new();
        let sides = keys.contains_key("width") || keys.contains_key("height");
        for (key, value) in keys {
            let value = plain(value);
            match &*key {
                "fps" => config.pace = Some(pace(&value)?),
                "resolution" => {
                    let [width, height] = resolution(&value)?;
                    set.extend([("width".into(), width.into()), ("height".into(), height.into())]);
                    config.resolution = true;
                }
                "width" | "height" | "camera_fps" | "stream_fps" | "jpeg_quality" | "exposure_us" | "gain_db"
                | "trigger" => drop(set.insert(key, value)),
                _ => config.unknown.push(key.chars().take(40).collect()),
            }
        }
        for (key, value) in &set {
            let alone = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
            let allowed = allowed(key);
            if value.is_null() || serde_json::from_value::<Settings>(alone).is_err() {
                return Err(format!("{key} is {value}: {allowed} is allowed"));
            }
        }
        if config.resolution && sides {
            return Err("resolution is width and height together: one of the two ways is allowed".into());
        }
        let nothing = config.pace.is_none() && set.is_empty();
        config.set = serde_json::from_value(Value::Object(set)).map_err(|problem| problem.to_string())?;
        if nothing {
            let unknown = config.unknown_in_words().map(|unknown| format!("; {unknown}")).unwrap_or_default();
            return Err(format!("nothing to change{unknown}: {TAKEN} can be set"));
        }
        Ok(config)
    }

    /// Whether the camera does already what it is asked for.
    pub(crate) fn holds(&self, (width, height): (Option<u32>, Option<u32>), jpeg_quality: Option<u8>) -> bool {
        let set = &self.set;
        let as_it_is = Settings {
            width: width.filter(|_| set.width.is_some()),
            height: height.filter(|_| set.height.is_some()),
            jpeg_quality: jpeg_quality.filter(|_| set.jpeg_quality.is_some()),
            ..Settings::default()
        };
        *set == as_it_is
    }

    /// Whether it is about the camera, and not about this client alone.
    pub(crate) fn is_for_the_camera(&self) -> bool {
        self.set != Settings::default()
    }

    /// The answer when all was done; `fps` is what this client gets now.
    pub(crate) fn done(&self, fps: Option<f64>, applied: Settings) -> Outcome<Value> {
        let mut said = serde_json::to_value(applied).unwrap_or_default();
        if let Value::Object(keys) = &mut said {
            if self.resolution
                && let (Some(width), Some(height)) = (keys.remove("width"), keys.remove("height"))
            {
                keys.insert("resolution".into(), json!([width, height]));
            }
            if self.pace.is_some() {
                keys.insert("fps".into(), fps.map_or(Value::Null, whole_or_not));
            }
        }
        let unknown = self.unknown_in_words().map(|unknown| format!("{unknown}: {TAKEN} can be set"));
        Outcome { error: unknown, ..Outcome::done(said) }
    }

    fn unknown_in_words(&self) -> Option<String> {
        match &self.unknown[..] {
            [] => None,
            [key] => Some(format!("{key:?} is not known and was left out")),
            keys => Some(format!("{} are not known and were left out", keys.join(", "))),
        }
    }
}

/// What a setting has to be, as far as that is the same for all cameras.
fn allowed(key: &str) -> &'static str {
    match key {
        "width" | "height" => "a whole number of pixels, from 1,",
        "jpeg_quality" => "a whole number from 1 to 100",
        "trigger" => "a text, the camera's own name of a source or \"Off\",",
        _ => "a number",
    }
}

/// To JSON 640.0 is as whole as 640, and some programs write it so.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Number(_) => match value.as_f64() {
            Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() <= f64::from(u32::MAX) => {
                json!(number as i64)
            }
            _ => value,
        },
        other => other,
    }
}

/// A whole number without a fraction: 30, not 30.0.
fn whole_or_not(fps: f64) -> Value {
    if fps.fract() == 0.0 { json!(fps as u64) } else { json!(fps) }
}

fn pace(value: &Value) -> Result<Pace, String> {
    let pace = value.as_f64().and_then(Pace::new);
    pace.ok_or_else(|| format!("fps is {value}: a number from {SLOWEST} to {FASTEST} is allowed"))
}

fn resolution(value: &Value) -> Result<[u64; 2], String> {
    let sides: Option<Vec<u64>> = value.as_array().and_then(|sides| sides.iter().map(Value::as_u64).collect());
    let sides = sides.and_then(|sides| <[u64; 2]>::try_from(sides).ok());
    sides.ok_or_else(|| format!("resolution is {value}: [width, height] is allowed, in whole pixels"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> CameraConfig {
        CameraConfig::read(text).unwrap()
    }

    #[test]
    fn both_shapes_are_read() {
        for text in [
            r#"{"type":"config","fps":15,"resolution":[1280,720],"jpeg_quality":80}"#,
            r#"{"type":"config","data":{"fps":15,"resolution":[1280,720],"jpeg_quality":80}}"#,
        ] {
            let config = read(text);
            assert_eq!(config.pace.unwrap().fps(), 15.0);
            let set = Settings { width: Some(1280), height: Some(720), jpeg_quality: Some(80), ..Settings::default() };
            assert_eq!(config.set, set);
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let config = read(r#"{"type":"config","resolution":[1280.0,720.0],"jpeg_quality":80.0,"gain_db":-3.0}"#);
        let set = Settings { width: Some(1280), height: Some(720), jpeg_quality: Some(80), ..Settings::default() };
        assert_eq!(config.set, Settings { gain_db: Some(-3.0), ..set });
        assert!(CameraConfig::read(r#"{"type":"config","jpeg_quality":80.5}"#).is_err());
    }

    #[test]
    fn a_size_of_nothing_is_left_to_the_camera_to_refuse_with_its_limits() {
        let set = read(r#"{"type":"config","resolution":[0,0]}"#).set;
        assert_eq!((set.width, set.height), (Some(0), Some(0)));
    }

    #[test]
    fn a_pace_alone_is_not_for_the_camera() {
        assert!(!read(r#"{"type":"config","fps":0.5}"#).is_for_the_camera());
        assert!(read(r#"{"type":"config","fps":5,"exposure_us":800}"#).is_for_the_camera());
    }

    #[test]
    fn what_the_camera_does_already_is_told_from_what_it_does_not() {
        let (vga, quality) = ((Some(640), Some(480)), Some(80));
        let whole = read(r#"{"type":"config","fps":5,"resolution":[640,480],"jpeg_quality":80}"#);
        assert!(whole.holds(vga, quality) && !whole.holds(vga, Some(75)) && !whole.holds((None, None), quality));
        assert!(read(r#"{"type":"config","jpeg_quality":80}"#).holds(vga, quality));
        assert!(!read(r#"{"type":"config","resolution":[640,480],"gain_db":1}"#).holds(vga, quality));
    }

    #[test]
    fn what_cannot_be_gets_a_sentence_that_names_what_can() {
        for (text, names) in [
            (r#"{"type":"config","resolution":[-1,0]}"#, "whole pixels"),
            (r#"{"type":"config","resolution":[640]}"#, "[width, height]"),
            (r#"{"type":"config","resolution":"640x480"}"#, "[width, height]"),
            (r#"{"type":"config","fps":1e9}"#, "0.01 to 1000"),
            (r#"{"type":"config","fps":"15"}"#, "0.01 to 1000"),
            (r#"{"type":"config","jpeg_quality":"high"}"#, "jpeg_quality is \"high\": a whole number from 1 to 100 is"),
            (r#"{"type":"config","jpeg_quality":1000}"#, "from 1 to 100"),
            (r#"{"type":"config","width":-1}"#, "pixels, from 1"),
            (r#"{"type":"config","width":null}"#, "width is null: a whole number of pixels, from 1, is"),
            (r#"{"type":"config","gain_db":null,"fps":5}"#, "gain_db is null: a number is"),
            (r#"{"type":"config","stream_fps":[]}"#, "a number"),
            (r#"{"type":"config","trigger":1}"#, "a text"),
            (r#"{"type":"config","data":[]}"#, "object"),
            (r#"{"type":"config","resolution":[640,480],"height":480}"#, "one of the two ways"),
            (r#"{"type":"config","fps":5,"data":{"fps":6}}"#, "fps stands in data and beside it"),
            (r#"{"type":"config"}"#, "fps, resolution"),
            (r#"{"type":"config","qualty":3}"#, "\"qualty\" is not known"),
            (r#"{"type":"konfig","fps":3}"#, "\"config\""),
            (r#"{"fps":3}"#, "\"config\""),
            ("[]", "JSON object"),
            ("hello", "JSON object"),
        ] {
            let error = CameraConfig::read(text).unwrap_err();
            assert!(error.contains(names), "{text}: {error}");
        }
        let long = format!(r#"{{"type":"config","fps":{}15}}"#, " ".repeat(10_000));
        assert!(CameraConfig::read(&long).unwrap_err().contains("4096"));
    }

    #[test]
    fn the_answer_says_what_holds_and_what_was_not_known() {
        let config = read(r#"{"type":"config","fps":60,"resolution":[1280,720],"colour":"red"}"#);
        let applied = Settings { width: Some(1280), height: Some(720), ..Settings::default() };
        let answer = config.done(Some(30.0), applied);
        assert_eq!(answer.applied.unwrap(), json!({ "fps": 30, "resolution": [1280, 720] }));
        assert!(answer.ok && answer.error.unwrap().contains("\"colour\" is not known"));
    }

    #[test]
    fn settings_are_taken_to_the_letter() {
        let set = Settings { width: Some(1280), height: Some(720), stream_fps: Some(5.0), ..Settings::default() };
        assert_eq!(CameraConfig::read_settings(br#"{"resolution":[1280,720],"fps":5}"#), Ok(set.clone()));
        assert_eq!(CameraConfig::read_settings(br#"{"width":1280,"height":720,"stream_fps":5}"#), Ok(set));
        for (body, names) in [
            (&br#"{"stream_fps":5,"colour":1}"#[..], "\"colour\" is not known"),
            (b"{}", "nothing to change"),
            (br#"{"stream_fps":5,"fps":6}"#, "one of them"),
            (b"[1]", "JSON object"),
            (b"\xff", "JSON object"),
        ] {
            let error = CameraConfig::read_settings(body).unwrap_err();
            assert!(error.contains(names), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}", key in "[a-z_]{1,12}", number in any::<f64>()) {
            let _ = CameraConfig::read(&text);
            let _ = CameraConfig::read(&json!({ "type": "config", key.clone(): number }).to_string());
            let _ = CameraConfig::read(&json!({ "type": "config", "data": { key: [number, text] } }).to_string());
        }
    }
}
