//! Layouts, borders, and the SIMD against its plain twin.

use bytes::Bytes;

use super::*;
use crate::capture::{CaptureTime, Frame, Layout, PixelFormat};

fn frame(format: PixelFormat, width: u32, height: u32, data: impl Into<Bytes>) -> Frame {
    let layout = Layout::packed(format, width, height);
    Frame { data: data.into(), layout, time: CaptureTime::arrived_now(), number: 0 }
}

fn rows<'a>(rows: Rows<'a>) -> Vec<&'a [u8]> {
    rows.iter().collect()
}

#[cfg(target_arch = "x86_64")]
mod simd {
    use super::*;

    type Split422 = fn(Order, bool, [&[u8]; 2], [&mut [u8]; 2], [&mut [u8]; 2]);
    type SplitChroma = fn(bool, &[u8], [&mut [u8]; 2]);

    fn noise(len: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(len as u64);
        (0..len).map(|_| random.u8(..)).collect()
    }

    #[test]
    fn packed_rows_come_apart_as_in_the_plain_loop_at_any_width() {
        let orders = [Order::LumaFirst, Order::ChromaFirst];
        for (order, limited) in orders.into_iter().flat_map(|order| [(order, false), (order, true)]) {
            for pairs in (0..100).chain([320, 333]) {
                let (above, below) = (noise(4 * pairs), noise(4 * pairs + 1));
                let split = |kernel: Split422| {
                    let [mut y0, mut y1] = [vec![0; 2 * pairs], vec![0; 2 * pairs]];
                    let [mut u, mut v] = [vec![0; pairs], vec![0; pairs]];
                    kernel(order, limited, [&above, &below[1..]], [&mut y0, &mut y1], [&mut u, &mut v]);
                    [y0, y1, u, v]
                };
                assert_eq!(
                    split(sse2::split_422),
                    split(plain::split_422),
                    "{pairs} pairs, {order:?}, limited: {limited}"
                );
            }
        }
    }

    #[test]
    fn chroma_pairs_come_apart_as_in_the_plain_loop_at_any_width() {
        for (len, limited) in (0..100).chain([320, 333]).flat_map(|len| [(len, false), (len, true)]) {
            let pairs = noise(2 * len);
            let split = |kernel: SplitChroma| {
                let [mut u, mut v] = [vec![0; len], vec![0; len]];
                kernel(limited, &pairs, [&mut u, &mut v]);
                [u, v]
            };
            assert_eq!(split(sse2::split_chroma), split(plain::split_chroma), "{len} pairs, limited: {limited}");
        }
    }
}

#[test]
fn yuyv_and_uyvy_give_the_same_planes() {
    let yuyv = [10, 100, 20, 200, 30, 110, 40, 210, /* next row */ 50, 102, 60, 203, 70, 111, 80, 211];
    let uyvy = [100, 10, 200, 20, 110, 30, 210, 40, /* next row */ 102, 50, 203, 60, 111, 70, 211, 80];
    let cases = [(PixelFormat::Yuyv, Order::LumaFirst, yuyv), (PixelFormat::Uyvy, Order::ChromaFirst, uyvy)];
    for (format, order, data) in cases {
        let frame = frame(format, 4, 2, data.to_vec());
        let mut scratch = Planes::default();
        let planes = from_422(&Band::whole(&frame), order, &mut scratch).unwrap();
        assert_eq!(rows(planes.y), [[10, 20, 30, 40], [50, 60, 70, 80]]);
        assert_eq!(rows(planes.u), [[101, 111]], "the mean of two rows, rounded up");
        assert_eq!(rows(planes.v), [[202, 211]]);
    }
}

#[test]
fn an_odd_picture_repeats_its_last_column_and_row_and_not_the_padding() {
    let padding = 99;
    let yuyv = [10, 1, 20, 2, 30, 3, padding, 4].repeat(3);
    let frame = frame(PixelFormat::Yuyv, 3, 3, yuyv);
    let mut scratch = Planes::default();
    let planes = from_422(&Band::whole(&frame), Order::LumaFirst, &mut scratch).unwrap();
    assert_eq!(rows(planes.y), [[10, 20, 30, 30]; 4]);
    assert_eq!((rows(planes.u), rows(planes.v)), (vec![&[1, 3][..]; 2], vec![&[2, 4][..]; 2]));
}

#[test]
fn an_odd_i420_picture_borrows_its_chroma_and_completes_its_luma() {
    let data = [1, 2, 3, 4, 5, 6, 7, 8, 9, /* U */ 10, 11, 12, 13, /* V */ 20, 21, 22, 23];
    let frame = frame(PixelFormat::I420, 3, 3, data.to_vec());
    let mut scratch = Planes::default();
    let planes = from_i420(&Band::whole(&frame), &mut scratch).unwrap();
    assert_eq!(rows(planes.y), [[1, 2, 3, 3], [4, 5, 6, 6], [7, 8, 9, 9], [7, 8, 9, 9]]);
    assert_eq!(planes.u.data().as_ptr(), frame.data[9..].as_ptr());
}

#[test]
fn an_even_full_range_i420_picture_is_not_copied() {
    let frame = frame(PixelFormat::I420, 4, 2, vec![0; 12]);
    let mut scratch = Planes::default();
    let planes = from_i420(&Band::whole(&frame), &mut scratch).unwrap();
    let at = |byte: usize| frame.data[byte..].as_ptr();
    assert_eq!([planes.y, planes.u, planes.v].map(|rows| rows.data().as_ptr()), [at(0), at(8), at(10)]);
}

#[test]
fn limited_range_is_stretched_in_every_format() {
    let black_then_white = |limited: &Frame, planes: I420<'_>| {
        assert_eq!(rows(planes.y)[0], [0, 255], "{:?}", limited.layout.format);
        assert_eq!((rows(planes.u)[0], rows(planes.v)[0]), (&[1][..], &[255][..]));
    };
    let limited = |format, data: &[u8]| {
        let mut frame = frame(format, 2, 2, data.to_vec());
        frame.layout.limited_range = true;
        frame
    };
    let mut scratch = Planes::default();
    let yuyv = limited(PixelFormat::Yuyv, &[16, 16, 235, 240, 16, 16, 235, 240]);
    black_then_white(&yuyv, from_422(&Band::whole(&yuyv), Order::LumaFirst, &mut scratch).unwrap());
    let nv12 = limited(PixelFormat::Nv12, &[16, 235, 16, 235, 16, 240]);
    black_then_white(&nv12, from_nv12(&Band::whole(&nv12), &mut scratch).unwrap());
    let i420 = limited(PixelFormat::I420, &[16, 235, 16, 235, 16, 240]);
    black_then_white(&i420, from_i420(&Band::whole(&i420), &mut scratch).unwrap());
}
