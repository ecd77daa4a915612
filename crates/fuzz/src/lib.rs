//! What several fuzz targets share.

mod capture;
mod cut;
mod encode;

pub use cut::Cut;
pub use encode::{CameraJpeg, completed, whole};
