//! What a client asked for.

use super::{Face, Pace};
use crate::camera_set::CameraSet;

/// Without a wish: every camera, as fast as they come, the newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Where it asked.
    pub(crate) face: Face,
    /// `?cameras=`
    pub(crate) wanted: CameraSet,
    /// `?fps=`
    pub(crate) pace: Option<Pace>,
    /// `?delivery=every`
    pub(crate) every: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { face: Face::Bundles, wanted: CameraSet::ALL, pace: None, every: false }
    }
}
