//! The size of a picture as its JPEG says it, which alone counts: the frame's own header is the grabber's word. Pure.

use super::Pixels;
use super::error::Undecodable;

/// The size stands near the beginning; what comes later is not looked at.
const BEGINNING: usize = 1 << 20;

/// The size of the picture in a JPEG.
///
/// # Errors
/// It is none, or it does not say.
pub(crate) fn size(jpeg: &[u8]) -> Result<Pixels, Undecodable> {
    search(jpeg.get(..BEGINNING).unwrap_or(jpeg)).ok_or(Undecodable::NoSize)
}

/// Steps from marker to marker (ITU-T T.81, B.1.1) up to the picture itself, and reads the frame header (B.2.2) among
/// them. A second one would be another size: of such a picture nobody knows what a decoder makes.
fn search(jpeg: &[u8]) -> Option<Pixels> {
    let mut rest = jpeg.strip_prefix(b"\xFF\xD8")?;
    let mut size = None;
    while let Some((marker, behind)) = next_marker(rest) {
        rest = behind;
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => continue, // nothing follows these
            0xD9 | 0xDA => break,                  // the end, or the picture itself
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF if size.is_some() => return None,
            0xC0..=0xCF => size = Some(frame_size(rest)?),
            _ => {}
        }
        rest = length(rest).and_then(|length| rest.get(length..)).unwrap_or_default();
    }
    size.filter(|size| size.width > 0 && size.height > 0)
}

fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let marker = bytes.get(bytes.iter().position(|byte| *byte == 0xFF)?..)?;
    let fill = marker.iter().position(|byte| *byte != 0xFF)?;
    marker.get(fill..)?.split_first().map(|(marker, behind)| (*marker, behind))
}

/// Of a frame header: length, precision, height, width.
fn frame_size(segment: &[u8]) -> Option<Pixels> {
    let side = |at| Some(u16::from_be_bytes(segment.get(at..at + 2)?.try_into().ok()?));
    Some(Pixels { width: side(5)?, height: side(3)? })
}

/// How long a segment is, its length included.
fn length(segment: &[u8]) -> Option<usize> {
    let length = u16::from_be_bytes(segment.get(..2)?.try_into().ok()?);
    (length >= 2).then_some(usize::from(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME_HEADER: &[u8] = b"\xFF\xC0\x00\x0B\x08\x01\xE0\x02\x80\x01\x01\x11\x00";
    const VGA: Pixels = Pixels { width: 640, height: 480 };

    #[test]
    fn the_size_is_found_behind_whatever_stands_before_it() {
        for before in [
            &b""[..],
            b"\xFF\xE0\x00\x04\xFF\xC0", // an application segment with what looks like a frame header
            b"\xFF\xC4\x00\x02",         // Huffman tables, as another frame header could begin
            b"\xFF\xFF\xFF\xFE\x00\x03\xFF", // fill bytes, then a comment
            b"\x00\x00\xFF\x01",         // rubbish
        ] {
            assert_eq!(size(&[b"\xFF\xD8", before, FRAME_HEADER].concat()), Ok(VGA), "{before:x?}");
        }
        let progressive = [b"\xFF\xD8\xFF\xC2", &FRAME_HEADER[2..]].concat();
        assert_eq!(size(&progressive), Ok(VGA));
    }

    #[test]
    fn what_has_no_size_is_no_picture() {
        let good = [b"\xFF\xD8", FRAME_HEADER].concat();
        for end in 0..9 {
            assert!(size(&good[..end]).is_err(), "{end} bytes");
        }
        for bad in [
            &b"BM"[..],
            b"\xFF\xD8\xFF\xD9",
            b"\xFF\xD8\xFF\xDA\x00\x02",
            b"\xFF\xD8\xFF\xE0\x00\x01",
            b"\xFF\xD8\xFF\xE0\xFF\xFF",
            b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x00\x02\x80",
        ] {
            assert!(size(bad).is_err(), "{bad:x?}");
        }
    }

    #[test]
    fn a_picture_with_two_sizes_has_none() {
        let comment = b"\xFF\xFE\x00\x03\xFF";
        for second in [FRAME_HEADER, b"\xFF\xC2\x00\x0B\x08\x00\x11\x00\x21\x01\x01\x11\x00"] {
            assert!(size(&[b"\xFF\xD8", FRAME_HEADER, comment, second].concat()).is_err());
        }
        let behind_the_picture = [b"\xFF\xD8", FRAME_HEADER, comment, b"\xFF\xDA", FRAME_HEADER].concat();
        assert_eq!(size(&behind_the_picture), Ok(VGA));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xFF)], 0..200)) {
            let _ = size(&[b"\xFF\xD8", &bytes[..]].concat());
        }
    }
}
