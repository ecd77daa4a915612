//! What can be set of a device or a pipeline, by the caps that it offers. Pure.

use std::collections::BTreeSet;

use cameracast_config::Camera as Wanted;
use gstreamer as gst;

use super::caps;
use super::choose::{self, Offer, value};
use crate::capture::bounds::{RATE, SIDE, choice};
use crate::capture::{Bounds, Limits};

/// What was on offer when it was opened.
pub(super) enum Offered {
    ByDevice(Vec<Offer>),
    ByPipeline(gst::Caps),
}

impl Offered {
    /// Why it cannot be opened with other settings, where that is clear.
    pub(super) fn refusal(&self, wanted: &Wanted) -> Option<String> {
        match self {
            Self::ByDevice(offers) => choose::choose(offers, wanted).err().or_else(|| too_slow(offers, wanted)),
            Self::ByPipeline(upstream) => of_pipeline_refused(upstream, wanted),
        }
    }
}

/// With the format that is configured, and the rate with the size that is.
pub(super) fn limits(offers: &[Offer], wanted: &Wanted) -> Limits {
    let format = wanted.pixel_format.as_deref().and_then(caps::by_name);
    let offers: Vec<&Offer> =
        offers.iter().filter(|offer| format.is_none_or(|format| format == offer.format)).collect();
    let (width, height) = (span(offers.iter().map(|offer| offer.width)), span(offers.iter().map(|offer| offer.height)));
    Limits {
        width: width.and_then(|width| choice(width, SIDE)),
        height: height.and_then(|height| choice(height, SIDE)),
        sizes: sizes(&offers),
        camera_fps: rates(offers.iter().filter(|offer| choose::has_size(offer, wanted)).copied()),
        ..Limits::default()
    }
}

/// What a pipeline leaves open, its caps can fix: there a rate without bounds is no driver that does not know its own.
pub(super) fn of_pipeline(upstream: &gst::CapsRef, wanted: &Wanted) -> Limits {
    let mut limits = limits(&choose::offers(upstream), wanted);
    let any_rate = |caps: &gst::StructureRef| {
        caps.get::<gst::FractionRange>("framerate").is_ok_and(|range| value(range.max()) > RATE.max)
    };
    if limits.camera_fps.is_none() && upstream.iter().any(any_rate) {
        limits.camera_fps = Some(RATE);
    }
    limits
}

/// Why a pipeline cannot give what is asked, where it cannot.
fn of_pipeline_refused(upstream: &gst::CapsRef, wanted: &Wanted) -> Option<String> {
    if caps::asked(wanted)?.can_intersect(upstream) {
        return None;
    }
    let offers = choose::offers(upstream);
    let of_size: Vec<&Offer> = offers.iter().filter(|offer| choose::has_size(offer, wanted)).collect();
    let mut rates: Vec<_> = of_size.iter().flat_map(|offer| offer.rates.iter().copied()).collect();
    rates.sort_by_key(|(low, _)| *low);
    rates.dedup();
    let span =
        |(low, high)| if low == high { value(low).to_string() } else { format!("{} to {}", value(low), value(high)) };
    let rates: Vec<String> = rates.into_iter().map(span).collect();
    match wanted.fps {
        Some(fps) if !rates.is_empty() => Some(format!("it does not offer {fps} FPS; it offers {}", rates.join(", "))),
        _ => choose::choose(&offers, wanted).err(),
    }
}

/// Why a device that has the size cannot be as slow as that, where it cannot. That it cannot be as fast, its choice says.
fn too_slow(offers: &[Offer], wanted: &Wanted) -> Option<String> {
    let (fps, possible) = (wanted.fps?, limits(offers, wanted).camera_fps?);
    // 30 is asked for, 30000/1001 is offered, and the other way round.
    let is_too_slow = fps < possible.min * choose::NEARLY;
    is_too_slow.then(|| format!("it does not go down to {fps} FPS in that size: {possible} are possible"))
}

/// The sizes that there are, from small to large, where each is one of its own.
fn sizes(offers: &[&Offer]) -> Vec<[u32; 2]> {
    let one = |offer: &&Offer| {
        (offer.width.0 == offer.width.1 && offer.height.0 == offer.height.1).then_some((
            u64::from(offer.width.0) * u64::from(offer.height.0),
            offer.width.0,
            offer.height.0,
        ))
    };
    match offers.iter().map(one).collect::<Option<BTreeSet<_>>>() {
        Some(sizes) if sizes.len() > 1 => {
            sizes.into_iter().take(Limits::MOST_SIZES).map(|(_, width, height)| [width, height]).collect()
        }
        _ => Vec::new(),
    }
}

fn rates<'a>(offers: impl Iterator<Item = &'a Offer>) -> Option<Bounds<f64>> {
    let each = offers.flat_map(|offer| &offer.rates);
    let (low, high) = span(each.map(|(low, high)| (value(*low), value(*high))))?;
    choice((low, high), RATE)
}

