//! A rectangle of RGB pixels to draw on. It may be a part of a picture: everything is drawn at the whole picture's
//! coordinates, and what lies outside the canvas is left out.

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

pub(crate) const WHITE: Rgb = [255; 3];

/// Pixels from `left` to before `right`, `top` to before `bottom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

impl Area {
    /// From its upper left corner and its size.
    pub(crate) fn at(left: i32, top: i32, width: i32, height: i32) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// The square around a circle.
    pub(crate) fn around((x, y): (f32, f32), radius: f32) -> Self {
        Self {
            left: (x - radius).floor() as i32,
            top: (y - radius).floor() as i32,
            right: (x + radius).ceil() as i32 + 1,
            bottom: (y + radius).ceil() as i32 + 1,
        }
    }

    /// What both have; no pixel and no row where they do not meet.
    pub(crate) fn and(self, other: Self) -> Self {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        let (right, bottom) = (self.right.min(other.right), self.bottom.min(other.bottom));
        if left < right && top < bottom { Self { left, top, right, bottom } } else { Self::at(left, top, 0, 0) }
    }

    /// Grown to whole blocks of 2x2 pixels, the unit of the formats that share chroma.
    pub(crate) fn in_blocks(self) -> Self {
        Self { left: self.left & !1, top: self.top & !1, right: (self.right + 1) & !1, bottom: (self.bottom + 1) & !1 }
    }

    /// Pixels.
    pub(crate) fn width(self) -> usize {
        (self.right - self.left) as usize
    }

    /// Pixels.
    pub(crate) fn height(self) -> usize {
        (self.bottom - self.top) as usize
    }
}

/// The pixels of an area of a picture.
pub(crate) struct Canvas {
    area: Area,
    pixels: Vec<Rgb>,
}

impl Canvas {
    /// A black one.
    pub(crate) fn new(area: Area) -> Self {
        Self { area, pixels: vec![[0; 3]; area.width() * area.height()] }
    }

    /// Becomes a copy of a part of `whole`, and forgets what it was.
    pub(crate) fn cut_from(&mut self, whole: &Canvas, area: Area) {
        self.area = area.and(whole.area);
        self.pixels.clear();
        for y in self.area.top..self.area.bottom {
            let from = whole.index(self.area.left, y);
            self.pixels.extend_from_slice(&whole.pixels[from..from + self.area.width()]);
        }
    }

    /// Where in the picture it lies.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// Rows from the top.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[Rgb]> {
        self.pixels.chunks_exact(self.area.width().max(1))
    }

    /// Calls `draw` with the coordinates of each pixel of `area` that is here.
    pub(crate) fn each(&mut self, area: Area, mut draw: impl FnMut(i32, i32, &mut Rgb)) {
        let area = area.and(self.area);
        for y in area.top..area.bottom {
            let start = self.index(area.left, y);
            let row = &mut self.pixels[start..start + area.width()];
            for (x, pixel) in (area.left..).zip(row) {
                draw(x, y, pixel);
            }
        }
    }

    /// One colour, laid over what is there; `strength` from 0 to 1.
    pub(crate) fn fill(&mut self, area: Area, colour: Rgb, strength: f32) {
        self.each(area, |_, _, pixel| mix(pixel, colour, strength));
    }

    /// A disc with a smooth edge.
    pub(crate) fn disc(&mut self, centre: (f32, f32), radius: f32, colour: Rgb, strength: f32) {
        self.each(Area::around(centre, radius + 1.0), |x, y, pixel| {
            mix(pixel, colour, strength * (radius + 0.5 - distance(centre, x, y)).clamp(0.0, 1.0));
        });
    }

    /// A circle's line with a smooth edge.
    pub(crate) fn ring(&mut self, centre: (f32, f32), radius: f32, line: f32, colour: Rgb, strength: f32) {
        self.each(Area::around(centre, radius + line), |x, y, pixel| {
            let off = (distance(centre, x, y) - radius).abs();
            mix(pixel, colour, strength * ((line + 1.0) / 2.0 - off).clamp(0.0, 1.0));
        });
    }

    /// Where a pixel of the area lies in `pixels`.
    fn index(&self, x: i32, y: i32) -> usize {
        (y - self.area.top) as usize * self.area.width() + (x - self.area.left) as usize
    }
}

/// Lays a colour over a pixel; `strength` from 0 to 1.
pub(crate) fn mix(pixel: &mut Rgb, colour: Rgb, strength: f32) {
    let weight = (strength * 256.0) as i32;
    for (channel, colour) in pixel.iter_mut().zip(colour) {
        let from = i32::from(*channel);
        *channel = (from + (((i32::from(colour) - from) * weight + 128) >> 8)) as u8;
    }
}

/// Red, green and blue of a hue in degrees; saturation and lightness from 0 to 1.
pub(crate) fn from_hsl(hue: f32, saturation: f32, lightness: f32) -> Rgb {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + hue / 30.0).rem_euclid(12.0);
        let channel = lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (channel * 255.0).round() as u8
    })
}

/// From a point to the middle of a pixel.
fn distance((x, y): (f32, f32), to_x: i32, to_y: i32) -> f32 {
    (to_x as f32 - x).hypot(to_y as f32 - y)
}
