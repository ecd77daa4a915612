//! What of a camera can be changed while it runs, and what cannot be. Pure.

mod allowed;

use cameracast_config as config;
use config::{Auto, Source};
use frame_bundle::control::{Bounds, Limits, Settings};

use crate::capture::Actual;
use crate::capture::bounds::{EXPOSURE_US, GAIN_DB, RATE, SIDE};

/// Frames per second streamed of a camera, at least.
const SLOWEST_STREAM: f64 = 0.1;
const QUALITY: Bounds<u8> = Bounds { min: 1, max: 100 };

/// What is known of a camera that is to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// As it is set.
    pub camera: &'a config::Camera,
    /// As it was when it was open last.
    pub actual: &'a Actual,
    /// What can be set; empty but for what is set in the stream, where the camera was never open.
    pub limits: &'a Limits,
    /// Whether it was ever open: before that, what can be set of it shows when it is opened.
    pub was_open: bool,
}

/// What can be set: of the camera by its own limits, and in the stream, where the camera does not compress by itself.
pub fn limits(own: Option<&Limits>, stream_fps: f64, compresses_itself: bool) -> Limits {
    Limits {
        stream_fps: Some(Bounds { min: SLOWEST_STREAM.min(stream_fps), max: stream_fps }),
        jpeg_quality: (!compresses_itself).then_some(QUALITY),
        ..own.cloned().unwrap_or_default()
    }
}

/// A camera's settings with what is to be changed.
///
/// # Errors
/// What cannot be, in one sentence that says what is allowed.
pub fn merge(known: Known<'_>, set: &Settings) -> Result<config::Camera, String> {
    let Known { camera, actual, limits, was_open } = known;
    if *set == Settings::default() {
        return Err("nothing to set: width, height, camera_fps, stream_fps, jpeg_quality, exposure_us, gain_db and \
                    trigger can be"
            .to_owned());
    }
    let genicam = matches!(camera.source, Source::Genicam { .. });
    if !genicam && (set.exposure_us.is_some() || set.gain_db.is_some() || set.trigger.is_some()) {
        return Err(format!(
            "exposure_us, gain_db and trigger are for genicam cameras; camera {} is {}",
            camera.id,
            camera.source.kind()
        ));
    }
    if set.jpeg_quality.is_some() && limits.jpeg_quality.is_none() {
        return Err(format!("camera {} compresses its pictures itself; jpeg_quality does not reach it", camera.id));
    }
    let news = but_what_is_so(set, actual);
    let mut widest = limits.clone();
    if !was_open {
        widest = Limits { stream_fps: limits.stream_fps, jpeg_quality: limits.jpeg_quality, ..anything() };
    }
    allowed::check(camera.id, &news, &widest, was_open)?;

    let mut wanted = camera.clone();
    if news.width.is_some() || news.height.is_some() {
        let (Some(width), Some(height)) =
            (set.width.or(camera.width).or(actual.width), set.height.or(camera.height).or(actual.height))
        else {
            return Err("width and height go together".to_owned());
        };
        (wanted.width, wanted.height, wanted.region) = (Some(width), Some(height), None);
    }
    wanted.fps = news.camera_fps.or(wanted.fps);
    wanted.stream_fps = news.stream_fps.or(wanted.stream_fps);
    wanted.jpeg_quality = news.jpeg_quality.or(wanted.jpeg_quality);
    wanted.exposure_us = news.exposure_us.map(Auto::Fixed).or(wanted.exposure_us);
    wanted.gain_db = news.gain_db.map(Auto::Fixed).or(wanted.gain_db);
    wanted.trigger = news.trigger.or(wanted.trigger);
    Ok(wanted)
}

/// Whether the change is one of the stream alone, or of what the camera is called: it need not be opened anew for that.
/// But a test pattern shows its name.
pub fn is_about_the_stream(before: &config::Camera, after: &config::Camera) -> bool {
    let shows_its_name = matches!(before.source, Source::Pattern);
    let as_before = config::Camera {
        name: if shows_its_name { &after.name } else { &before.name }.clone(),
        stream_fps: before.stream_fps,
        jpeg_quality: before.jpeg_quality,
        ..after.clone()
    };
    as_before == *before
}

/// What holds of that which was asked, once the camera is open with it.
pub fn applied(set: &Settings, actual: &Actual) -> Settings {
    Settings {
        width: set.width.and(actual.width).or(set.width),
        height: set.height.and(actual.height).or(set.height),
        camera_fps: set.camera_fps.and(actual.fps).or(set.camera_fps),
        exposure_us: set.exposure_us.and(actual.exposure_us).or(set.exposure_us),
        gain_db: set.gain_db.and(actual.gain_db).or(set.gain_db),
        ..set.clone()
    }
}

/// A size or a rate that the camera has already is no change: it need not be closed, and one that has no other can be
/// told the one it has.
fn but_what_is_so(set: &Settings, actual: &Actual) -> Settings {
    let mut news = set.clone();
    let has = |asked: Option<u32>, has: Option<u32>| asked.is_none() || asked == has;
    if has(set.width, actual.width) && has(set.height, actual.height) {
        (news.width, news.height) = (None, None);
    }
    news.camera_fps = news.camera_fps.filter(|fps| actual.fps != Some(*fps));
    news
}

/// Of a camera that was never open: whatever a configuration may say.
fn anything() -> Limits {
    Limits {
        width: Some(SIDE),
        height: Some(SIDE),
        camera_fps: Some(RATE),
        exposure_us: Some(EXPOSURE_US),
        gain_db: Some(GAIN_DB),
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests;
