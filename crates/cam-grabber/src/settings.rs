//! What of a camera can be changed while it runs, and what cannot be. Pure.

use cameracast_config as config;
use config::{Auto, Source};
use frame_bundle::control::Settings;

use crate::capture::Actual;

/// A camera's settings with what is to be changed.
///
/// # Errors
/// What cannot be, in one sentence that says what is allowed.
pub fn merge(camera: &config::Camera, set: &Settings, stream_fps: f64) -> Result<config::Camera, String> {
    let mut wanted = camera.clone();
    if *set == Settings::default() {
        return Err("nothing to set: width, height, camera_fps, stream_fps, jpeg_quality, exposure_us, gain_db and \
                    trigger can be"
            .to_owned());
    }
    if set.width.is_some() || set.height.is_some() {
        let (Some(width), Some(height)) = (set.width.or(camera.width), set.height.or(camera.height)) else {
            return Err("width and height go together".to_owned());
        };
        wanted.width = Some(within("width", width, 1, 65_535)?);
        wanted.height = Some(within("height", height, 1, 65_535)?);
        wanted.region = None;
    }
    if let Some(fps) = set.camera_fps {
        wanted.fps = Some(within("camera_fps", fps, 0.01, 100_000.0)?);
    }
    if let Some(fps) = set.stream_fps {
        wanted.stream_fps = Some(within("stream_fps", fps, 0.1, stream_fps)?);
    }
    if let Some(quality) = set.jpeg_quality {
        wanted.jpeg_quality = Some(within("jpeg_quality", quality, 1, 100)?);
    }
    let genicam = matches!(camera.source, Source::Genicam { .. });
    if !genicam && (set.exposure_us.is_some() || set.gain_db.is_some() || set.trigger.is_some()) {
        return Err(format!(
            "exposure_us, gain_db and trigger are for genicam cameras; camera {} is {}",
            camera.id,
            camera.source.kind()
        ));
    }
    if let Some(us) = set.exposure_us {
        wanted.exposure_us = Some(Auto::Fixed(within("exposure_us", us, 0.001, 1e9)?));
    }
    if let Some(db) = set.gain_db {
        wanted.gain_db = Some(Auto::Fixed(within("gain_db", db, -100.0, 100.0)?));
    }
    if let Some(trigger) = &set.trigger {
        wanted.trigger = (trigger != "Off").then(|| trigger.clone());
    }
    Ok(wanted)
}

/// Whether the change is one of the stream alone, for which the camera need not be opened anew.
pub fn is_about_the_stream(before: &config::Camera, after: &config::Camera) -> bool {
    let as_before =
        config::Camera { stream_fps: before.stream_fps, jpeg_quality: before.jpeg_quality, ..after.clone() };
    as_before == *before
}

/// What holds of that which was asked, once the camera is open with it.
pub fn applied(set: &Settings, actual: &Actual) -> Settings {
    Settings {
        width: set.width.and(actual.width).or(set.width),
        height: set.height.and(actual.height).or(set.height),
        camera_fps: set.camera_fps.and(actual.fps).or(set.camera_fps),
        ..set.clone()
    }
}

fn within<T: PartialOrd + std::fmt::Display>(key: &str, value: T, least: T, most: T) -> Result<T, String> {
    if value >= least && value <= most {
        return Ok(value);
    }
    Err(format!("{key} is {value}; from {least} to {most} is allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern() -> config::Camera {
        config::Camera { width: Some(640), height: Some(480), ..config::Camera::new(3, Source::Pattern) }
    }

    fn refused(set: &Settings) -> String {
        merge(&pattern(), set, 30.0).unwrap_err()
    }

    #[test]
    fn what_is_set_replaces_what_was_and_the_rest_stays() {
        let set = Settings { width: Some(1280), height: Some(720), jpeg_quality: Some(50), ..Settings::default() };
        let wanted = merge(&pattern(), &set, 30.0).unwrap();
        let expected = config::Camera { width: Some(1280), height: Some(720), jpeg_quality: Some(50), ..pattern() };
        assert_eq!(wanted, expected);
        assert!(!is_about_the_stream(&pattern(), &wanted));
    }

    #[test]
    fn rate_and_quality_of_the_stream_do_not_touch_the_camera() {
        let set = Settings { stream_fps: Some(5.0), jpeg_quality: Some(50), ..Settings::default() };
        assert!(is_about_the_stream(&pattern(), &merge(&pattern(), &set, 30.0).unwrap()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_is_allowed() {
        assert!(refused(&Settings { width: Some(0), ..Settings::default() }).contains("from 1 to 65535"));
        assert!(refused(&Settings { jpeg_quality: Some(0), ..Settings::default() }).contains("from 1 to 100"));
        assert!(refused(&Settings { stream_fps: Some(31.0), ..Settings::default() }).contains("to 30 is allowed"));
        assert!(refused(&Settings { camera_fps: Some(f64::NAN), ..Settings::default() }).contains("camera_fps"));
        assert!(refused(&Settings { exposure_us: Some(5.0), ..Settings::default() }).contains("camera 3 is pattern"));
        assert!(refused(&Settings::default()).contains("nothing to set"));
    }

    #[test]
    fn what_the_camera_made_of_it_is_what_is_applied() {
        let set = Settings { camera_fps: Some(20.0), jpeg_quality: Some(50), ..Settings::default() };
        let actual = Actual { fps: Some(30.0), width: Some(640), ..Actual::default() };
        let expected = Settings { camera_fps: Some(30.0), jpeg_quality: Some(50), ..Settings::default() };
        assert_eq!(applied(&set, &actual), expected);
    }
}
