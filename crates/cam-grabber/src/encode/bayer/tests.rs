//! Colours and borders, and the SIMD against its plain twin.

use super::*;

const ORDERS: [BayerOrder; 4] = [BayerOrder::Rggb, BayerOrder::Grbg, BayerOrder::Gbrg, BayerOrder::Bggr];

/// What a sensor sees of a single colour.
fn mosaic_of(order: BayerOrder, [r, g, b]: [u8; 3], width: usize, height: usize) -> Vec<u8> {
    let block = match order {
        BayerOrder::Rggb => [[r, g], [g, b]],
        BayerOrder::Grbg => [[g, r], [b, g]],
        BayerOrder::Gbrg => [[g, b], [r, g]],
        BayerOrder::Bggr => [[b, g], [g, r]],
    };
    (0..width * height).map(|at| block[at / width % 2][at % width % 2]).collect()
}

#[test]
fn one_colour_stays_that_colour_up_to_the_borders_in_every_order() {
    for order in ORDERS {
        for (width, height) in [(2, 2), (3, 3), (17, 5), (18, 4), (19, 3), (64, 2)] {
            let mosaic = mosaic_of(order, [200, 100, 50], width, height);
            let mut scratch = Vec::new();
            let picture = demosaic(Rows::packed(&mosaic, width), order, 0..height, &mut scratch);
            assert_eq!(picture.data(), [200, 100, 50, 255].repeat(width * height), "{order:?} {width}x{height}");
        }
    }
}

#[test]
fn a_missing_colour_is_the_rounded_mean_of_its_neighbours() {
    #[rustfmt::skip]
    let mosaic = [
        10, 20, 31,
        40, 50, 60,
        71, 80, 91,
    ];
    let mut scratch = Vec::new();
    let picture = demosaic(Rows::packed(&mosaic, 3), BayerOrder::Rggb, 0..3, &mut scratch);
    // Blue at the middle of R G R / G B G / R G R.
    assert_eq!(picture.row(1)[PIXEL..][..3], [(10 + 31 + 71 + 91 + 2) / 4, (20 + 40 + 60 + 80 + 2) / 4, 50]);
    // Green above it.
    assert_eq!(picture.row(0)[PIXEL..][..3], [21, 20, 50]);
}

#[test]
fn a_picture_of_one_pixel_row_or_column_is_no_trouble() {
    for (width, height) in [(1, 1), (1, 7), (7, 1), (40, 1), (2, 1)] {
        let mut scratch = Vec::new();
        let picture =
            demosaic(Rows::packed(&vec![9; width * height], width), BayerOrder::Gbrg, 0..height, &mut scratch);
        assert_eq!(picture.data(), [9, 9, 9, 255].repeat(width * height));
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn simd_gives_what_the_plain_loop_gives_at_any_width() {
    let mut random = fastrand::Rng::with_seed(7);
    for width in (1..100).chain([640, 641]) {
        let rows: [Vec<u8>; 3] = std::array::from_fn(|_| (0..width).map(|_| random.u8(..)).collect());
        for (red, green_first) in [(true, true), (true, false), (false, true), (false, false)] {
            let colour = |kernel: fn(Neighbourhood<'_>, RowColours, &mut [u8])| {
                let rows = Neighbourhood { above: &rows[0], row: &rows[1], below: &rows[2] };
                let mut pixels = vec![0; PIXEL * width];
                kernel(rows, RowColours { red, green_first }, &mut pixels);
                pixels
            };
            assert_eq!(colour(sse2::colour_row), colour(plain::colour_row), "{width} pixels");
        }
    }
}
