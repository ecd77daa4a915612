//! `[[camera]]` sections that several tests use.

use std::fmt::Display;

/// A moving test picture, 640x480 at 30 frames a second.
pub fn pattern_camera(id: u8) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"pattern\"\nwidth = 640\nheight = 480\nfps = 30\n")
}

/// A GigE Vision camera by its address or serial number, 640x480 Mono8.
pub fn gige_camera(id: u8, device: impl Display, fps: u32) -> String {
    let format = "width = 640\nheight = 480\npixel_format = \"Mono8\"";
    format!("[[camera]]\nid = {id}\nsource = \"genicam\"\ndevice = \"{device}\"\n{format}\nfps = {fps}\n")
}

/// A GStreamer pipeline, without its sink.
pub fn gstreamer_camera(id: u8, pipeline: &str) -> String {
    format!("[[camera]]\nid = {id}\nsource = \"gstreamer\"\ndevice = '{pipeline}'\n")
}
