//! Which of a V4L2 device's formats, sizes and rates to take. Pure: from caps to a choice.

use std::collections::BTreeSet;

use cameracast_config::Camera as Wanted;
use gstreamer as gst;

use super::caps;
use crate::capture::PixelFormat;

/// Without a rate in the configuration: what most cameras do, and how much less still is live video.
const USUAL_FPS: f64 = 30.0;
const LIVE_FPS: f64 = 24.0;
/// Without a size in the configuration: larger ones have to be asked for, they cost every viewer.
const USUAL_PIXELS: u64 = 1920 * 1080;
/// 30 is asked for, 30000/1001 is offered.
pub(super) const NEARLY: f64 = 0.99;

/// One line of what a device offers. Widths, heights and rates are from lowest to highest.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::capture) struct Offer {
    pub(in crate::capture) format: PixelFormat,
    pub(in crate::capture) width: (u32, u32),
    pub(in crate::capture) height: (u32, u32),
    /// Empty where the device does not say; a pair of different rates is a range.
    pub(in crate::capture) rates: Vec<(gst::Fraction, gst::Fraction)>,
}

/// What is asked of the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) format: PixelFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Left to the device where it does not say what it has.
    pub(super) rate: Option<gst::Fraction>,
}

/// What of a device's caps we can take.
pub(in crate::capture) fn offers(caps: &gst::CapsRef) -> Vec<Offer> {
    let mut offers = Vec::new();
    for structure in caps.iter() {
        let (Some(width), Some(height)) = (pixels(structure, "width"), pixels(structure, "height")) else { continue };
        let rates = rates(structure);
        for format in caps::formats(structure) {
            offers.push(Offer { format, width, height, rates: rates.clone() });
        }
    }
    offers
}

/// The best of the offers that do what is asked: the size asked for (or the largest usual one), at the rate asked for
/// (or the nearest to the usual one), not compressed where that can be had, so that a JPEG camera's own compression is
/// used when raw pictures would be too slow.
///
/// # Errors
/// What is asked and what is offered.
pub(super) fn choose(offers: &[Offer], wanted: &Wanted) -> Result<Choice, String> {
    let format = match &wanted.pixel_format {
        None => None,
        Some(name) => Some(
            caps::by_name(name)
                .ok_or_else(|| format!("pixel_format `{name}` cannot be encoded; these can: {}", caps::names()))?,
        ),
    };
    let candidates = offers
        .iter()
        .filter(|offer| format.is_none_or(|format| format == offer.format))
        .filter_map(|offer| at(offer, wanted))
        .filter(|choice| wanted.fps.is_none_or(|fps| reaches(choice, fps)));
    let best = candidates.min_by_key(|choice| {
        let area = u64::from(choice.width) * u64::from(choice.height);
        let unusual = area > USUAL_PIXELS && wanted.width.is_none() && wanted.height.is_none();
        let from_best_size = if unusual { area - USUAL_PIXELS } else { u64::MAX - area };
        let is_slow = !reaches(choice, wanted.fps.unwrap_or(LIVE_FPS));
        (is_slow, unusual, from_best_size, caps::rank(choice.format))
    });
    best.ok_or_else(|| refusal(offers, wanted, format))
}

/// Whether it has the size asked for, where one is.
pub(super) fn has_size(offer: &Offer, wanted: &Wanted) -> bool {
    at(offer, wanted).is_some()
}

/// The offer at the size asked for, or at its largest; at the rate asked for, or the next above, or the nearest.
fn at(offer: &Offer, wanted: &Wanted) -> Option<Choice> {
    let fit = |asked: Option<u32>, (low, high): (u32, u32)| match asked {
        None => Some(high),
        Some(asked) => (low <= asked && asked <= high).then_some(asked),
    };
    let (width, height) = (fit(wanted.width, offer.width)?, fit(wanted.height, offer.height)?);
    let fps = wanted.fps.unwrap_or(USUAL_FPS);
    let rates = offer.rates.iter().map(|(low, high)| {
        let asked = gst::Fraction::approximate_f64(fps).unwrap_or(*high);
        asked.clamp(*low, *high)
    });
    let rate = rates.min_by(|a, b| {
        let short = |rate: &gst::Fraction| wanted.fps.is_some() && value(*rate) < fps * NEARLY;
        let away = |rate: &gst::Fraction| (value(*rate) - fps).abs();
        short(a).cmp(&short(b)).then(away(a).total_cmp(&away(b)))
    });
    Some(Choice { format: offer.format, width, height, rate })
}

