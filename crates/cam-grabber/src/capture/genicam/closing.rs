//! The end of a camera that perhaps no longer answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use aravis::prelude::*;

/// A camera that answers is closed in a tenth of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Holds an open camera to the last: when this is dropped, the camera is stopped and closed, on a thread of its own.
///
/// Aravis says goodbye three times and waits 2.5 s for each answer, of a camera that is gone, hangs, or listens to another
/// program by now. We wait only as long as a camera takes that answers; the others can be opened again meanwhile, as a
/// goodbye from an old socket means nothing to them.
pub(super) struct Goodbye {
    device: String,
    open: Option<(aravis::Stream, aravis::Camera)>,
    control_lost: Arc<AtomicBool>,
}

impl Goodbye {
    /// To a camera that is called `device`; where `control_lost` says so in the end, nobody waits at all.
    pub(super) fn to(
        device: &str,
        stream: &aravis::Stream,
        camera: &aravis::Camera,
        control_lost: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            device: device.to_owned(),
            open: Some((stream.clone(), camera.clone())),
            control_lost: Arc::clone(control_lost),
        }
    }
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        let Some((stream, camera)) = self.open.take() else { return };
        let (closed, is_closed) = mpsc::channel::<()>();
        let close = move || {
            camera.stop_acquisition().ok();
            // The stream before its camera.
            drop(stream);
            drop(camera);
            drop(closed);
        };
        // Without a thread it is all dropped here, and waited for.
        thread::Builder::new().name("goodbye".into()).spawn(close).ok();
        let lost = self.control_lost.load(Ordering::Relaxed);
        let patience = if lost { Duration::ZERO } else { PATIENCE };
        if is_closed.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) && !lost {
            tracing::warn!("camera {} does not answer; its SDK is left behind, saying goodbye to it", self.device);
        }
    }
}
