//! How a test pattern looks, whoever shows it.

use anyhow::{Result, ensure};
use end_to_end::{Picture, Rectangle};

/// The colour bars from the left.
const BARS: [[f64; 3]; 8] = [
    [255.0, 255.0, 255.0],
    [255.0, 255.0, 0.0],
    [0.0, 255.0, 255.0],
    [0.0, 255.0, 0.0],
    [255.0, 0.0, 255.0],
    [255.0, 0.0, 0.0],
    [0.0, 0.0, 255.0],
    [0.0, 0.0, 0.0],
];
/// Where the bars lie, in hundredths of the height; their edges are left out.
const TOP: usize = 89;
const BOTTOM: usize = 93;
/// What JPEG and a client's conversion may change; video range taken for full range changes more.
const TOLERANCE: f64 = 12.0;

/// The picture's bars have the colours that the test pattern has.
///
/// # Errors
/// One has another.
pub(crate) fn has_its_colours(picture: &Picture) -> Result<()> {
    let (wide, top, bottom) = (picture.width / 8, picture.height * TOP / 100, picture.height * BOTTOM / 100);
    for (n, bar) in BARS.into_iter().enumerate() {
        let middle = Rectangle { x: n * wide + wide / 4, y: top, width: wide / 2, height: bottom - top };
        let seen = picture.part(middle)?.mean();
        let right = seen.iter().zip(bar).all(|(seen, bar)| (seen - bar).abs() < TOLERANCE);
        ensure!(right, "bar {n} is {seen:.0?}, not {bar:?}");
    }
    Ok(())
}
