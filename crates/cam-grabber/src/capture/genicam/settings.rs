//! The configuration's settings, in the order in which a camera takes them.

use aravis::prelude::*;
use aravis::{AcquisitionMode, Auto as ArvAuto, PixelFormat as Pfnc};
use cameracast_config::{Auto, Camera as Wanted, Value};

use super::format;
use super::knobs::Knobs;
use crate::capture::{Actual, CameraError, Cause};

/// What makers call the rate that comes out of all settings.
const RESULTING_RATE: [&str; 3] = ["AcquisitionResultingFrameRate", "ResultingFrameRate", "ResultingFrameRateAbs"];
/// What a trigger is set to so that the camera runs by itself.
pub(super) const OFF: &str = "Off";
/// Four frames of such exposures are as long as the shortest silence that counts as a stall.
const LONG_EXPOSURE_US: f64 = 250_000.0;

/// Sets all that the configuration asks for; what it leaves out stays as the camera has it.
///
/// # Errors
/// What the camera does not take, with what it does take.
pub(super) fn apply(knobs: &Knobs<'_>, wanted: &Wanted) -> Result<(), CameraError> {
    // A grabber that was killed leaves its camera streaming, and a camera that streams has its size locked.
    knobs.camera.stop_acquisition().ok();
    if knobs.has("AcquisitionMode") {
        let set = knobs.camera.set_acquisition_mode(AcquisitionMode::Continuous);
        knobs.said("set AcquisitionMode to Continuous", set)?;
    }
    // Features come first, as some (binning) change what the rest may be; but a trigger resets the Trigger* features.
    let (of_trigger, first): (Vec<_>, Vec<_>) =
        wanted.features.iter().partition(|(name, _)| name.starts_with("Trigger"));
    features(knobs, first)?;
    pixel_format(knobs, wanted.pixel_format.as_deref())?;
    size(knobs, wanted)?;
    // The exposure bounds the rate.
    light(knobs, wanted)?;
    // The rate before the trigger: setting it later silently turns the trigger off.
    rate(knobs, wanted.fps)?;
    match wanted.trigger.as_deref() {
        None => {}
        Some(OFF) => knobs.said("turn its triggers off", knobs.camera.clear_triggers())?,
        Some(source) => trigger(knobs, source)?,
    }
    if !of_trigger.is_empty() {
        // Aravis went through all triggers and left the last one selected.
        select_trigger(knobs.camera, "FrameStart");
        features(knobs, of_trigger)?;
    }
    packets(knobs, wanted)
}

/// What can be set while the camera streams.
pub(super) fn light(knobs: &Knobs<'_>, wanted: &Wanted) -> Result<(), CameraError> {
    exposure(knobs, wanted.exposure_us)?;
    gain(knobs, wanted.gain_db)
}

/// Whether nothing else has changed.
pub(super) fn is_about_light(before: &Wanted, wanted: &Wanted) -> bool {
    Wanted { exposure_us: before.exposure_us, gain_db: before.gain_db, ..wanted.clone() } == *before
}

/// Whether the camera has a new size; its bounds alone do not say so. One that does not answer is not said to refuse it.
pub(super) fn check_size(knobs: &Knobs<'_>, before: &Wanted, wanted: &Wanted) -> Result<(), CameraError> {
    let sides = [("width", "Width", before.width, wanted.width), ("height", "Height", before.height, wanted.height)];
    for (key, feature, before, wanted) in sides {
        match wanted.filter(|_| wanted != before).map(|value| knobs.on_step(key, feature, value.into())) {
            Some(Err(error)) if error.cause == Cause::BadFormat => return Err(error),
            Some(Err(_)) => return Ok(()),
            Some(Ok(())) | None => {}
        }
    }
    Ok(())
}

/// What the camera is and has been set to.
pub(super) fn actual(camera: &aravis::Camera) -> Actual {
    let (width, height) = match camera.region() {
        Ok((_, _, width, height)) => (u32::try_from(width).ok(), u32::try_from(height).ok()),
        Err(_) => (None, None),
    };
    Actual {
        model: camera.model_name().ok().map(Into::into),
        serial: camera.device_serial_number().ok().map(Into::into),
        width,
        height,
        fps: rate_in_effect(camera),
        pixel_format: camera.pixel_format_as_string().ok().map(Into::into),
        exposure_us: camera.exposure_time().ok(),
        gain_db: camera.gain().ok(),
        triggered: is_triggered(camera),
    }
}

