//! What is allowed, and probably not meant.

use crate::{Camera, Config, Source};

/// The original CameraCast's viewer refuses bundles of more cameras.
const CAMERAS_OF_THE_ORIGINAL_VIEWER: usize = 8;

/// What to say of so many cameras, which are "configured" or "found"; nothing where every viewer takes them.
pub fn many_cameras(cameras: usize, are: &str) -> Option<String> {
    (cameras > CAMERAS_OF_THE_ORIGINAL_VIEWER).then(|| {
        format!(
            "{cameras} cameras are {are}, the original CameraCast viewer refuses more than \
             {CAMERAS_OF_THE_ORIGINAL_VIEWER}"
        )
    })
}

impl Config {
    /// One sentence for each thing that works and may surprise; empty for most files.
    pub fn warnings(&self) -> Vec<String> {
        many_cameras(self.cameras.len(), "configured").into_iter().chain(self.shared_devices()).collect()
    }

    fn shared_devices(&self) -> impl Iterator<Item = String> {
        let earlier = |index: usize, camera: &Camera| {
            self.cameras.iter().take(index).find(|other| is_one_device(&other.source, &camera.source))
        };
        self.cameras.iter().enumerate().filter_map(move |(index, camera)| {
            let other = earlier(index, camera)?;
            Some(format!("cameras {} and {} are the same device, only one of them can open it", other.id, camera.id))
        })
    }
}

fn is_one_device(a: &Source, b: &Source) -> bool {
    matches!(a, Source::Genicam { .. } | Source::V4l2 { .. }) && a == b
}
