//! A V4L2 device's controls, by name. GStreamer could set them too, but passes over a wrong name or value in silence.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use crate::capture::{CameraError, Cause};

/// Sets controls by the names that `v4l2-ctl --list-ctrls` shows. They stay set in the device.
///
/// # Errors
/// A name that the device does not have, or a value that it does not take, with what it has and takes.
pub(super) fn set(device: &Path, named: &str, wanted: &BTreeMap<String, i64>) -> Result<(), CameraError> {
    if wanted.is_empty() {
        return Ok(());
    }
    // Why it does not open, GStreamer will say when it opens it.
    let Ok(device) = File::options().read(true).write(true).open(device) else { return Ok(()) };
    let refused = |why: String| CameraError::new(Cause::BadFormat, format!("{named}: {why}"));
    for (control, value) in plan(&controls(&device), wanted).map_err(refused)? {
        let set = request(&device, SET, &mut Setting { id: control.id, value });
        set.map_err(|error| refused(format!("control {} = {value}: {error}", control.name)))?;
    }
    Ok(())
}

/// A control as the driver describes it.
#[derive(Clone, Debug, PartialEq)]
struct Control {
    id: u32,
    name: String,
    low: i32,
    high: i32,
    step: i32,
}

/// What is to be set, in an order in which it can be: an automatic first, as it locks what it controls.
fn plan<'a>(known: &'a [Control], wanted: &BTreeMap<String, i64>) -> Result<Vec<(&'a Control, i32)>, String> {
    let mut plan = Vec::new();
    for (name, value) in wanted {
        let Some(control) = known.iter().find(|control| control.name == *name) else {
            let names: Vec<_> = known.iter().map(|control| control.name.as_str()).collect();
            return Err(format!("it has no control `{name}`; it has {}", names.join(", ")));
        };
        let Control { low, high, step, .. } = *control;
        match i32::try_from(*value) {
            Ok(value) if (low..=high).contains(&value) => plan.push((control, value)),
            _ if step > 1 => {
                return Err(format!("control {name} = {value}: it takes {low} to {high} in steps of {step}"));
            }
            _ => return Err(format!("control {name} = {value}: it takes {low} to {high}")),
        }
    }
    plan.sort_by_key(|(control, _)| !control.name.contains("auto"));
    Ok(plan)
}

/// "White Balance, Automatic" is `white_balance_automatic`.
fn name_of(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words).to_ascii_lowercase();
    let words: Vec<_> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// `struct v4l2_queryctrl` of the kernel's `videodev2.h`.
#[repr(C)]
#[derive(Default)]
struct Query {
    id: u32,
    kind: u32,
    name: [u8; 32],
    minimum: i32,
    maximum: i32,
    step: i32,
    default_value: i32,
    flags: u32,
    reserved: [u32; 2],
}

/// `struct v4l2_control`.
#[repr(C)]
struct Setting {
    id: u32,
    value: i32,
}

const QUERY: libc::Ioctl = libc::_IOWR::<Query>(b'V' as u32, 36);
const SET: libc::Ioctl = libc::_IOWR::<Setting>(b'V' as u32, 28);
const NEXT: u32 = 0x8000_0000;
const DISABLED_OR_READ_ONLY: u32 = 0x1 | 0x4;
/// Integer, boolean, menu, button, bit mask, integer menu: those with 32 bits.
const SETTABLE: [u32; 6] = [1, 2, 3, 4, 8, 9];

fn controls(device: &File) -> Vec<Control> {
    let mut controls = Vec::new();
    let mut query = Query { id: NEXT, ..Query::default() };
    while request(device, QUERY, &mut query).is_ok() {
        if SETTABLE.contains(&query.kind) && query.flags & DISABLED_OR_READ_ONLY == 0 {
            let name = name_of(query.name.split(|byte| *byte == 0).next().unwrap_or_default());
            controls.push(Control { id: query.id, name, low: query.minimum, high: query.maximum, step: query.step });
        }
        query.id |= NEXT;
    }
    controls
}

#[allow(unsafe_code, reason = "V4L2's controls are reached by ioctl alone")]
fn request<T>(device: &File, request: libc::Ioctl, argument: &mut T) -> io::Result<()> {
    // SAFETY: both requests carry the size of the structure that they read and write, and were made for that of `T`.
    match unsafe { libc::ioctl(device.as_raw_fd(), request, std::ptr::from_mut(argument)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Control> {
        let control = |id, name: &str, low, high| Control { id, name: name.into(), low, high, step: 1 };
        vec![
            control(1, "brightness", 0, 255),
            control(2, "exposure_absolute", 3, 2047),
            control(3, "exposure_auto", 0, 3),
        ]
    }

    fn planned(wanted: &[(&str, i64)]) -> Result<Vec<(u32, i32)>, String> {
        let wanted = wanted.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let known = known();
        Ok(plan(&known, &wanted)?.into_iter().map(|(control, value)| (control.id, value)).collect())
    }

    #[test]
    fn an_automatic_is_set_before_what_it_locks() {
        assert_eq!(planned(&[("exposure_absolute", 100), ("exposure_auto", 1)]), Ok(vec![(3, 1), (2, 100)]));
    }

    #[test]
    fn wrong_names_and_values_are_refused_with_right_ones() {
        let name = planned(&[("britness", 1)]).unwrap_err();
        assert_eq!(name, "it has no control `britness`; it has brightness, exposure_absolute, exposure_auto");
        for value in [-1, 256, i64::MAX] {
            let error = planned(&[("brightness", value)]).unwrap_err();
            assert_eq!(error, format!("control brightness = {value}: it takes 0 to 255"));
        }
    }

    #[test]
    fn names_are_those_of_v4l2_ctl() {
        assert_eq!(name_of(b"White Balance, Automatic"), "white_balance_automatic");
        assert_eq!(name_of(b"Power Line Frequency"), "power_line_frequency");
    }
}
