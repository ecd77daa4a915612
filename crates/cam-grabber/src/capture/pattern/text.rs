//! Writing on a canvas: bitmap fonts, smoothed where they are enlarged.

use std::collections::HashMap;

use embedded_graphics::geometry::{OriginDimensions, Point};
use embedded_graphics::image::GetPixel;
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X10, FONT_10X20};
use embedded_graphics::pixelcolor::BinaryColor;

use super::canvas::{Area, Canvas, Rgb, mix};

/// A font at a multiple of its size. It has the letters of western Europe; others become a question mark.
pub(super) struct Face {
    font: &'static MonoFont<'static>,
    scale: f32,
    /// How much of each pixel a character covers, 0 to 1, row by row.
    glyphs: HashMap<char, Box<[f32]>>,
}

impl Face {
    /// The face whose lines are closest to `height` pixels high.
    pub(super) fn of_height(height: f32) -> Self {
        let font = if height < 18.0 { &FONT_6X10 } else { &FONT_10X20 };
        // In halves, so that a character's width is a whole number.
        let scale = (2.0 * height / font.character_size.height as f32).round() / 2.0;
        Self { font, scale: scale.max(1.0), glyphs: HashMap::new() }
    }

    /// Pixels of a line.
    pub(super) fn height(&self) -> i32 {
        (self.font.character_size.height as f32 * self.scale) as i32
    }

    /// Pixels that so many characters take.
    pub(super) fn width(&self, characters: usize) -> i32 {
        (self.font.character_size.width as f32 * self.scale) as i32 * characters as i32
    }

    /// Writes a line from its upper left corner on.
    pub(super) fn write(&mut self, canvas: &mut Canvas, (left, top): (i32, i32), text: &str, colour: Rgb) {
        let (width, height) = (self.width(1), self.height());
        for (n, character) in (0..).zip(text.chars()) {
            let cell = Area::at(left + n * width, top, width, height);
            let draw = || draw(self.font, self.scale, (width, height), character);
            let glyph = self.glyphs.entry(character).or_insert_with(draw);
            canvas.each(cell, |x, y, pixel| {
                let covered = glyph[((y - cell.top) * width + x - cell.left) as usize];
                if covered > 0.0 {
                    mix(pixel, colour, covered);
                }
            });
        }
    }
}

/// Enlarges a character to a size. Between the centres of the font's pixels coverage is interpolated and then made steep
/// again, which rounds the corners of the enlarged pixels.
fn draw(font: &MonoFont<'_>, scale: f32, (width, height): (i32, i32), character: char) -> Box<[f32]> {
    let cell = font.character_size;
    let per_row = (font.image.size().width / cell.width).max(1);
    let index = font.glyph_mapping.index(character) as u32;
    let (left, top) = (index % per_row * cell.width, index / per_row * cell.height);
    let lit = |x: i32, y: i32| {
        let inside = (0..cell.width as i32).contains(&x) && (0..cell.height as i32).contains(&y);
        let pixel = font.image.pixel(Point::new(left as i32 + x, top as i32 + y));
        if inside && pixel == Some(BinaryColor::On) { 1.0_f32 } else { 0.0 }
    };
    let covered = |x: i32, y: i32| {
        let [x, y] = [x, y].map(|at| (at as f32 + 0.5) / scale - 0.5);
        let (right, down) = (x - x.floor(), y - y.floor());
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        let upper = lit(x, y) * (1.0 - right) + lit(x + 1, y) * right;
        let lower = lit(x, y + 1) * (1.0 - right) + lit(x + 1, y + 1) * right;
        let value = upper * (1.0 - down) + lower * down;
        ((value - 0.5) * scale + 0.5).clamp(0.0, 1.0)
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| covered(x, y)).collect()
}