/// The rate that comes out of all settings where the camera tells it, otherwise the one that was set. A long exposure
/// bounds it, and not every camera says so: its silence would be taken for a stall.
pub(super) fn rate_in_effect(camera: &aravis::Camera) -> Option<f64> {
    let resulting = RESULTING_RATE.iter().find(|name| camera.is_feature_available(name).unwrap_or(false));
    let fps = match resulting.and_then(|name| camera.float(name).ok()) {
        Some(fps) => fps,
        None => camera.frame_rate().ok()?,
    };
    let long = camera.exposure_time().ok().filter(|us| *us >= LONG_EXPOSURE_US);
    Some(long.map_or(fps, |us| fps.min(1e6 / us)))
}

/// Selectors first: what is set after them is set of what they select.
fn features(knobs: &Knobs<'_>, mut features: Vec<(&String, &Value)>) -> Result<(), CameraError> {
    features.sort_by_key(|(name, _)| !name.ends_with("Selector"));
    features.into_iter().try_for_each(|(name, value)| knobs.feature(name, value))
}

/// Whether any of the camera's triggers is on; each has its own mode.
fn is_triggered(camera: &aravis::Camera) -> bool {
    let is_on = || camera.string("TriggerMode").is_ok_and(|mode| mode == "On");
    let Ok(selected) = camera.string("TriggerSelector") else { return is_on() };
    let triggers = camera.dup_available_triggers().unwrap_or_default();
    let any = triggers.iter().any(|trigger| select_trigger(camera, trigger) && is_on());
    select_trigger(camera, &selected);
    any
}

fn select_trigger(camera: &aravis::Camera, trigger: &str) -> bool {
    camera.set_string("TriggerSelector", trigger).is_ok()
}

fn pixel_format(knobs: &Knobs<'_>, wanted: Option<&str>) -> Result<(), CameraError> {
    let camera = knobs.camera;
    if let Some(name) = wanted {
        knobs.choice("pixel_format", "PixelFormat", name)?;
    } else {
        let offered = knobs.said("read its pixel formats", camera.dup_available_pixel_formats())?;
        let offered: Vec<Pfnc> = offered.into_iter().map(|raw| Pfnc::from_raw(raw as u32)).collect();
        let gray_sensor = camera.string("PixelColorFilter").is_ok_and(|filter| filter == "None");
        if let Some(best) = format::best(&offered, camera.pixel_format().ok(), gray_sensor) {
            knobs.said("set its pixel format", camera.set_pixel_format(best))?;
        }
    }
    let now = knobs.said("read its pixel format", camera.pixel_format())?;
    if format::ours(now).is_some() {
        return Ok(());
    }
    let now = camera.pixel_format_as_string().unwrap_or_default();
    Err(knobs.refused(match format::usable(camera).as_slice() {
        [] => "none of its pixel formats can be encoded".to_owned(),
        usable => format!("pixel_format `{now}` cannot be encoded; of its formats these can: {}", usable.join(", ")),
    }))
}

/// From the sensor's first pixel on, unless a region says where.
fn size(knobs: &Knobs<'_>, wanted: &Wanted) -> Result<(), CameraError> {
    let (offset, width, height) = match wanted.region {
        Some([x, y, width, height]) => ([x, y], Some(width), Some(height)),
        None => ([0, 0], wanted.width, wanted.height),
    };
    if width.is_none() && height.is_none() {
        return Ok(());
    }
    // The old offset would bound the new size.
    for offset in ["OffsetX", "OffsetY"].into_iter().filter(|offset| knobs.has(offset)) {
        knobs.integer(offset, offset, 0)?;
    }
    for (key, feature, value) in [("width", "Width", width), ("height", "Height", height)] {
        if let Some(value) = value {
            knobs.integer(key, feature, value.into())?;
        }
    }
    for (feature, value) in ["OffsetX", "OffsetY"].into_iter().zip(offset).filter(|(_, value)| *value > 0) {
        knobs.integer(&format!("region's {feature}"), feature, value.into())?;
    }
    Ok(())
}

