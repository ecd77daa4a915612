//! Keys that are missing, unknown, in the wrong place or in each other's way.

use super::{BRIDGE, GENICAM, GSTREAMER, STREAM, V4L2, told, told_in_camera, told_of};

#[test]
fn required_keys_that_are_missing_are_told_at_the_head_of_the_camera() {
    assert_eq!(
        told("\n[[camera]]\nname = 'x'"),
        [
            "2: id is missing, a whole number from 0 to 255 is expected",
            "2: source is missing, \"genicam\", \"v4l2\", \"gstreamer\" or \"pattern\" is expected",
        ]
    );
    for (source, device) in [
        ("genicam", "a camera's IP address, id, serial number or user name"),
        ("v4l2", "an absolute path, such as \"/dev/video0\","),
        ("gstreamer", "a GStreamer pipeline without its sink"),
    ] {
        assert_eq!(
            told(&format!("[[camera]]\nid = 0\nsource = '{source}'")),
            [format!("1: device is missing, {device} is expected")]
        );
    }
}

#[test]
fn an_id_that_stands_twice_names_the_line_of_the_first() {
    let camera = "[[camera]]\nid = 7\nsource = 'pattern'\n";
    assert_eq!(
        told(&camera.repeat(3)),
        [
            "5: id 7 is taken by the camera whose id stands in line 2",
            "8: id 7 is taken by the camera whose id stands in line 2",
        ]
    );
}

#[test]
fn keys_of_other_sources_are_refused() {
    let genicam_keys = [
        "region = [0, 0, 8, 8]",
        "exposure_us = 1",
        "gain_db = 1",
        "trigger = 'Line0'",
        "packet_size = 1500",
        "packet_delay_ns = 1",
        "features = {}",
    ];
    for source in [V4L2, GSTREAMER, "\nsource = 'pattern'\n"] {
        for line in genicam_keys {
            let key = line.split(' ').next().unwrap();
            assert_eq!(told_in_camera(source, line), [format!("5: {key} goes only with source = \"genicam\"")]);
        }
    }
    for source in [GENICAM, GSTREAMER, "\nsource = 'pattern'\n"] {
        assert_eq!(told_in_camera(source, "controls = {}"), ["5: controls goes only with source = \"v4l2\""]);
    }
    for source in [GENICAM, "\nsource = 'pattern'\n"] {
        let told = told_in_camera(source, "complete_jpeg = true");
        assert_eq!(told, ["5: complete_jpeg goes only with source = \"v4l2\" or \"gstreamer\""]);
    }
}

#[test]
fn a_refused_key_is_told_once_however_wrong_its_value_is() {
    assert_eq!(told_in_camera(V4L2, "gain_db = 1000"), ["5: gain_db goes only with source = \"genicam\""]);
    assert_eq!(
        told_in_camera(V4L2, "region = [1]\nwidth = 8\nheight = 8"),
        ["5: region goes only with source = \"genicam\""]
    );
}

#[test]
fn a_size_is_whole_or_left_out() {
    assert_eq!(told_in_camera(V4L2, "width = 640"), ["5: width needs height beside it"]);
    assert_eq!(told_in_camera(V4L2, "height = 480"), ["5: height needs width beside it"]);
    let expected = ["5: region stands instead of width and height, not beside them"];
    assert_eq!(told_in_camera(GENICAM, "region = [0, 0, 8, 8]\nwidth = 8\nheight = 8"), expected);
    assert_eq!(told_in_camera(GENICAM, "region = [0, 0, 8, 8]\nwidth = 8"), expected);
}

#[test]
fn no_camera_streams_faster_than_the_stream() {
    let camera = "[[camera]]\nid = 0\nsource = 'pattern'\nstream_fps = 31\n";
    assert_eq!(told(camera), ["4: stream_fps is 31, at most the fps of [stream] is expected, which is 30"]);
    assert_eq!(told(&format!("{camera}[stream]\nfps = 31")), [""; 0]);
    assert_eq!(
        told(&format!("{camera}[stream]\nfps = '31'")),
        ["6: fps is a string, a number from 0.1 to 1000 bundles per second is expected"],
        "a wrong rate of the stream is not a mistake of the camera too"
    );
}

#[test]
fn unknown_keys_name_the_nearest_or_where_they_belong_or_all() {
    let camera = |line| told_in_camera("\nsource = 'pattern'\n", line);
    assert_eq!(camera("gain = 3"), ["5: unknown key \"gain\" in [[camera]], did you mean \"gain_db\"?"]);
    assert_eq!(camera("Stream-FPS = 3"), ["5: unknown key \"Stream-FPS\" in [[camera]], did you mean \"stream_fps\"?"]);
    assert_eq!(camera("listen = 3"), ["5: unknown key \"listen\" in [[camera]], it belongs in [bridge]"]);
    assert_eq!(
        told("fps = 30"),
        ["1: unknown key \"fps\" at the top of the file, it belongs in [stream] or in [[camera]]"]
    );
    assert_eq!(
        told_of(BRIDGE, "socket = '/x'"),
        ["2: unknown key \"socket\" in [bridge], it belongs at the top of the file"]
    );
    assert_eq!(
        told_of(STREAM, "\"tls\\u0000\" = 1"),
        [
            "2: unknown key \"tls\\0\" in [stream], known are fps, jpeg_quality, encoder, bundle, max_wait_ms, tolerance_ms"
        ]
    );
    assert_eq!(
        told("[[cameras]]\nid = 0"),
        ["1: unknown key \"cameras\" at the top of the file, did you mean \"camera\"?"]
    );
}

#[test]
fn wrong_brackets_are_told_and_what_stands_below_is_read_all_the_same() {
    assert_eq!(
        told("[camera]\nid = 0\nsource = 'pattern'\nnane = 'x'"),
        [
            "1: camera is a table, [[camera]] is expected, once for each camera",
            "4: unknown key \"nane\" in [[camera]], did you mean \"name\"?",
        ]
    );
    assert_eq!(
        told("[[stream]]\nfps = 0"),
        [
            "1: stream is a list, one table [stream] is expected",
            "2: fps is 0, a number from 0.1 to 1000 bundles per second is expected",
        ]
    );
}

#[test]
fn five_mistakes_in_one_file_are_all_told_at_once_each_with_its_line() {
    let text = r#"
socket = "/tmp/cam_stream.sock"

[stream]
fps = "30"
jpeg_quality = 180

[[camera]]
id = 0
source = "genicam"
device = "192.0.2.10"
exposure = 800

[[camera]]
id = 0
source = "v4l2"

[bridge]
listen = "0.0.0.0:8765"
"#;
    assert_eq!(
        told(text),
        [
            "5: fps is a string, a number from 0.1 to 1000 bundles per second is expected",
            "6: jpeg_quality is 180, a whole number from 1 to 100 is expected",
            "12: unknown key \"exposure\" in [[camera]], did you mean \"exposure_us\"?",
            "14: device is missing, an absolute path, such as \"/dev/video0\", is expected",
            "15: id 0 is taken by the camera whose id stands in line 9",
        ]
    );
}
