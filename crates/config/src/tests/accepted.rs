use std::path::PathBuf;
use std::time::Duration;

use crate::{Auto, BundleMode, Camera, Config, Encoder, Secret, Source, TlsFiles, Token, Value};

fn camera(text: &str) -> Camera {
    Config::parse(&format!("[[camera]]\n{text}")).unwrap().cameras.remove(0)
}

#[test]
fn an_empty_file_is_all_defaults() {
    assert_eq!(Config::parse(""), Ok(Config::default()));
}

#[test]
fn every_setting_of_both_processes_is_taken() {
    let config = Config::parse(
        r#"
        socket = "/run/cam.sock"
        allowed_uids = [1000, 0xFFFF_FFFF]
        [stream]
        fps = 12.5
        jpeg_quality = 95
        encoder = "rust"
        bundle = "synchronized"
        max_wait_ms = 0
        tolerance_ms = 2.5
        [bridge]
        listen = "[::1]:0"
        max_clients = 3
        max_clients_per_address = 2
        max_bundle_mib = 1024
        view_token = "see"
        control_token_file = "/run/turn"
        tls_cert = "cert.pem"
        tls_key = "key.pem"
        allowed_origins = ["https://Wall.example:8443", "http://[2001:db8::1]"]
        cors = true
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
        public_url = "https://example.com/cams/"
        "#,
    )
    .unwrap();
    assert_eq!(config.socket, PathBuf::from("/run/cam.sock"));
    assert_eq!(config.allowed_uids, [1000, u32::MAX]);
    assert_eq!((config.stream.fps, config.stream.jpeg_quality), (12.5, 95));
    assert_eq!((config.stream.encoder, config.stream.bundle), (Encoder::Rust, BundleMode::Synchronized));
    assert_eq!((config.stream.max_wait(), config.stream.tolerance_ms), (Duration::ZERO, 2.5));
    assert_eq!((config.bridge.listen.to_string().as_str(), config.bridge.max_clients), ("[::1]:0", 3));
    let bridge = config.bridge;
    assert_eq!((bridge.max_clients_per_address, bridge.max_bundle_mib, bridge.cors), (Some(2), 1024, true));
    assert_eq!(bridge.view_token, Secret::new("see").map(Token::Here));
    assert_eq!(bridge.control_token, Some(Token::In("/run/turn".into())));
    assert_eq!(bridge.tls, Some(TlsFiles { cert: "cert.pem".into(), key: "key.pem".into() }));
    assert_eq!(bridge.allowed_origins, ["https://wall.example:8443", "http://[2001:db8::1]"]);
    assert_eq!(bridge.trusted_proxies, ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
    assert_eq!(bridge.public_url.as_deref(), Some("https://example.com/cams/"));
}

#[test]
fn every_setting_of_a_genicam_camera_is_taken() {
    let camera = camera(
        r#"
        id = 255
        name = "Front gate"
        source = "genicam"
        device = "192.0.2.10"
        region = [8, 0, 640, 480]
        fps = 400
        pixel_format = "Mono8"
        exposure_us = 800
        gain_db = "auto"
        trigger = "Line0"
        packet_size = 9000
        packet_delay_ns = 2000
        features = { Reverse = true, Level = 3, Gamma = 0.5, White = "Once" }
        stream_fps = 15
        jpeg_quality = 1
        "#,
    );
    let features = [
        ("Gamma", Value::Float(0.5)),
        ("Level", Value::Int(3)),
        ("Reverse", Value::Bool(true)),
        ("White", Value::Text("Once".into())),
    ];
    let expected = Camera {
        id: 255,
        name: "Front gate".into(),
        source: Source::Genicam { device: "192.0.2.10".into() },
        width: None,
        height: None,
        region: Some([8, 0, 640, 480]),
        fps: Some(400.0),
        pixel_format: Some("Mono8".into()),
        exposure_us: Some(Auto::Fixed(800.0)),
        gain_db: Some(Auto::Auto),
        trigger: Some("Line0".into()),
        packet_size: Some(9000),
        packet_delay_ns: Some(2000),
        features: features.map(|(name, value)| (name.to_owned(), value)).into(),
        controls: [].into(),
        complete_jpeg: false,
        stream_fps: Some(15.0),
        jpeg_quality: Some(1),
    };
    assert_eq!(camera, expected);
}

#[test]
fn a_v4l2_camera_has_controls_and_switches_are_0_and_1() {
    let camera =
        camera("id = 0\nsource = 'v4l2'\ndevice = '/dev/video0'\ncontrols = { gain = -4, hdr = true, flip = false }");
    assert_eq!(camera.source, Source::V4l2 { device: "/dev/video0".into() });
    assert_eq!(camera.controls, [("flip", 0), ("gain", -4), ("hdr", 1)].map(|(name, n)| (name.to_owned(), n)).into());
}

#[test]
fn jpegs_are_completed_for_cameras_of_v4l2_and_gstreamer_that_are_switched_so() {
    for source in ["v4l2", "gstreamer"] {
        let camera = |line: &str| camera(&format!("id = 0\nsource = '{source}'\ndevice = '/dev/video0'\n{line}"));
        assert!(camera("complete_jpeg = true").complete_jpeg);
        assert!(!camera("complete_jpeg = false").complete_jpeg);
        assert!(!camera("").complete_jpeg);
    }
}

#[test]
fn a_pipeline_may_stand_on_several_lines() {
    let camera = camera("id = 0\nsource = 'gstreamer'\ndevice = \"\"\"\nvideotestsrc !\n\tvideoconvert\"\"\"");
    assert_eq!(camera.source, Source::Gstreamer { pipeline: "videotestsrc !\n\tvideoconvert".into() });
}

#[test]
fn a_camera_without_a_name_is_called_by_its_id() {
    let camera = camera("id = 7\nsource = 'pattern'");
    assert_eq!((camera.name.as_str(), camera.source), ("Camera 7", Source::Pattern));
}

#[test]
fn cameras_keep_the_order_of_the_file() {
    let text = "[[camera]]\nid = 9\nsource = 'pattern'\n[[camera]]\nid = 2\nsource = 'pattern'";
    let ids: Vec<_> = Config::parse(text).unwrap().cameras.iter().map(|camera| camera.id).collect();
    assert_eq!(ids, [9, 2]);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    assert_eq!(Config::parse("\u{feff}[stream]\r\nfps = 30\r\n"), Ok(Config::default()));
}

#[test]
fn without_max_wait_a_bundle_waits_half_its_period() {
    let config = Config::parse("[stream]\nfps = 50").unwrap();
    assert_eq!(config.stream.max_wait(), Duration::from_millis(10));
}

#[test]
fn more_than_8_cameras_are_taken_with_a_warning() {
    let cameras = |n: u8| (0..n).map(|id| format!("[[camera]]\nid = {id}\nsource = 'pattern'\n")).collect::<String>();
    assert_eq!(Config::parse(&cameras(8)).unwrap().warnings(), [""; 0]);
    let warnings = Config::parse(&cameras(9)).unwrap().warnings();
    assert_eq!(warnings, ["9 cameras are configured, the original CameraCast viewer refuses more than 8"]);
}

#[test]
fn one_device_for_two_cameras_is_taken_with_a_warning() {
    let camera = |id, device| format!("[[camera]]\nid = {id}\nsource = 'v4l2'\ndevice = '/dev/video{device}'\n");
    let text = [camera(3, 0), camera(4, 1), camera(5, 0)].concat();
    let warnings = Config::parse(&text).unwrap().warnings();
    assert_eq!(warnings, ["cameras 3 and 5 are the same device, only one of them can open it"]);
}