fn exposure(knobs: &Knobs<'_>, wanted: Option<Auto<f64>>) -> Result<(), CameraError> {
    let camera = knobs.camera;
    let has_auto = camera.is_exposure_auto_available().unwrap_or(false);
    match wanted {
        None => Ok(()),
        Some(Auto::Auto) if has_auto => {
            knobs.said("set exposure to auto", camera.set_exposure_time_auto(ArvAuto::Continuous))
        }
        Some(Auto::Auto) => Err(knobs.refused("exposure_us = \"auto\": it has no automatic exposure")),
        Some(Auto::Fixed(us)) => {
            if has_auto {
                knobs.said("set exposure to fixed", camera.set_exposure_time_auto(ArvAuto::Off))?;
            }
            let bounds = knobs.said("read the bounds of its exposure", camera.exposure_time_bounds())?;
            knobs.within("exposure_us", us, bounds)?;
            knobs.said("set its exposure", camera.set_exposure_time(us))
        }
    }
}

fn gain(knobs: &Knobs<'_>, wanted: Option<Auto<f64>>) -> Result<(), CameraError> {
    let camera = knobs.camera;
    let has_auto = camera.is_gain_auto_available().unwrap_or(false);
    match wanted {
        None => Ok(()),
        Some(Auto::Auto) if has_auto => knobs.said("set gain to auto", camera.set_gain_auto(ArvAuto::Continuous)),
        Some(Auto::Auto) => Err(knobs.refused("gain_db = \"auto\": it has no automatic gain")),
        Some(Auto::Fixed(db)) => {
            if has_auto {
                knobs.said("set gain to fixed", camera.set_gain_auto(ArvAuto::Off))?;
            }
            let bounds = knobs.said("read the bounds of its gain", camera.gain_bounds())?;
            knobs.within("gain_db", db, bounds)?;
            knobs.said("set its gain", camera.set_gain(db))
        }
    }
}

/// A rate that is asked for makes the camera run by itself: aravis turns triggers off with it.
fn rate(knobs: &Knobs<'_>, wanted: Option<f64>) -> Result<(), CameraError> {
    let Some(fps) = wanted else { return Ok(()) };
    let bounds = knobs.said("read the bounds of its frame rate", knobs.camera.frame_rate_bounds())?;
    knobs.within("fps", fps, bounds)?;
    knobs.said("set its frame rate", knobs.camera.set_frame_rate(fps))
}

fn trigger(knobs: &Knobs<'_>, source: &str) -> Result<(), CameraError> {
    let sources = knobs.said("read its trigger sources", knobs.camera.dup_available_trigger_sources())?;
    if !sources.iter().any(|known| known == source) {
        return Err(knobs.refused(format_args!("trigger has no `{source}`: it takes {}", sources.join(", "))));
    }
    knobs.said("set its trigger", knobs.camera.set_trigger(source))
}

fn packets(knobs: &Knobs<'_>, wanted: &Wanted) -> Result<(), CameraError> {
    let camera = knobs.camera;
    if !camera.is_gv_device() {
        return match (wanted.packet_size, wanted.packet_delay_ns) {
            (None, None) => Ok(()),
            _ => Err(knobs.refused("packet_size and packet_delay_ns are for GigE Vision; this is a USB camera")),
        };
    }
    match wanted.packet_size {
        Some(bytes) => {
            knobs.said("set its packet size", camera.gv_set_packet_size(bytes as i32))?;
            let took = knobs.said("read its packet size", camera.gv_get_packet_size())?;
            if took != bytes {
                return Err(knobs.refused(format_args!("packet_size = {bytes}: the nearest that it takes is {took}")));
            }
        }
        // A camera that cannot send test packets keeps the size it has.
        None => {
            if let Err(error) = camera.gv_auto_packet_size() {
                tracing::debug!(device = knobs.device, %error, "packet size not negotiated");
            }
        }
    }
    Ok(())
}
