//! Control messages are the JSON of the contract, and a peer of a later version may say more.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use frame_bundle::control::{
    self, Bounds, CameraState, Format, FromBridge, FromGrabber, Histogram, Limits, Settings, Stages,
};
use serde::{Deserialize, Serialize};

/// `text` reads as `message`, and `message` is written as `text`, byte for byte.
#[track_caller]
fn is_written<M: Debug + PartialEq + Serialize + for<'a> Deserialize<'a>>(text: &str, message: M) {
    assert_eq!(control::read::<M>(text.as_bytes()).unwrap(), message);
    assert_eq!(control::write(&message).unwrap(), text);
}

#[test]
fn hello_is_written_as_the_contract_says() {
    is_written(
        r#"{"type":"hello","versions":[1],"features":["control"]}"#,
        FromBridge::Hello { versions: vec![1], features: vec!["control".into()] },
    );
}

#[test]
fn requests_are_written_as_the_contract_says() {
    is_written(
        r#"{"type":"configure","request":7,"camera":2,"set":{"stream_fps":12.5,"jpeg_quality":70}}"#,
        FromBridge::Configure {
            request: 7,
            camera: 2,
            set: Settings { stream_fps: Some(12.5), jpeg_quality: Some(70), ..Settings::default() },
        },
    );
    is_written(r#"{"type":"start","request":8,"camera":2}"#, FromBridge::Start { request: 8, camera: 2 });
    is_written(r#"{"type":"stop","request":8,"camera":2}"#, FromBridge::Stop { request: 8, camera: 2 });
    is_written(r#"{"type":"trigger","request":8,"camera":2}"#, FromBridge::Trigger { request: 8, camera: 2 });
    is_written(r#"{"type":"reload","request":9}"#, FromBridge::Reload { request: 9 });
}

#[test]
fn results_are_written_as_the_contract_says() {
    is_written(
        r#"{"type":"result","request":7,"ok":true,"applied":{"jpeg_quality":70}}"#,
        FromGrabber::Result {
            request: 7,
            ok: true,
            applied: Some(Settings { jpeg_quality: Some(70), ..Settings::default() }),
            error: None,
            note: None,
        },
    );
    is_written(
        r#"{"type":"result","request":7,"ok":false,"error":"jpeg_quality is 300, allowed are 1 to 100"}"#,
        FromGrabber::Result {
            request: 7,
            ok: false,
            applied: None,
            error: Some("jpeg_quality is 300, allowed are 1 to 100".into()),
            note: None,
        },
    );
    is_written(
        r#"{"type":"result","request":9,"ok":true,"note":"socket is another one now: that needs a restart"}"#,
        FromGrabber::Result {
            request: 9,
            ok: true,
            applied: None,
            error: None,
            note: Some("socket is another one now: that needs a restart".into()),
        },
    );
}

#[test]
fn state_is_written_as_the_contract_says() {
    let text = concat!(
        r#"{"type":"state","session":"18446744073709551615","demo":false,"cameras":[{"camera":0,"name":"Front gate","#,
        r#""source":"genicam","model":"M1","serial":null,"state":"streaming","cause":null,"#,
        r#""requested":{"width":640,"height":480,"fps":400.0,"pixel_format":"Mono8"},"#,
        r#""actual":{"width":640,"height":480,"fps":386.5,"pixel_format":null},"#,
        r#""jpeg_quality":80,"stream_fps":15.0,"exposure_us":800.0,"gain_db":1.5,"grabbed":1000,"encoded":30,"dropped":{"incomplete":2},"#,
        r#""statistics":{"missing packets":5},"#,
        r#""stages":{"select_us":{"count":2,"sum":700,"buckets":[[200,1],[500,2]]},"#,
        r#""wait_us":{"count":0,"sum":0,"buckets":[]},"encode_us":{"count":0,"sum":0,"buckets":[]},"#,
        r#""write_us":{"count":0,"sum":0,"buckets":[]}},"#,
        r#""limits":{"width":{"min":16,"max":2048},"height":{"min":16,"max":1536},"sizes":[[640,480],[2048,1536]],"#,
        r#""camera_fps":{"min":0.5,"max":400.0},"stream_fps":{"min":0.1,"max":30.0},"#,
        r#""jpeg_quality":{"min":1,"max":100},"exposure_us":{"min":10.0,"max":100000.0},"#,
        r#""gain_db":{"min":-3.0,"max":24.0},"trigger":["Off","Line0","Software"]}}]}"#,
    );
    let camera = CameraState {
        camera: 0,
        name: "Front gate".into(),
        source: "genicam".into(),
        model: Some("M1".into()),
        serial: None,
        state: "streaming".into(),
        cause: None,
        requested: Format { width: Some(640), height: Some(480), fps: Some(400.0), pixel_format: Some("Mono8".into()) },
        actual: Format { width: Some(640), height: Some(480), fps: Some(386.5), pixel_format: None },
        jpeg_quality: 80,
        stream_fps: 15.0,
        exposure_us: Some(800.0),
        gain_db: Some(1.5),
        grabbed: 1000,
        encoded: 30,
        dropped: BTreeMap::from([("incomplete".into(), 2)]),
        statistics: BTreeMap::from([("missing packets".into(), 5)]),
        stages: Some(Stages {
            select_us: Histogram { count: 2, sum: 700, buckets: vec![(200, 1), (500, 2)] },
            ..Stages::default()
        }),
        limits: Limits {
            width: Some(Bounds { min: 16, max: 2048 }),
            height: Some(Bounds { min: 16, max: 1536 }),
            sizes: vec![[640, 480], [2048, 1536]],
            camera_fps: Some(Bounds { min: 0.5, max: 400.0 }),
            stream_fps: Some(Bounds { min: 0.1, max: 30.0 }),
            jpeg_quality: Some(Bounds { min: 1, max: 100 }),
            exposure_us: Some(Bounds { min: 10.0, max: 100_000.0 }),
            gain_db: Some(Bounds { min: -3.0, max: 24.0 }),
            trigger: ["Off", "Line0", "Software"].map(Into::into).into(),
        },
    };
    is_written(text, FromGrabber::State { session: u64::MAX.to_string(), demo: false, cameras: vec![camera] });
}

#[test]
fn everything_that_can_be_set_is_read() {
    let text = concat!(
        r#"{"type":"configure","request":1,"camera":255,"set":{"width":640,"height":480,"camera_fps":60.0,"#,
        r#""stream_fps":30.0,"jpeg_quality":80,"exposure_us":800.0,"gain_db":1.5,"trigger":"Line0"}}"#,
    );
    is_written(
        text,
        FromBridge::Configure {
            request: 1,
            camera: 255,
            set: Settings {
                width: Some(640),
                height: Some(480),
                camera_fps: Some(60.0),
                stream_fps: Some(30.0),
                jpeg_quality: Some(80),
                exposure_us: Some(800.0),
                gain_db: Some(1.5),
                trigger: Some("Line0".into()),
            },
        },
    );
}

#[test]
fn a_type_that_is_not_known_is_no_error() {
    let text = br#"{"type":"snapshot","request":10,"camera":{"not":"a number"}}"#;
    assert_eq!(control::read::<FromBridge>(text).unwrap(), FromBridge::Unknown);
    assert_eq!(control::read::<FromGrabber>(text).unwrap(), FromGrabber::Unknown);
    assert!(control::write(&FromBridge::Unknown).is_err());
    assert!(control::write(&FromGrabber::Unknown).is_err());
}

#[test]
fn fields_of_a_later_version_are_left_out() {
    let hello = br#"{"type":"hello","versions":[1,2],"features":["control","colour"],"name":"bridge","limits":{}}"#;
    assert_eq!(
        control::read::<FromBridge>(hello).unwrap(),
        FromBridge::Hello { versions: vec![1, 2], features: vec!["control".into(), "colour".into()] },
    );
    let stop = br#"{"type":"stop","why":"night","request":8,"camera":2}"#;
    assert_eq!(control::read::<FromBridge>(stop).unwrap(), FromBridge::Stop { request: 8, camera: 2 });
    let state = br#"{"type":"state","session":"1","demo":true,"mood":1,"cameras":[
        {"camera":3,"state":"dreaming","requested":{"width":8,"depth":9},"lens":"wide"}]}"#;
    let camera = CameraState {
        camera: 3,
        state: "dreaming".into(),
        requested: Format { width: Some(8), ..Format::default() },
        ..CameraState::default()
    };
    assert_eq!(
        control::read::<FromGrabber>(state).unwrap(),
        FromGrabber::State { session: "1".into(), demo: true, cameras: vec![camera] },
    );
}

#[test]
fn of_the_limits_that_a_later_grabber_tells_the_known_part_is_read() {
    let limits = |said: &str| {
        let text = format!(
            r#"{{"type":"state","session":"1","demo":false,"cameras":[{{"camera":3,"state":"lost","limits":{said}}}]}}"#
        );
        match control::read::<FromGrabber>(text.as_bytes()).unwrap() {
            FromGrabber::State { cameras, .. } => cameras[0].limits.clone(),
            other => panic!("{other:?}"),
        }
    };
    let stream_fps = Some(Bounds { min: 0.1, max: 30.0 });
    let said = r#"{"stream_fps":{"min":0.1,"max":30,"step":0.1},"focus":{"min":0,"max":9},"gain_db":"much","sizes":7}"#;
    assert_eq!(limits(said), Limits { stream_fps, ..Limits::default() });
    for nothing in ["{}", "null", "7", "[]"] {
        assert_eq!(limits(nothing), Limits::default(), "{nothing}");
    }
}

#[test]
fn limits_that_are_not_known_are_left_out() {
    let camera = CameraState { state: "lost".into(), ..CameraState::default() };
    let state = FromGrabber::State { session: "1".into(), demo: false, cameras: vec![camera] };
    let text = control::write(&state).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("limits"));
}

#[test]
fn of_what_a_later_grabber_applied_the_known_part_is_read() {
    let text =
        br#"{"type":"result","request":7,"ok":true,"applied":{"jpeg_quality":70,"focus":3,"trigger":{"on":"Line0"}}}"#;
    let applied = Some(Settings { jpeg_quality: Some(70), ..Settings::default() });
    assert_eq!(
        control::read::<FromGrabber>(text).unwrap(),
        FromGrabber::Result { request: 7, ok: true, applied, error: None, note: None },
    );
}

#[test]
fn a_setting_that_cannot_be_is_named_and_its_request_can_be_answered() {
    for (set, says) in [
        (
            r#"{"jpeg_quality":80,"device":"/dev/video0"}"#,
            r#""device" in set: unknown field `device`, expected one of `width`"#,
        ),
        (r#"{"jpeg_quality":300}"#, r#""jpeg_quality" in set: invalid value: integer `300`, expected u8"#),
        (r#"{"width":-1}"#, r#""width" in set: invalid value: integer `-1`, expected u32"#),
        (r#"{"trigger":1}"#, r#""trigger" in set: invalid type: integer `1`, expected a string"#),
        (r#"7"#, "invalid type: integer `7`, expected a map"),
    ] {
        let text = format!(r#"{{"type":"configure","request":7,"camera":2,"set":{set}}}"#);
        let error = control::read::<FromBridge>(text.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("control message: {says}")), "{error}");
        assert_eq!(error.request(), Some(7), "{error}");
    }
}

#[test]
fn what_is_no_message_is_an_error() {
    for text in [
        "",
        "7",
        "{}",
        "[]",
        "{\"type\":\"hello\"",
        r#"{"type":"start","request":8}"#,
        r#"{"type":"start","camera":300}"#,
    ] {
        assert!(control::read::<FromBridge>(text.as_bytes()).is_err(), "{text}");
    }
    assert!(control::read::<FromBridge>(b"{\"type\":\"\xff\"}").is_err(), "not UTF-8");
    assert!(
        control::read::<FromGrabber>(br#"{"type":"state","session":"1","demo":false,"cameras":[{"state":"lost"}]}"#)
            .is_err()
    );
}
