//! Values that are not what they should be.

use super::{BRIDGE, GENICAM, STREAM, TOP, V4L2, told, told_in_camera, told_of};

const STREAM_FPS: &str = "a number from 0.1 to 1000 bundles per second";
const QUALITY: &str = "a whole number from 1 to 100";
const URL: &str = r#"an address that begins with http:// or https://, such as "https://example.com/cams/","#;
const PATH: &str = "a path of 1 to 107 bytes without control characters";

#[test]
fn values_of_another_kind_are_told_with_what_is_expected() {
    for (header, line, found, expected) in [
        (STREAM, "fps = '30'", "a string", STREAM_FPS),
        (STREAM, "fps = true", "true", STREAM_FPS),
        (STREAM, "fps = [30]", "a list", STREAM_FPS),
        (STREAM, "fps = { n = 30 }", "a table", STREAM_FPS),
        (STREAM, "fps = 07:32:00", "a date or time", STREAM_FPS),
        (STREAM, "jpeg_quality = 80.0", "80.0", QUALITY),
        (STREAM, "jpeg_quality = '80'", "a string", QUALITY),
        (STREAM, "encoder = 1", "a whole number", r#""turbo" or "rust""#),
        (TOP, "socket = 0.5", "a number", PATH),
        (TOP, "allowed_uids = 1000", "a whole number", "a list of user ids"),
        (TOP, "stream = 30", "a whole number", "one table [stream]"),
    ] {
        let key = line.split(' ').next().unwrap();
        assert_eq!(told_of(header, line), [format!("2: {key} is {found}, {expected} is expected")], "{line}");
    }
    assert_eq!(told("camera = 'x'"), ["1: camera is a string, [[camera]] is expected, once for each camera"]);
    assert_eq!(told("camera = [1]"), ["1: a value of camera is a whole number, a table is expected"]);
}

#[test]
fn values_out_of_their_range_are_told_with_range_and_unit() {
    let clients = "a whole number from 1 to 1000000";
    let nines = "9".repeat(60);
    let too_many = format!("max_clients = {nines}99");
    for (header, line, expected) in [
        (STREAM, "fps = 0", STREAM_FPS),
        (STREAM, "fps = -30.5", STREAM_FPS),
        (STREAM, "fps = 1000.1", STREAM_FPS),
        (STREAM, "fps = nan", STREAM_FPS),
        (STREAM, "fps = inf", STREAM_FPS),
        (STREAM, "fps = 1e999", STREAM_FPS),
        (STREAM, "jpeg_quality = 101", QUALITY),
        (STREAM, "jpeg_quality = 0", QUALITY),
        (STREAM, "max_wait_ms = 10001", "a number from 0 to 10000 ms"),
        (STREAM, "tolerance_ms = -1", "a number from 0 to 1000 ms"),
        (BRIDGE, "max_clients = 0", clients),
        (BRIDGE, "max_bundle_mib = 1025", "a whole number from 1 to 1024 MiB"),
        (BRIDGE, "listen = \"x\"", r#"an IP address with a port, such as "0.0.0.0:8765" or "[::]:8765","#),
        (BRIDGE, "max_clients_per_address = 0", clients),
        (BRIDGE, "tls_key = \"\"\ntls_cert = 'x'", "the path of a file"),
        (BRIDGE, "public_url = \"cams.example\"", URL),
        (BRIDGE, "public_url = \"https://cams.example/?x\"", URL),
        (TOP, "socket = \"\"", PATH),
    ] {
        let told = told_of(header, line);
        let line = line.lines().next().unwrap();
        assert_eq!(told, [format!("2: {}, {expected} is expected", line.replace('=', "is"))], "{line}");
    }
    assert_eq!(told_of(BRIDGE, &too_many), [format!("2: max_clients is {nines}…, {clients} is expected")]);
}

#[test]
fn values_of_cameras_are_checked_with_range_and_unit() {
    let name = "text of 1 to 100 characters without control characters";
    let exposure = "a number from 0.001 to 1000000000 µs or \"auto\"";
    let gain = "a number from -100 to 100 dB or \"auto\"";
    let long_name = format!("name = \"{}\"", "x".repeat(101));
    for (line, found, expected) in [
        ("fps = 0.001", "0.001", "a number from 0.01 to 100000 frames per second"),
        ("exposure_us = 0", "0", exposure),
        ("exposure_us = 'on'", "\"on\"", exposure),
        ("gain_db = 101", "101", gain),
        ("gain_db = false", "false", gain),
        ("packet_size = 575", "575", "a whole number from 576 to 16000 bytes"),
        ("packet_delay_ns = -1", "-1", "a whole number from 0 to 1000000000 ns"),
        ("stream_fps = 0", "0", "a number from 0.1 to 1000 frames per second"),
        ("jpeg_quality = 256", "256", QUALITY),
        ("name = ''", "\"\"", name),
        ("name = \"a\\u0007\"", "\"a\\u{7}\"", name),
        (&long_name, &format!("\"{}…\"", "x".repeat(60)), name),
        ("trigger = ''", "\"\"", r#"the name of a trigger source, such as "Line0" or "Software","#),
        ("pixel_format = ''", "\"\"", r#"the name of a pixel format, such as "Mono8","#),
    ] {
        let key = line.split(' ').next().unwrap();
        let expected = format!("5: {key} is {found}, {expected} is expected");
        assert_eq!(told_in_camera(GENICAM, line), [expected], "{line}");
    }
}

#[test]
fn sizes_are_checked_in_pixels() {
    for (lines, expected) in [
        ("width = 0\nheight = 480", "5: width is 0, a whole number from 1 to 65535 pixels is expected"),
        ("width = 640\nheight = 65536", "6: height is 65536, a whole number from 1 to 65535 pixels is expected"),
        ("region = [0, 0, 640]", "5: region has 3 values, 4 are expected: x, y, width and height in pixels"),
        ("region = [0, 0, 640, 0]", "5: region is 640 x 0 pixels, at least 1 x 1 is expected"),
        ("region = [0,\n-8, 8, 8]", "6: a value of region is -8, a whole number from 0 to 65535 pixels is expected"),
    ] {
        assert_eq!(told_in_camera(GENICAM, lines), [expected], "{lines}");
    }
}

#[test]
fn an_id_is_one_byte() {
    let told = told("[[camera]]\nid = 256\nsource = 'pattern'");
    assert_eq!(told, ["2: id is 256, a whole number from 0 to 255 is expected"]);
}

#[test]
fn devices_are_checked_for_their_source() {
    let told = |source, device| told_in_camera(&format!("source = '{source}'\n"), &format!("device = {device}"));
    assert_eq!(
        told("v4l2", "'video0'"),
        ["4: device is \"video0\", an absolute path, such as \"/dev/video0\", is expected"]
    );
    assert_eq!(
        told("genicam", "\"a\\nb\""),
        ["4: device is \"a\\nb\", a camera's IP address, id, serial number or user name is expected"]
    );
    assert_eq!(told("gstreamer", "' '"), ["4: device is \" \", a GStreamer pipeline without its sink is expected"]);
    assert_eq!(
        told("pattern", "'x'"),
        ["4: device does not go with source = \"pattern\", which draws its own picture"]
    );
    assert_eq!(told("v5l2", "'/dev/video0'").len(), 1, "the device of an unknown source is not judged");
}

#[test]
fn unknown_words_are_told_with_the_allowed_and_the_nearest() {
    assert_eq!(
        told_of(STREAM, "bundle = 'sync'"),
        [
            "2: bundle is \"sync\", \"latest\", \"complete\" or \"synchronized\" is expected; did you mean \"synchronized\"?"
        ]
    );
    assert_eq!(told_of(STREAM, "encoder = 'nvenc'"), ["2: encoder is \"nvenc\", \"turbo\" or \"rust\" is expected"]);
    assert_eq!(
        told("[[camera]]\nid = 0\nsource = 'GenICam'"),
        [
            "3: source is \"GenICam\", \"genicam\", \"v4l2\", \"gstreamer\" or \"pattern\" is expected; did you mean \"genicam\"?"
        ]
    );
}

#[test]
fn features_and_controls_are_told_one_by_one() {
    let features = "[camera.features]\nGain = nan\nGood = 1\nLevel = 99999999999999999999\nList = []\n\"\" = 1\nText = \"\\u0000\"";
    let expected = "true, false, a finite number (64 bits) or text without control characters is expected";
    assert_eq!(
        told_in_camera(GENICAM, features),
        [
            format!("6: features.Gain is nan, {expected}"),
            format!("8: features.Level is 99999999999999999999, {expected}"),
            format!("9: features.List is a list, {expected}"),
            "10: \"\" in features is no name: it is empty or holds control characters".into(),
            format!("11: features.Text is \"\\0\", {expected}"),
        ]
    );
    assert_eq!(
        told_in_camera(V4L2, "controls = { gain = 0.5, hue = 'x' }"),
        [
            "5: controls.gain is 0.5, a whole number (64 bits), true or false is expected",
            "5: controls.hue is a string, a whole number (64 bits), true or false is expected",
        ]
    );
    assert_eq!(
        told_in_camera(V4L2, "controls = 3"),
        ["5: controls is a whole number, a table is expected: controls = { name = value, … }"]
    );
}

#[test]
fn a_switch_is_true_or_false() {
    for (value, found) in [("1", "a whole number"), ("'yes'", "a string")] {
        let told = told_in_camera(V4L2, &format!("complete_jpeg = {value}"));
        assert_eq!(told, [format!("5: complete_jpeg is {found}, true or false is expected")]);
    }
}

#[test]
fn every_value_of_a_list_is_told_with_its_own_line() {
    let uid = "a whole number from 0 to 4294967295 is expected";
    assert_eq!(
        told("allowed_uids = [\n1000,\n-1,\n'bob',\n4294967296]"),
        [
            format!("3: a value of allowed_uids is -1, {uid}"),
            format!("4: a value of allowed_uids is a string, {uid}"),
            format!("5: a value of allowed_uids is 4294967296, {uid}"),
        ]
    );
}

#[test]
fn origins_and_proxies_are_told_one_by_one() {
    let origin = r#"an origin as browsers name it, such as "https://example.com:8443", is expected"#;
    for text in ["*", "null", "cams.example", "ftp://cams.example", "https://", "https://cams.example/", "https://a b"]
    {
        let told = told_of(BRIDGE, &format!("allowed_origins = ['https://good.example', '{text}']"));
        assert_eq!(told, [format!("2: a value of allowed_origins is \"{text}\", {origin}")]);
    }
    let network = r#"an IP address or a network, such as "192.0.2.1" or "10.0.0.0/8", is expected"#;
    let told = told_of(BRIDGE, "trusted_proxies = ['10.0.0.0/8', 'proxy.example', 7]");
    assert_eq!(
        told,
        [
            format!("2: a value of trusted_proxies is \"proxy.example\", {network}"),
            format!("2: a value of trusted_proxies is a whole number, {network}"),
        ]
    );
}

#[test]
fn certificate_and_key_stand_together() {
    assert_eq!(told_of(BRIDGE, "tls_cert = 'x'"), ["2: tls_cert needs tls_key beside it"]);
    assert_eq!(told_of(BRIDGE, "tls_key = 'x'"), ["2: tls_key needs tls_cert beside it"]);
}
