//! What is to be seen, after a camera's format, a JPEG and its decoder.

use super::*;
use crate::capture::pattern::format;
use crate::capture::pattern::orbit::ROUND_US;
use crate::capture::{CaptureTime, Frame, PixelFormat};
use crate::encode::Encoder;

const NOON_US: u64 = 1_800_014_400_000_000;

fn drawn(scene: &mut Scene, number: u64, unix_us: u64) -> Vec<u8> {
    let mut frame = vec![0; scene.frame_size()];
    scene.draw(number, unix_us, &mut frame);
    frame
}

fn rgb_scene(id: u8, name: &str) -> Scene {
    Scene::new(id, name, "640x480 RGB8 30 FPS", Layout::packed(PixelFormat::Rgb8, 640, 480))
}

/// Where two pictures of a size differ; `None` where they do not.
fn difference(a: &[u8], b: &[u8]) -> Option<Area> {
    let differing = a.as_chunks::<3>().0.iter().zip(b.as_chunks::<3>().0).enumerate().filter(|(_, (a, b))| a != b);
    differing.map(|(at, _)| (at as i32 % 640, at as i32 / 640)).fold(None, |area: Option<Area>, (x, y)| {
        let pixel = Area::at(x, y, 1, 1);
        let area = area.unwrap_or(pixel);
        Some(Area {
            left: area.left.min(pixel.left),
            top: area.top.min(pixel.top),
            right: area.right.max(pixel.right),
            bottom: area.bottom.max(pixel.bottom),
        })
    })
}

#[test]
fn the_ball_moves_and_leaves_nothing_behind() {
    let mut scene = rgb_scene(0, "Camera 0");
    let later = NOON_US + 1_000_000;
    let [here, there] = [NOON_US, later].map(|at| scene.orbit.ball_at(at));
    let [first, second] = [NOON_US, later].map(|at| drawn(&mut scene, 7, at));
    let pixel = |frame: &[u8], (x, y): (f32, f32)| {
        let at = 3 * (y.round() as usize * 640 + x.round() as usize);
        [frame[at], frame[at + 1], frame[at + 2]]
    };
    assert_eq!((pixel(&first, here), pixel(&second, there)), (scene.orbit.colour, scene.orbit.colour));
    assert_eq!(pixel(&second, here), pixel(&scene.still_frame, here));
}

#[test]
fn a_new_number_changes_its_line_and_nothing_else() {
    let mut scene = rgb_scene(0, "Camera 0");
    let [first, second] = [7, 8].map(|number| drawn(&mut scene, number, NOON_US));
    let changed = difference(&first, &second).unwrap();
    let line = scene.number.unwrap();
    assert_eq!(changed.and(line.area), changed);
    assert!(changed.width() as i32 <= line.face.width(1), "one digit, not {changed:?}");
}

#[test]
fn the_clock_is_readable_to_the_millisecond() {
    assert_eq!(clock(NOON_US + 2_096_007_999), "12:34:56.007 UTC");
    let mut scene = rgb_scene(0, "Camera 0");
    let [first, second] = [NOON_US, NOON_US + 1000].map(|at| drawn(&mut scene, 7, at));
    let line = scene.clock.as_ref().unwrap().area;
    let in_line = |frame: &[u8]| -> Vec<u8> {
        let row = |y: i32| &frame[3 * (y as usize * 640 + line.left as usize)..][..3 * line.width()];
        (line.top..line.bottom).flat_map(row).copied().collect()
    };
    assert_ne!(in_line(&first), in_line(&second));
    let white = in_line(&first).as_chunks().0.iter().filter(|pixel| **pixel == WHITE).count();
    assert!(white > 500, "{white} white pixels are no text");
}

#[test]
fn cameras_differ_in_colour_and_name() {
    let [mut first, mut same, mut named, mut other] =
        [(0, "A"), (0, "A"), (0, "B"), (1, "A")].map(|(id, name)| rgb_scene(id, name));
    let first = drawn(&mut first, 0, 0);
    assert_eq!(difference(&first, &drawn(&mut same, 0, 0)), None);
    let name = difference(&first, &drawn(&mut named, 0, 0)).unwrap();
    assert!(name.width() < 40 && name.height() < 40, "only the letter differs, not {name:?}");
    assert!(difference(&first, &drawn(&mut other, 0, 0)).unwrap().width() == 640);
}

#[test]
fn names_of_any_length_and_script_are_written() {
    for name in ["", "Süd-Tor", "カメラ", "A name that is much too long for the disc in the middle of the picture"]
    {
        let (mut scene, mut nameless) = (rgb_scene(0, name), rgb_scene(0, ""));
        let changed = difference(&drawn(&mut scene, 0, 0), &drawn(&mut nameless, 0, 0));
        assert_eq!(changed.is_none(), name.is_empty());
        if let Some(changed) = changed {
            let disc = Area::around(scene.orbit.centre, scene.orbit.radius);
            assert_eq!(changed.and(disc), changed, "{name:?}");
        }
    }
}

#[test]
fn every_format_shows_the_same_picture() {
    let (width, height) = (322, 241);
    let reference = {
        let mut scene = Scene::new(2, "Camera 2", "", Layout::packed(PixelFormat::Rgb8, width, height));
        drawn(&mut scene, 12, NOON_US)
    };
    let luma = |rgb: &[u8; 3]| 0.299 * f64::from(rgb[0]) + 0.587 * f64::from(rgb[1]) + 0.114 * f64::from(rgb[2]);
    for name in format::names().split(", ") {
        let (_, format) = format::by_name(name).unwrap();
        let layout = Layout::packed(format, width, height);
        let mut scene = Scene::new(2, "Camera 2", "", layout);
        let frame =
            Frame { data: drawn(&mut scene, 12, NOON_US).into(), layout, time: CaptureTime::arrived_now(), number: 12 };
        let jpeg = Encoder::new(cameracast_config::Encoder::Turbo).unwrap().encode(&frame, 95).unwrap().jpeg;
        let decoded = turbojpeg::decompress(&jpeg, turbojpeg::PixelFormat::RGB).unwrap().pixels;

        let pixels = reference.as_chunks().0.iter().zip(decoded.as_chunks().0);
        let squares = pixels.map(|(a, b)| (luma(a) - luma(b)).powi(2));
        let psnr = 10.0 * (255.0 * 255.0 * f64::from(width * height) / squares.sum::<f64>()).log10();
        // A mosaic has a quarter of the samples at the edges of the letters.
        let least = if matches!(format, PixelFormat::Bayer8(_)) { 25.0 } else { 32.0 };
        assert!(psnr > least, "{name}: {psnr:.1} dB");
    }
}

#[test]
fn any_size_can_be_drawn_in_any_format() {
    for (width, height) in [(1, 1), (2, 1), (1, 9), (7, 5), (31, 300), (300, 31), (161, 121)] {
        for name in format::names().split(", ") {
            let (_, format) = format::by_name(name).unwrap();
            let mut scene = Scene::new(0, "Camera 0", "any", Layout::packed(format, width, height));
            for quarter in 0..4 {
                drawn(&mut scene, 0, quarter * ROUND_US / 4);
            }
        }
    }
}