/// From the lowest to the highest.
fn span<T: PartialOrd + Copy>(ranges: impl Iterator<Item = (T, T)>) -> Option<(T, T)> {
    ranges.reduce(|all, one| (if one.0 < all.0 { one.0 } else { all.0 }, if one.1 > all.1 { one.1 } else { all.1 }))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    const WEBCAM: &str = "video/x-raw, format=YUY2, width=640, height=480, framerate={ 30/1, 15/1 }; \
        video/x-raw, format=YUY2, width=1920, height=1080, framerate=5/1; \
        image/jpeg, width=640, height=480, framerate={ 120/1, 60/1, 30/1 }; \
        image/jpeg, width=320, height=240, framerate=30/1; \
        video/x-h264, width=3840, height=2160, framerate=30/1";

    fn caps(text: &str) -> gst::Caps {
        gst::init().unwrap();
        gst::Caps::from_str(text).unwrap()
    }

    fn offers(text: &str) -> Vec<Offer> {
        choose::offers(&caps(text))
    }

    fn wanted() -> Wanted {
        Wanted::new(0, cameracast_config::Source::Pattern)
    }

    fn yuyv() -> Wanted {
        Wanted { pixel_format: Some("YUYV".into()), ..wanted() }
    }

    fn bounds<T>(min: T, max: T) -> Option<Bounds<T>> {
        Some(Bounds { min, max })
    }

    #[test]
    fn of_a_webcam_the_sizes_that_it_has_can_be_set_and_its_rates() {
        let limits = limits(&offers(WEBCAM), &wanted());
        assert_eq!(limits.sizes, [[320, 240], [640, 480], [1920, 1080]]);
        assert_eq!((limits.width, limits.height), (bounds(320, 1920), bounds(240, 1080)));
        assert_eq!(limits.camera_fps, bounds(5.0, 120.0));
    }

    #[test]
    fn only_what_goes_with_the_configured_format_and_size_is_told() {
        let in_format = limits(&offers(WEBCAM), &yuyv());
        assert_eq!(in_format.sizes, [[640, 480], [1920, 1080]]);
        let at_vga = Wanted { width: Some(640), height: Some(480), ..yuyv() };
        assert_eq!(limits(&offers(WEBCAM), &at_vga).camera_fps, bounds(15.0, 30.0));
        let at_full = Wanted { width: Some(1920), height: Some(1080), ..yuyv() };
        assert_eq!(limits(&offers(WEBCAM), &at_full).camera_fps, None, "there is but one");
    }

    #[test]
    fn what_is_fixed_cannot_be_set() {
        let fixed = "video/x-raw, format=GRAY8, width=160, height=120, framerate=30/1";
        assert_eq!(of_pipeline(&caps(fixed), &wanted()), Limits::default());
        assert_eq!(limits(&offers("image/jpeg"), &wanted()), Limits::default(), "of a size that nobody told");
    }

    #[test]
    fn what_a_pipeline_leaves_open_can_be_set_within_what_there_is() {
        let open = "video/x-raw, format=GRAY8, width=[ 1, 2147483647 ], height=[ 16, 1080 ], \
            framerate=[ 0/1, 2147483647/1 ]";
        let limits_of_it = of_pipeline(&caps(open), &wanted());
        assert_eq!((limits_of_it.width, limits_of_it.height), (Some(SIDE), bounds(16, 1080)));
        assert_eq!((limits_of_it.camera_fps, limits_of_it.sizes), (Some(RATE), Vec::new()));
        assert_eq!(limits(&offers(open), &wanted()).camera_fps, None, "a driver that does not know its rates");
    }

    #[test]
    fn what_a_pipeline_cannot_give_is_refused_with_what_it_can() {
        let upstream = caps(
            "video/x-raw, format=GRAY8, width=160, height=120, framerate={ 10/1, 30/1 }; \
             video/x-raw, format=GRAY8, width=320, height=[ 200, 240 ], framerate=[ 1/1, 5/1 ]",
        );
        let refused = |width, height, fps| {
            of_pipeline_refused(
                &upstream,
                &Wanted { width: Some(width), height: Some(height), fps: Some(fps), ..wanted() },
            )
        };
        assert_eq!(refused(160, 120, 30.0), None);
        assert_eq!(refused(160, 120, 20.0).unwrap(), "it does not offer 20 FPS; it offers 10, 30");
        assert_eq!(refused(320, 240, 20.0).unwrap(), "it does not offer 20 FPS; it offers 1 to 5");
        assert_eq!(refused(64, 48, 1.0).unwrap(), "it does not offer 64x48; it offers 160x120, 320x200–240");
    }

    #[test]
    fn many_sizes_are_cut_to_what_a_message_holds() {
        let many: Vec<String> = (1..=100)
            .map(|n| format!("video/x-raw, format=GRAY8, width={}, height=16, framerate=30/1", 16 * n))
            .collect();
        assert_eq!(limits(&offers(&many.join("; ")), &wanted()).sizes.len(), Limits::MOST_SIZES);
    }

    #[test]
    fn a_rate_below_the_lowest_is_refused_with_those_that_are_possible() {
        let at = |fps| Wanted { width: Some(640), height: Some(480), fps: Some(fps), ..yuyv() };
        let refused = too_slow(&offers(WEBCAM), &at(1.0)).unwrap();
        assert_eq!(refused, "it does not go down to 1 FPS in that size: 15 to 30 are possible");
        assert_eq!(too_slow(&offers(WEBCAM), &at(15.0)), None);
        assert_eq!(too_slow(&offers(WEBCAM), &at(20.0)), None, "the next above is taken");
    }
}
