//! Finds the grabber's test patterns on a screen, by their colour bars.

use end_to_end::{Picture, Rectangle};

/// The bars that nothing else on the screen looks like, from the second on: six of eight, from one eighth of the width.
const BARS: [[u8; 3]; 6] = [[255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0], [0, 0, 255]];
/// JPEG and scaling change a colour by less.
const CLOSE: u8 = 48;
/// The bars begin at this share of the picture's height.
const TOP: f64 = 0.87;

/// Where whole, bright patterns of 4 to 3 are, row by row.
pub(crate) fn patterns(screen: &Picture) -> Vec<Rectangle> {
    let mut found: Vec<Rectangle> = Vec::new();
    for (y, row) in screen.rgb.chunks_exact(3 * screen.width).enumerate() {
        for (x, width) in bars(row) {
            let height = 3 * width / 4;
            let Some(top) = y.checked_sub((TOP * height as f64).round() as usize) else { continue };
            // The first row of bars tells where the picture begins; those below it are within that picture.
            let known = |place: &Rectangle| place.x.abs_diff(x) < 8 && y < place.y + place.height;
            if x + width <= screen.width && top + height <= screen.height && !found.iter().any(known) {
                found.push(Rectangle { x, y: top, width, height });
            }
        }
    }
    found.sort_by_key(|place| (place.y / 8, place.x));
    found
}

/// Whether these are the same places, but for what JPEG does to their edges.
pub(crate) fn same(a: &[Rectangle], b: &[Rectangle]) -> bool {
    let sides = |place: &Rectangle| [place.x, place.y, place.width, place.height];
    let close = |(a, b): (&Rectangle, &Rectangle)| sides(a).iter().zip(sides(b)).all(|(a, b)| a.abs_diff(b) <= 4);
    a.len() == b.len() && a.iter().zip(b).all(close)
}

/// Left edge and width of each picture whose bars a row of pixels crosses.
fn bars(row: &[u8]) -> Vec<(usize, usize)> {
    let runs = runs(row);
    let in_order = |runs: &&[(usize, usize, usize)]| runs.iter().enumerate().all(|(n, (bar, ..))| *bar == n);
    runs.windows(BARS.len())
        .filter(in_order)
        .filter_map(|runs| {
            let (begin, end) = (runs[0].1, runs[BARS.len() - 1].2);
            let each = (end - begin) / BARS.len();
            let even = runs.iter().all(|(_, from, to)| (to - from).abs_diff(each) <= 4);
            (even && each > 8).then(|| Some((begin.checked_sub(each)?, 8 * (end - begin) / BARS.len())))?
        })
        .collect()
}

/// Stretches of one bar's colour: which bar, from where, to where. Blurred pixels between two bars are left out.
fn runs(row: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (x, pixel) in row.chunks_exact(3).enumerate() {
        let is_close = |bar: &[u8; 3]| bar.iter().zip(pixel).all(|(a, b)| a.abs_diff(*b) < CLOSE);
        let Some(bar) = BARS.iter().position(is_close) else { continue };
        match runs.last_mut() {
            Some((last, _, to)) if *last == bar && x - *to < 3 => *to = x + 1,
            _ => runs.push((bar, x, x + 1)),
        }
    }
    runs.retain(|(_, from, to)| to - from > 4);
    runs
}

#[test]
fn patterns_are_found_where_they_are_and_dimmed_ones_are_not() {
    let place = Rectangle { x: 100, y: 40, width: 320, height: 240 };
    let screen = |brightness: f64| {
        Picture::drawn(640, 480, move |x, y| {
            let across = x.checked_sub(place.x).filter(|x| *x < place.width).map(|x| 8 * x / place.width);
            let down = y.checked_sub(place.y).filter(|y| *y < place.height).map(|y| 100 * y / place.height);
            match (across, down) {
                (Some(0), Some(87..95)) => [255; 3],
                (Some(bar @ 1..=6), Some(87..95)) => BARS[bar - 1].map(|value| (f64::from(value) * brightness) as u8),
                (Some(_), Some(_)) => [20, 30, 90],
                _ => [0; 3],
            }
        })
    };
    let found = patterns(&screen(1.0));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(same(&found, &[place]), "{found:?}");
    assert_eq!(patterns(&screen(0.5)), []);
}
