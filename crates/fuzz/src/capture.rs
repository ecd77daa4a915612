//! The grabber's own list of pixel formats, which its encoding errors name.
#![allow(dead_code, unreachable_pub, reason = "it is whole here, and only a part of it is used")]

#[path = "../../cam-grabber/src/capture/pixel_format.rs"]
mod pixel_format;

pub use pixel_format::PixelFormat;
