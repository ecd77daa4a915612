//! What viewers are told about the cameras, in words that are written once for all of them.

use bytes::Bytes;
use serde::Serialize;

use crate::camera::Camera;
use crate::json;

/// The text of the `meta` message, and how often it has changed.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Grows with each change.
    pub version: u64,
    /// The message.
    pub text: Bytes,
}

#[derive(Serialize)]
struct Message {
    r#type: &'static str,
    protocol: &'static str,
    version: u16,
    demo: bool,
    cameras: Vec<MetaCamera>,
}

/// What is known of a camera; the rest is null. A grabber without control says only what is in its bundles: then there is
/// no name, no rate and no cause, but a size, and a stream.
#[derive(Serialize)]
struct MetaCamera {
    camera_id: u8,
    name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    #[serde(serialize_with = "json::number")]
    fps: Option<f64>,
    state: String,
    cause: Option<String>,
}

impl Default for Meta {
    fn default() -> Self {
        Self { version: 1, text: text(false, []) }
    }
}

impl Meta {
    /// The same, or a new version where there is something new to tell.
    pub(crate) fn next<'a>(&self, demo: bool, cameras: impl IntoIterator<Item = &'a Camera>) -> Self {
        let text = text(demo, cameras);
        let version = if text == self.text { self.version } else { self.version + 1 };
        Self { version, text }
    }
}

fn text<'a>(demo: bool, cameras: impl IntoIterator<Item = &'a Camera>) -> Bytes {
    let cameras = cameras.into_iter().map(|camera| {
        let (width, height) = camera.size();
        MetaCamera {
            camera_id: camera.id,
            name: camera.given_name().map(Into::into),
            width,
            height,
            fps: camera.stream_fps(),
            state: camera.state().into(),
            cause: camera.cause().map(Into::into),
        }
    });
    let version = frame_bundle::VERSION;
    json::to_bytes(&Message { r#type: "meta", protocol: "framebundle", version, demo, cameras: cameras.collect() })
}
