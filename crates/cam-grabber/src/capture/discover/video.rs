//! V4L2 devices, read from `/dev` and `/sys`: that works in a container too, where nobody announces devices.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use std::{fs, io};

use gst::prelude::*;
use gstreamer as gst;

use super::{Found, FoundFormat, FoundSize, Transport};
use crate::capture::gstreamer::choose::{Offer, offers, value};
use crate::capture::gstreamer::{caps, v4l2};

/// How old a device's file is when it can be taken without udev having said anything.
const UDEV_IS_SLOW: Duration = Duration::from_secs(10);
const UDEV_IS_DONE: Duration = Duration::from_secs(2);

/// `/dev/video0` and so on, in the order of their numbers.
pub(super) fn devices() -> Vec<PathBuf> {
    let mut numbers: Vec<u32> =
        entries("/dev").filter_map(|path| path.file_name()?.to_str()?.strip_prefix("video")?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| format!("/dev/video{number}").into()).collect()
}

/// `None` for a device that gives no pictures: webcams have one more for meta data.
pub(super) fn ask(device: &Path) -> Option<Found> {
    gst::init().ok()?;
    let source = v4l2::source(device).ok()?;
    let opened = source.set_state(gst::State::Ready);
    let readable = fs::File::open(device).is_ok();
    let caps = source.static_pad("src").map(|pad| pad.query_caps(None)).unwrap_or_else(gst::Caps::new_empty);
    source.set_state(gst::State::Null).ok();
    if opened.is_err() && readable {
        return None;
    }
    let formats = if opened.is_ok() { formats(&offers(&caps)) } else { Vec::new() };
    let (model, serial) = v4l2::about(device);
    Some(Found {
        source: "v4l2",
        device: name(device),
        model,
        serial,
        address: Some(device.display().to_string()),
        transport: Transport::V4l2,
        controlled_by_other: None,
        formats,
    })
}

/// Whether udev has named the device and set its permissions: it does so a moment after the device appeared.
pub(super) fn has_its_name(device: &Path) -> bool {
    let Ok(file) = device.metadata() else { return false };
    let known_to_udev = format!("/run/udev/data/c{}:{}", libc::major(file.rdev()), libc::minor(file.rdev()));
    let patience = match Path::new("/run/udev/control").exists() {
        _ if Path::new(&known_to_udev).exists() => return true,
        true => UDEV_IS_SLOW,
        // A container, where the udev of the host cannot be seen, only what it does.
        false => UDEV_IS_DONE,
    };
    let appeared = UNIX_EPOCH + Duration::from_secs(file.ctime().try_into().unwrap_or_default());
    // A time to come is that of another clock.
    appeared.elapsed().map_or(true, |age| age > patience)
}

/// Whether this user may not open the device.
pub(super) fn is_forbidden(device: &Path) -> bool {
    let opened = fs::File::options().read(true).write(true).open(device);
    opened.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// The name by which the device is found again after it was unplugged or the machine restarted, where it has one.
pub(super) fn name(device: &Path) -> String {
    let mut lasting = entries("/dev/v4l/by-id").chain(entries("/dev/v4l/by-path"));
    let lasting = lasting.find(|name| name.canonicalize().is_ok_and(|real| real == device));
    lasting.unwrap_or(device.to_owned()).display().to_string()
}

fn formats(offers: &[Offer]) -> Vec<FoundFormat> {
    let mut formats: Vec<FoundFormat> = Vec::new();
    for offer in offers {
        let lows = offer.rates.iter().map(|(low, _)| value(*low));
        let highs = offer.rates.iter().map(|(_, high)| value(*high));
        let fps = lows.min_by(f64::total_cmp).zip(highs.max_by(f64::total_cmp));
        let size = FoundSize { width: offer.width, height: offer.height, fps };
        let name = caps::name(offer.format);
        match formats.iter_mut().find(|format| format.pixel_format == name) {
            Some(format) => format.sizes.push(size),
            None => formats.push(FoundFormat { pixel_format: name.to_owned(), sizes: vec![size] }),
        }
    }
    formats
}

fn entries(folder: &str) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn sizes_stand_under_their_format_each_with_its_rates() {
        gst::init().unwrap();
        let caps = "video/x-raw, format=YUY2, width=640, height=480, framerate={ 15/1, 30/1 }; \
            image/jpeg, width=640, height=480, framerate=60/1; \
            video/x-raw, format=YUY2, width=1920, height=1080, framerate=5/1";
        let found = formats(&offers(&gst::Caps::from_str(caps).unwrap()));
        let size = |width, height, fps| FoundSize { width: (width, width), height: (height, height), fps: Some(fps) };
        let yuyv = vec![size(640, 480, (15.0, 30.0)), size(1920, 1080, (5.0, 5.0))];
        let jpeg = vec![size(640, 480, (60.0, 60.0))];
        let format = |name: &str, sizes| FoundFormat { pixel_format: name.to_owned(), sizes };
        assert_eq!(found, [format("YUY2", yuyv), format("JPEG", jpeg)]);
    }
}