fn reaches(choice: &Choice, fps: f64) -> bool {
    choice.rate.is_none_or(|rate| value(rate) >= fps * NEARLY)
}

/// Which of the wishes cannot be had, and what can.
fn refusal(offers: &[Offer], wanted: &Wanted, format: Option<PixelFormat>) -> String {
    let listed = |mut words: Vec<String>| {
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(word.clone()));
        words.join(", ")
    };
    let formats = listed(offers.iter().map(|offer| caps::name(offer.format).to_owned()).collect());
    let in_format: Vec<&Offer> = offers.iter().filter(|offer| format.is_none_or(|it| it == offer.format)).collect();
    let of_size: Vec<Choice> = in_format.iter().filter_map(|offer| at(offer, wanted)).collect();
    let rate = |choice: &Choice| choice.rate.map(value);
    let or_any = |pixels: Option<u32>| pixels.map_or("any".to_owned(), |pixels| pixels.to_string());
    if formats.is_empty() {
        return "none of its formats can be encoded".to_owned();
    }
    if in_format.is_empty() {
        return format!("it does not offer {}; it offers {formats}", format.map(caps::name).unwrap_or_default());
    }
    if of_size.is_empty() {
        let sizes = listed(in_format.iter().map(|offer| offer.size()).collect());
        return format!("it does not offer {}x{}; it offers {sizes}", or_any(wanted.width), or_any(wanted.height));
    }
    let best = of_size.iter().filter_map(rate).max_by(f64::total_cmp).unwrap_or_default();
    let size = format!("{}x{}", or_any(wanted.width), or_any(wanted.height));
    let fps = wanted.fps.unwrap_or_default();
    format!("it does not reach {fps} FPS at {size}, at most {}", (best * 100.0).round() / 100.0)
}

impl Offer {
    fn size(&self) -> String {
        let span = |(low, high): (u32, u32)| if low == high { low.to_string() } else { format!("{low}–{high}") };
        format!("{}x{}", span(self.width), span(self.height))
    }
}

pub(in crate::capture) fn value(rate: gst::Fraction) -> f64 {
    f64::from(rate.numer()) / f64::from(rate.denom().max(1))
}

fn pixels(structure: &gst::StructureRef, field: &str) -> Option<(u32, u32)> {
    let (low, high) = match structure.get::<i32>(field) {
        Ok(one) => (one, one),
        Err(_) => {
            let range = structure.get::<gst::IntRange<i32>>(field).ok()?;
            (range.min(), range.max())
        }
    };
    Some((low.try_into().ok()?, high.try_into().ok()?))
}

