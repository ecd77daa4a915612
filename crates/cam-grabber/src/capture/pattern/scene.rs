//! What the test pattern shows. What stands still is drawn once, in the camera's own format; of each frame only what
//! moves is drawn anew.

use super::backdrop;
use super::canvas::{Area, Canvas, Rgb, WHITE};
use super::orbit::Orbit;
use super::paint::paint;
use super::text::Face;
use crate::capture::Layout;

/// A picture in which only little moves.
pub(super) struct Scene {
    layout: Layout,
    /// What stands still.
    still: Canvas,
    /// The same in the camera's format.
    still_frame: Vec<u8>,
    /// The part that is being drawn.
    tile: Canvas,
    orbit: Orbit,
    clock: Option<Line>,
    number: Option<Line>,
}

impl Scene {
    /// Draws what stands still: the backdrop of camera `id`, its name, and its mode (size, format and rate).
    pub(super) fn new(id: u8, name: &str, mode: &str, layout: Layout) -> Self {
        let picture = Area::at(0, 0, layout.width as i32, layout.height as i32);
        let unit = (layout.height as f32).min(layout.width as f32 * 0.75);
        let (hue, orbit) = (backdrop::hue(id), Orbit::new(id, picture, unit));

        let mut still = Canvas::new(picture);
        backdrop::draw(&mut still, hue, unit);
        orbit.draw_way(&mut still);

        // Lines of text by their place below the orbit's centre and their height, both in units, and their length.
        let line = |below_centre: f32, height: f32, characters: usize, within: Area| {
            let (x, y) = orbit.centre;
            Line::new(Face::of_height(unit * height), (x, y + unit * below_centre), characters, within)
        };
        let (name, name_height) = fitted(name, orbit.radius * 1.6, unit, [1.0 / 12.0, 1.0 / 16.0, 1.0 / 24.0]);
        let disc = Area::around(orbit.centre, orbit.radius);
        for (below_centre, height, text) in [(-0.17, name_height, name.as_str()), (-0.08, 1.0 / 24.0, mode)] {
            if let Some(mut line) = line(below_centre, height, text.chars().count(), disc) {
                line.write(&mut still, text, WHITE);
            }
        }
        let clock_line = line(0.045, 1.0 / 16.0, clock(0).len(), picture);
        let number_line = line(0.145, 1.0 / 24.0, running_number(0).len(), picture);

        let mut still_frame = vec![0; layout.size()];
        paint(&still, &layout, &mut still_frame);
        Self {
            clock: clock_line,
            number: number_line,
            tile: Canvas::new(Area::at(0, 0, 0, 0)),
            layout,
            still,
            still_frame,
            orbit,
        }
    }

    /// Bytes of a frame.
    pub(super) fn frame_size(&self) -> usize {
        self.still_frame.len()
    }

    /// Draws a frame, which has to be of that size.
    pub(super) fn draw(&mut self, number: u64, unix_us: u64, frame: &mut [u8]) {
        frame.copy_from_slice(&self.still_frame);
        let ball = self.orbit.ball_at(unix_us);
        let mut texts = [(&mut self.clock, clock(unix_us)), (&mut self.number, running_number(number))];
        let areas = [Some(self.orbit.area_of(ball)), area_of(texts[0].0), area_of(texts[1].0)];
        // All that moves is drawn on each part: where parts overlap, the later holds what the earlier did.
        for area in areas.into_iter().flatten() {
            self.tile.cut_from(&self.still, area.in_blocks());
            for (line, text) in &mut texts {
                if let Some(line) = line {
                    line.write(&mut self.tile, text, WHITE);
                }
            }
            self.orbit.draw_ball(&mut self.tile, ball);
            paint(&self.tile, &self.layout, frame);
        }
    }
}

/// A line of text and its place.
struct Line {
    face: Face,
    area: Area,
}

impl Line {
    /// A line of so many characters around a point; `None` where `within` is too small for it.
    fn new(face: Face, (x, y): (f32, f32), characters: usize, within: Area) -> Option<Self> {
        let (width, height) = (face.width(characters), face.height());
        let area = Area::at(x as i32 - width / 2, y as i32 - height / 2, width, height);
        (area.and(within) == area).then_some(Self { face, area })
    }

    fn write(&mut self, canvas: &mut Canvas, text: &str, colour: Rgb) {
        self.face.write(canvas, (self.area.left, self.area.top), text, colour);
    }
}

fn area_of(line: &Option<Line>) -> Option<Area> {
    line.as_ref().map(|line| line.area)
}

/// The text and the largest of the heights, in units, in which it fits `width` pixels. A text that fits in none is
/// shortened.
fn fitted(text: &str, width: f32, unit: f32, heights: [f32; 3]) -> (String, f32) {
    let length = text.chars().count();
    let room = |height: f32| (width as i32 / Face::of_height(unit * height).width(1)) as usize;
    match heights.into_iter().find(|height| length <= room(*height)) {
        Some(height) => (text.to_owned(), height),
        None => {
            let [.., smallest] = heights;
            let kept: String = text.chars().take(room(smallest).saturating_sub(2)).collect();
            (format!("{}..", kept.trim_end()), smallest)
        }
    }
}

/// `HH:MM:SS.mmm UTC`
fn clock(unix_us: u64) -> String {
    let (seconds, millis) = (unix_us / 1_000_000, unix_us / 1000 % 1000);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{millis:03} UTC")
}

fn running_number(number: u64) -> String {
    format!("frame {:08}", number % 100_000_000)
}

#[cfg(test)]
mod tests;
