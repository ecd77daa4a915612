//! What moves most: a ball that goes round the text at an even speed. Where a stream stutters, it jumps.

use std::f32::consts::TAU;

use super::backdrop;
use super::canvas::{Area, Canvas, Rgb, WHITE, from_hsl};

const BLACK: Rgb = [0; 3];
/// Time in which the ball goes round once, µs. It follows Unix time: the balls of all patterns stand at the same angle.
pub(super) const ROUND_US: u64 = 4_000_000;

/// The ball's way round the picture's middle.
pub(super) struct Orbit {
    pub(super) centre: (f32, f32),
    pub(super) radius: f32,
    line: f32,
    ball: f32,
    pub(super) colour: Rgb,
}

impl Orbit {
    /// The orbit of camera `id` in a picture of `unit` pixels.
    pub(super) fn new(id: u8, picture: Area, unit: f32) -> Self {
        Self {
            centre: (picture.right as f32 / 2.0, picture.bottom as f32 * 0.435),
            radius: unit * 0.36,
            line: unit / 160.0,
            ball: (unit / 26.0).max(1.5),
            colour: from_hsl(backdrop::hue(id) + 180.0, 1.0, 0.7),
        }
    }

    /// A dark disc, on which text is easy to read, its rim, and a mark for every twelfth of the way.
    pub(super) fn draw_way(&self, canvas: &mut Canvas) {
        canvas.disc(self.centre, self.radius, BLACK, 0.45);
        canvas.ring(self.centre, self.radius, self.line, WHITE, 0.55);
        for twelfth in 0..12 {
            canvas.disc(self.at(twelfth as f32 / 12.0), self.line * 1.6, WHITE, 0.8);
        }
    }

    /// The point after a share of the way, clockwise from the top.
    fn at(&self, share: f32) -> (f32, f32) {
        let (sin, cos) = (share * TAU).sin_cos();
        (self.centre.0 + self.radius * sin, self.centre.1 - self.radius * cos)
    }

    /// The ball's centre at a moment.
    pub(super) fn ball_at(&self, unix_us: u64) -> (f32, f32) {
        self.at((unix_us % ROUND_US) as f32 / ROUND_US as f32)
    }

    /// What the ball covers.
    pub(super) fn area_of(&self, ball: (f32, f32)) -> Area {
        Area::around(ball, self.ball * 1.5 + 1.0)
    }

    pub(super) fn draw_ball(&self, canvas: &mut Canvas, ball: (f32, f32)) {
        canvas.disc(ball, self.ball * 1.5, self.colour, 0.3);
        canvas.disc(ball, self.ball, self.colour, 1.0);
        canvas.disc((ball.0 - self.ball * 0.3, ball.1 - self.ball * 0.3), self.ball * 0.35, WHITE, 0.8);
    }
}
