//! What a client asked for.

use super::Pace;
use crate::camera_set::CameraSet;

/// Without a wish: every camera, as fast as they come, the newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// `?cameras=`
    pub(crate) wanted: CameraSet,
    /// `?fps=`
    pub(crate) pace: Option<Pace>,
    /// `?delivery=every`
    pub(crate) every: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { wanted: CameraSet::ALL, pace: None, every: false }
    }
}
