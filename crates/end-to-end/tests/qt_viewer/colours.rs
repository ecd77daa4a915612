//! Pictures of one colour each, which can be told apart on the screen.

use anyhow::Result;
use bytes::Bytes;
use end_to_end::{Picture, Rectangle};
use frame_bundle::{BundleBuilder, Frame, PixelFormat};
use serde_json::{Value, json};

pub(crate) const GREEN: [u8; 3] = [20, 200, 60];
pub(crate) const BLUE: [u8; 3] = [30, 60, 220];
/// Those that the second camera shows in turn, so that it is seen when a picture is a new one.
pub(crate) const TURNS: [[u8; 3]; 2] = [[230, 120, 20], [220, 40, 200]];

pub(crate) fn jpeg(colour: [u8; 3]) -> Result<Vec<u8>> {
    Picture::drawn(320, 240, |_, _| colour).to_jpeg()
}

/// As the bridge describes it.
pub(crate) fn camera(id: u8) -> Value {
    json!({"camera_id": id, "name": format!("Number {id}"), "width": 320, "height": 240, "state": "streaming"})
}

pub(crate) fn frame_of(camera_id: u8, jpeg: Vec<u8>) -> Frame {
    Frame { camera_id, pixel_format: PixelFormat::JPEG, width: 320, height: 240, data: jpeg.into() }
}

pub(crate) fn bundle_of(camera_id: u8, jpeg: Vec<u8>) -> Result<Bytes> {
    // Read as a frame, a sender block with this session would go past the end.
    Ok(BundleBuilder::new(1, 2).frame(frame_of(camera_id, jpeg)).session(u64::MAX).build()?)
}

pub(crate) fn is_about(pixel: &[u8], colour: [u8; 3]) -> bool {
    pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 24)
}

/// The smallest rectangle around all pixels of about this colour; none where it is no whole picture.
pub(crate) fn seen(screen: &Picture, colour: [u8; 3]) -> Option<Rectangle> {
    let places =
        || (0..).zip(screen.rgb.chunks_exact(3)).filter(|(_, pixel)| is_about(pixel, colour)).map(|(at, _)| at);
    let (columns, rows) = (|| places().map(|at| at % screen.width), || places().map(|at| at / screen.width));
    let (x, y) = (columns().min()?, rows().min()?);
    let (width, height) = (columns().max()? + 1 - x, rows().max()? + 1 - y);
    let whole = width > 100 && places().count() > width * height * 9 / 10 && (4 * height).abs_diff(3 * width) < 8;
    whole.then_some(Rectangle { x, y, width, height })
}
