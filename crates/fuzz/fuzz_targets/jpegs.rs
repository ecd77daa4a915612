//! Pictures of cameras and grabbers. What the grabber lets pass is the whole of its JPEG, or one with an end, and passes a
//! second time; the bridge reads the same size out of it. What the bridge could scale has the size that was asked for, and
//! is a JPEG that can be scaled again.
#![no_main]

use std::panic;
use std::sync::Once;

use bytes::Bytes;
use cameracast_fuzz::{CameraJpeg, completed, whole};
use libfuzzer_sys::fuzz_target;
use ws_bridge::fuzzing::{scale, size_of_jpeg};

/// Larger pictures are not decoded here: one of them would take the time of thousands of small ones.
const MOST_PIXELS: u32 = 1 << 13;

fuzz_target!(|input: &[u8]| {
    let buffer = Bytes::copy_from_slice(input);
    let passed = whole(&buffer);
    if let Ok(passed) = &passed {
        assert_eq!(passed.jpeg.as_ptr(), buffer.as_ptr(), "not copied");
        is_whole(passed);
        assert_eq!(completed(&buffer).as_ref(), Ok(passed), "nothing is missing");
    }
    if let Ok(completed) = completed(&buffer) {
        is_whole(&completed);
    }
    if let Some((width, height)) = size_of_jpeg(&buffer)
        && u32::from(width) * u32::from(height) <= MOST_PIXELS
        && let Some(Ok(small)) = scaled(&buffer)
    {
        assert_eq!(size_of_jpeg(&small), Some((40, 16)));
        assert!(scale(&small, (16, 20)).is_ok());
        let small = whole(&small).expect("what is sent is whole");
        is_whole(&small);
    }
});

/// `None` where the decoder panics, which the bridge takes for a broken picture. It is not ours: of its panics none ends
/// this process, as all others do.
fn scaled(jpeg: &[u8]) -> Option<Result<Bytes, String>> {
    static SPARE_THE_DECODER: Once = Once::new();
    SPARE_THE_DECODER.call_once(|| {
        let abort = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if panic.location().is_none_or(|place| !place.file().contains("/zune-jpeg-")) {
                abort(panic);
            }
        }));
    });
    panic::catch_unwind(|| scale(jpeg, (40, 16))).ok()
}

fn is_whole(picture: &CameraJpeg) {
    assert!(picture.jpeg.starts_with(b"\xFF\xD8") && picture.jpeg.ends_with(b"\xFF\xD9"));
    assert!(picture.width > 0 && picture.height > 0);
    assert_eq!(whole(&picture.jpeg).as_ref(), Ok(picture));
    assert_eq!(size_of_jpeg(&picture.jpeg), Some((picture.width, picture.height)));
}
