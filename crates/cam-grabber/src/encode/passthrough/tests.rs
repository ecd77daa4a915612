//! JPEGs as cameras send them, whole and damaged.

use proptest::prelude::*;

use super::*;
use crate::encode::markers::DAMAGED;

/// A camera's JPEG: a real one, 24x16.
fn camera_jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..24 * 16 * 3).map(|at| (at * 7 % 251) as u8).collect();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
    encoder.encode(&pixels, 24, 16, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// The same with an APP1 segment that holds another JPEG, as a thumbnail.
fn with_thumbnail() -> Vec<u8> {
    let jpeg = camera_jpeg();
    let length = (jpeg.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &jpeg, &jpeg[2..]].concat()
}

#[test]
fn a_whole_jpeg_is_passed_on_without_a_copy_and_with_its_size() {
    let buffer = Bytes::from(camera_jpeg());
    let CameraJpeg { jpeg, width, height } = whole(&buffer).unwrap();
    assert_eq!((width, height), (24, 16));
    assert_eq!(jpeg, buffer);
    assert_eq!(jpeg.as_ptr(), buffer.as_ptr());
}

#[test]
fn what_a_camera_leaves_behind_the_end_is_cut_off_without_a_copy() {
    for rest in [&[0; 4000][..], &[0, 0, 7, 0], &[0xff], &[0xd9]] {
        let original = camera_jpeg();
        let buffer = Bytes::from([&original, rest].concat());
        let cut = whole(&buffer).unwrap().jpeg;
        assert_eq!(cut, original);
        assert_eq!(cut.as_ptr(), buffer.as_ptr());
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_truncated() {
    for jpeg in [camera_jpeg(), with_thumbnail()] {
        for len in 2..jpeg.len() {
            let error = whole(&Bytes::copy_from_slice(&jpeg[..len])).unwrap_err();
            assert_eq!(error, EncodeError::TruncatedJpeg(len));
            assert_eq!(error.cause(), "truncated jpeg");
        }
        assert!(whole(&Bytes::from(jpeg)).is_ok());
    }
}

#[test]
fn a_jpeg_without_its_end_is_whole_again_when_it_is_completed() {
    let whole = camera_jpeg();
    let completed = completed(&Bytes::copy_from_slice(&whole[..whole.len() - 2])).unwrap();
    assert_eq!(completed, CameraJpeg { jpeg: whole.into(), width: 24, height: 16 });
}

#[test]
fn a_jpeg_cut_behind_its_header_gets_an_end() {
    for jpeg in [camera_jpeg(), with_thumbnail()] {
        let (_, _, header) = read_header(&jpeg).unwrap();
        for len in 2..jpeg.len() {
            let cut = Bytes::copy_from_slice(&jpeg[..len]);
            if len < header {
                assert_eq!(completed(&cut).unwrap_err(), EncodeError::TruncatedJpeg(len));
                continue;
            }
            let end = &[0xff, 0xd9][..];
            assert_eq!(completed(&cut).unwrap().jpeg, [&jpeg[..len], end].concat());
        }
    }
}

#[test]
fn a_whole_jpeg_is_not_touched_by_completing() {
    let buffer = Bytes::from([&camera_jpeg(), &[0; 40][..]].concat());
    let completed = completed(&buffer).unwrap();
    assert_eq!(completed, whole(&buffer).unwrap());
    assert_eq!(completed.jpeg.as_ptr(), buffer.as_ptr());
}

#[test]
fn what_is_no_jpeg_is_called_that() {
    let png = Bytes::from_static(b"\x89PNG\r\n\x1a\n0123456789");
    assert_eq!(whole(&png).unwrap_err().cause(), "not a jpeg");

    let mut damaged = camera_jpeg();
    damaged[2] = 0;
    assert_eq!(whole(&damaged.into()).unwrap_err(), DAMAGED);

    let mut without_size = camera_jpeg();
    let frame_header = without_size.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    without_size[frame_header + 5..][..4].fill(0);
    assert_eq!(whole(&without_size.into()).unwrap_err(), EncodeError::NotJpeg("its header names no size"));
}

#[test]
fn a_header_that_programs_would_read_in_different_ways_is_no_jpeg() {
    let jpeg = camera_jpeg();
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let with = |inserted: &[u8]| whole(&Bytes::from([&jpeg[..scan], inserted, &jpeg[scan..]].concat()));
    assert!(with(&[0xff, 0xfe, 0, 3, 7]).is_ok(), "a comment");

    let another_size = [0xff, 0xc0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0];
    assert_eq!(with(&another_size).unwrap_err(), EncodeError::NotJpeg("its header names two sizes"));
    assert_eq!(with(&[0xff, 0xc1, 0, 3, 8]).unwrap_err(), EncodeError::NotJpeg("its header names no size"));
    for alone in [0x00, 0x01, 0xd0, 0xd7, 0xd8, 0xd9] {
        assert_eq!(with(&[0xff, alone, 0, 2]).unwrap_err(), DAMAGED, "{alone:x}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_passes_has_a_beginning_and_an_end(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        len in any::<prop::sample::Index>(),
        thumbnail: bool,
    ) {
        let mut bytes = if thumbnail { with_thumbnail() } else { camera_jpeg() };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(len.index(bytes.len() + 1));
        let bytes = Bytes::from(bytes);
        for passed in [whole(&bytes), completed(&bytes)].into_iter().flatten() {
            prop_assert!(passed.jpeg.starts_with(&[0xff, 0xd8]) && passed.jpeg.ends_with(&[0xff, 0xd9]));
            prop_assert!(passed.width > 0 && passed.height > 0);
        }
    }
}
