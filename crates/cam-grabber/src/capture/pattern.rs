//! A camera that is none: a moving test picture at any size, rate and pixel format. It never fails, and it tells at a
//! glance what a stream does: the ball's way shows stutter, the clock delay, the number lost frames, the bars colours.

mod backdrop;
pub(crate) mod canvas;
mod format;
mod lent;
mod orbit;
mod pace;
pub(crate) mod paint;
mod scene;
mod text;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use cameracast_config as config;

use super::{
    Actual, Bounds, Camera, CameraError, CaptureTime, Cause, Clock, Frame, Grabbed, Layout, Limits, Source, unix_us,
};
use lent::Buffers;
use pace::{Next, Pace};
use scene::Scene;

/// Pixels, where the configuration names none.
const SIZE: (u32, u32) = (640, 480);
/// What each side can be, pixels.
const SIDE: Bounds<u32> = Bounds { min: 1, max: 8192 };
/// Frames per second, where the configuration names none.
const FPS: f64 = 30.0;
/// What the rate can be, frames per second.
const RATE: Bounds<f64> = Bounds { min: 0.01, max: 100_000.0 };

/// The test pattern of one camera of the configuration.
pub struct Pattern {
    id: u8,
    name: String,
    size: (u32, u32),
    fps: f64,
    format: Option<String>,
}

impl Pattern {
    /// A pattern with the camera's name, size, rate and format; 640x480, 30 FPS and I420 where it names none.
    pub fn new(camera: &config::Camera) -> Self {
        let [width, height] = match camera.region {
            Some([_, _, width, height]) => [width, height],
            None => [camera.width.unwrap_or(SIZE.0), camera.height.unwrap_or(SIZE.1)],
        };
        Self {
            id: camera.id,
            name: camera.name.clone(),
            size: (width, height),
            fps: camera.fps.unwrap_or(FPS),
            format: camera.pixel_format.clone(),
        }
    }
}

impl Source for Pattern {
    fn open(&mut self) -> Result<Box<dyn Camera>, CameraError> {
        let bad = |message: String| CameraError::new(Cause::BadFormat, message);
        let (format_name, format) = match &self.format {
            None => format::DEFAULT,
            Some(name) => format::by_name(name).ok_or_else(|| {
                bad(format!("the test pattern has no pixel format {name:?}; it has {}", format::names()))
            })?,
        };
        let (width, height) = self.size;
        if !SIDE.hold(&width) || !SIDE.hold(&height) {
            return Err(bad(format!("the test pattern cannot be {width}x{height}: each side has to be {SIDE} pixels")));
        }
        let fps = self.fps;
        if !RATE.hold(&fps) {
            return Err(bad(format!("the test pattern cannot have {fps} FPS: {RATE} are possible")));
        }

        let layout = Layout::packed(format, width, height);
        let scene = Scene::new(self.id, &self.name, &format!("{width}x{height} {format_name} {fps} FPS"), layout);
        let actual = Actual {
            model: Some("Test pattern".into()),
            width: Some(width),
            height: Some(height),
            fps: Some(fps),
            pixel_format: Some(format_name.into()),
            ..Actual::default()
        };
        let buffers = Buffers::of_size(scene.frame_size());
        let pace = Pace::new(Instant::now(), fps);
        let limits = Limits { width: Some(SIDE), height: Some(SIDE), camera_fps: Some(RATE), ..Limits::default() };
        Ok(Box::new(OpenPattern { actual, limits, layout, buffers, scene, pace }))
    }

    fn set(&mut self, wanted: &config::Camera) {
        *self = Self::new(wanted);
    }
}

struct OpenPattern {
    actual: Actual,
    limits: Limits,
    layout: Layout,
    buffers: Buffers,
    scene: Scene,
    pace: Pace,
}

impl Camera for OpenPattern {
    fn actual(&self) -> &Actual {
        &self.actual
    }

    fn grab(&mut self, timeout: Duration) -> Result<Grabbed, CameraError> {
        let asked = Instant::now();
        loop {
            let now = Instant::now();
            match self.pace.next(now) {
                Next::Take { number, due } => return Ok(Grabbed::Frame(self.take(number, due))),
                Next::Wait(wait) => {
                    let left = timeout.saturating_sub(now - asked);
                    thread::sleep(wait.min(left));
                    if left < wait {
                        return Ok(Grabbed::Nothing);
                    }
                }
            }
        }
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn lost(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([("not fetched in time", self.pace.missed())])
    }
}

impl OpenPattern {
    /// The frame that was due then: that is when it was taken, however late it is drawn.
    fn take(&mut self, number: u64, due: Instant) -> Frame {
        let unix_us = unix_us(due);
        let data = self.buffers.fill(|buffer| self.scene.draw(number, unix_us, buffer));
        let time = CaptureTime { arrived: Instant::now(), unix_us, clock: Clock::CAMERA };
        Frame { data, layout: self.layout, time, number }
    }
}

#[cfg(test)]
mod tests;
