//! What a running pipeline could give instead of what it gives.

use gst::prelude::*;
use gstreamer as gst;

/// By what is before this sink. Where that is JPEG out of an encoder, which says that it takes any size and rate, what is
/// before the encoder decides over both.
pub(super) fn upstream(sink: &gst::Pad) -> gst::Caps {
    let is_jpeg = |caps: gst::Caps| caps.structure(0).is_some_and(|caps| caps.name() == "image/jpeg");
    match encoder_before(sink).filter(|_| sink.current_caps().is_some_and(is_jpeg)) {
        Some(input) => input.peer_query_caps(None).iter().map(as_jpeg).collect(),
        None => sink.peer_query_caps(None),
    }
}

/// The input of the first encoder on the one way to this sink.
fn encoder_before(sink: &gst::Pad) -> Option<gst::Pad> {
    let (mut at, mut found) = (sink.clone(), None);
    while let Some(element) = at.peer().and_then(|peer| peer.parent_element()) {
        let mut inputs = element.sink_pads();
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else { break };
        let klass = element.metadata("klass");
        if klass.is_some_and(|klass| klass.contains("Encoder")) {
            found = Some(input.clone());
        }
        at = input;
    }
    found
}

fn as_jpeg(raw: &gst::StructureRef) -> gst::Structure {
    let mut jpeg = gst::Structure::new_empty("image/jpeg");
    for field in ["width", "height", "framerate"] {
        if let Ok(value) = raw.value(field) {
            jpeg.set_value(field, value.clone());
        }
    }
    jpeg
}