/// A driver that does not know its rates offers every rate there is: that says nothing.
fn rates(structure: &gst::StructureRef) -> Vec<(gst::Fraction, gst::Fraction)> {
    let field = "framerate";
    let mut rates = Vec::new();
    if let Ok(one) = structure.get::<gst::Fraction>(field) {
        rates.push((one, one));
    } else if let Ok(range) = structure.get::<gst::FractionRange>(field) {
        rates.push((range.min(), range.max()));
    } else if let Ok(list) = structure.get::<gst::List>(field) {
        rates.extend(list.iter().filter_map(|one| one.get::<gst::Fraction>().ok()).map(|one| (one, one)));
    }
    rates.retain(|(_, high)| high.numer() > 0 && value(*high) < 100_000.0);
    rates
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// What a common USB webcam says.
    const WEBCAM: &str = "video/x-raw, format=YUY2, width=640, height=480, framerate={ 30/1, 15/1 }; \
        video/x-raw, format=YUY2, width=1920, height=1080, framerate=5/1; \
        image/jpeg, width=640, height=480, framerate={ 120/1, 60/1, 30/1 }; \
        image/jpeg, width=1920, height=1080, framerate=30/1; \
        image/jpeg, width=3840, height=2160, framerate=30/1; \
        video/x-h264, width=1920, height=1080, framerate=30/1";

    fn wanted(size: Option<(u32, u32)>, fps: Option<f64>, pixel_format: Option<&str>) -> Wanted {
        Wanted {
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
            fps,
            pixel_format: pixel_format.map(Into::into),
            ..Wanted::new(0, cameracast_config::Source::Pattern)
        }
    }

    fn chosen(caps: &str, wanted: &Wanted) -> Result<(&'static str, u32, u32, Option<i32>), String> {
        gst::init().unwrap();
        let choice = choose(&offers(&gst::Caps::from_str(caps).unwrap()), wanted)?;
        let rate = choice.rate.map(|rate| (value(rate) * 100.0) as i32);
        Ok((caps::name(choice.format), choice.width, choice.height, rate))
    }

    const VGA: Option<(u32, u32)> = Some((640, 480));

    #[test]
    fn raw_is_taken_where_it_reaches_size_and_rate() {
        assert_eq!(chosen(WEBCAM, &wanted(VGA, Some(30.0), None)), Ok(("YUY2", 640, 480, Some(3000))));
        assert_eq!(chosen(WEBCAM, &wanted(VGA, None, None)), Ok(("YUY2", 640, 480, Some(3000))));
    }

    #[test]
    fn jpeg_is_taken_where_raw_is_too_slow() {
        assert_eq!(chosen(WEBCAM, &wanted(VGA, Some(60.0), None)), Ok(("JPEG", 640, 480, Some(6000))));
        assert_eq!(chosen(WEBCAM, &wanted(Some((1920, 1080)), None, None)), Ok(("JPEG", 1920, 1080, Some(3000))));
        assert_eq!(chosen(WEBCAM, &wanted(Some((1920, 1080)), Some(5.0), None)), Ok(("YUY2", 1920, 1080, Some(500))));
    }

    #[test]
    fn the_largest_usual_size_is_taken_where_none_is_asked() {
        assert_eq!(chosen(WEBCAM, &wanted(None, None, None)), Ok(("JPEG", 1920, 1080, Some(3000))));
        assert_eq!(chosen(WEBCAM, &wanted(None, Some(100.0), None)), Ok(("JPEG", 640, 480, Some(12000))));
        assert_eq!(chosen(WEBCAM, &wanted(None, None, Some("YUYV"))), Ok(("YUY2", 640, 480, Some(3000))));
    }

    #[test]
    fn a_rate_between_is_the_next_above() {
        assert_eq!(chosen(WEBCAM, &wanted(VGA, Some(20.0), None)), Ok(("YUY2", 640, 480, Some(3000))));
        let ntsc = "video/x-raw, format=UYVY, width=720, height=480, framerate=30000/1001";
        assert_eq!(chosen(ntsc, &wanted(None, Some(30.0), None)), Ok(("UYVY", 720, 480, Some(2997))));
    }

    #[test]
    fn ranges_are_taken_where_they_were_asked() {
        let capture = "video/x-raw, format=BGR, width=[ 16, 1920 ], height=[ 16, 1080 ], framerate=[ 1/1, 60/1 ]";
        assert_eq!(chosen(capture, &wanted(VGA, Some(25.0), None)), Ok(("BGR", 640, 480, Some(2500))));
        assert_eq!(chosen(capture, &wanted(None, None, None)), Ok(("BGR", 1920, 1080, Some(3000))));
    }

    #[test]
    fn a_driver_that_does_not_know_its_rates_is_believed() {
        let vague = "video/x-raw, format=GRAY8, width=640, height=480, framerate=[ 0/1, 2147483647/1 ]";
        assert_eq!(chosen(vague, &wanted(VGA, Some(400.0), None)), Ok(("GRAY8", 640, 480, None)));
    }

    #[test]
    fn what_is_not_offered_is_refused_with_what_is() {
        let refused = |caps: &str, wanted: &Wanted| chosen(caps, wanted).unwrap_err();
        let sizes = "it does not offer 800x600; it offers 640x480, 1920x1080, 3840x2160";
        assert_eq!(refused(WEBCAM, &wanted(Some((800, 600)), Some(30.0), None)), sizes);
        let rate = "it does not reach 500 FPS at 640x480, at most 120";
        assert_eq!(refused(WEBCAM, &wanted(VGA, Some(500.0), None)), rate);
        assert_eq!(refused(WEBCAM, &wanted(None, None, Some("NV12"))), "it does not offer NV12; it offers YUY2, JPEG");
        let unknown = refused(WEBCAM, &wanted(None, None, Some("H264")));
        assert!(unknown.starts_with("pixel_format `H264` cannot be encoded; these can: I420, NV12"), "{unknown}");
        let other = refused("video/x-h264, width=640, height=480", &wanted(None, None, None));
        assert_eq!(other, "none of its formats can be encoded");
    }
}
