//! What stands still in the test pattern: a gradient in the camera's colour with a fine grid, colour bars, a gray scale.

use super::canvas::{Area, Canvas, Rgb, WHITE, from_hsl};

/// The classic order, by falling brightness.
const BARS: [Rgb; 8] =
    [WHITE, [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0], [0, 0, 255], [0, 0, 0]];
/// Steps of the gray scale, from black to white.
const GRAYS: i32 = 16;

/// The hue of a camera, in degrees. The golden angle keeps any number of cameras apart.
pub(super) fn hue(id: u8) -> f32 {
    215.0 + f32::from(id) * 137.508
}

/// Covers the whole canvas. `unit` is the picture's size, in pixels, that all that is drawn is measured by.
pub(super) fn draw(canvas: &mut Canvas, hue: f32, unit: f32) {
    let area = canvas.area();
    let (width, height) = (area.right, area.bottom);
    let gradient: Vec<Rgb> = (0..width + height)
        .map(|along| along as f32 / (width + height) as f32)
        .map(|along| from_hsl(hue + 50.0 * (along - 0.5), 0.62, 0.42 - 0.28 * along))
        .collect();
    canvas.each(area, |x, y, pixel| *pixel = gradient[(x + y) as usize]);

    let mesh = (unit / 12.0).round().max(4.0) as i32;
    for x in (width / 2 % mesh..width).step_by(mesh as usize) {
        canvas.fill(Area::at(x, 0, 1, height), WHITE, 0.08);
    }
    for y in (height / 2 % mesh..height).step_by(mesh as usize) {
        canvas.fill(Area::at(0, y, width, 1), WHITE, 0.08);
    }

    let (bars, grays) = (height * 87 / 100, height * 95 / 100);
    for (n, colour) in (0..).zip(BARS) {
        canvas.fill(column(n, BARS.len() as i32, width, bars, grays), colour, 1.0);
    }
    for n in 0..GRAYS {
        let gray = (n * 255 / (GRAYS - 1)) as u8;
        canvas.fill(column(n, GRAYS, width, grays, height), [gray; 3], 1.0);
    }
}

/// The `n`th of so many columns of a picture's width.
fn column(n: i32, of: i32, width: i32, top: i32, bottom: i32) -> Area {
    Area { left: n * width / of, top, right: (n + 1) * width / of, bottom }
}
