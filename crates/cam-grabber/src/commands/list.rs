//! `cam-grabber list`.

use std::fmt::Write;

use cam_grabber::capture::discover::{self, Found, FoundFormat, FoundSize};

use super::{DONE, FAILED};

pub(crate) fn list(json: bool) -> u8 {
    let found = discover::cameras();
    if !json {
        print!("{}", in_words(&found));
        return DONE;
    }
    match serde_json::to_string_pretty(&found) {
        Ok(text) => {
            println!("{text}");
            DONE
        }
        Err(error) => {
            eprintln!("cam-grabber: {error}");
            FAILED
        }
    }
}

fn in_words(found: &[Found]) -> String {
    if found.is_empty() {
        return "No camera answers. GigE Vision cameras have to be on a network of this machine; a V4L2 or USB3 Vision \
                camera has to be plugged in and may need its user in the group video.\n"
            .to_owned();
    }
    let mut text = String::new();
    for camera in found {
        // Writing to a string cannot fail.
        let _ = describe(&mut text, camera);
    }
    text
}

fn describe(text: &mut String, camera: &Found) -> std::fmt::Result {
    let unknown = || "unknown".to_owned();
    writeln!(text, "{}", camera.model.clone().unwrap_or_else(unknown))?;
    writeln!(text, "  source   {}", camera.source)?;
    writeln!(text, "  device   {}", camera.device)?;
    writeln!(text, "  serial   {}", camera.serial.clone().unwrap_or_else(unknown))?;
    if let Some(address) = &camera.address {
        writeln!(text, "  address  {address}")?;
    }
    if let Some(taken) = camera.controlled_by_other {
        writeln!(text, "  use      {}", if taken { "controlled by another program" } else { "free" })?;
    }
    for FoundFormat { pixel_format, sizes } in &camera.formats {
        let sizes: Vec<String> = sizes.iter().map(size).collect();
        writeln!(text, "  format   {pixel_format}: {}", sizes.join(", "))?;
    }
    writeln!(text)
}

fn size(FoundSize { width, height, fps }: &FoundSize) -> String {
    let range = |(low, high): (u32, u32)| if low == high { low.to_string() } else { format!("{low}–{high}") };
    let rate = match fps {
        Some((low, high)) if low == high => format!(" at {high} FPS"),
        Some((low, high)) => format!(" at {low}–{high} FPS"),
        None => String::new(),
    };
    format!("{}x{}{rate}", range(*width), range(*height))
}

#[cfg(test)]
mod tests {
    use cam_grabber::capture::discover::Transport;

    use super::*;

    #[test]
    fn a_camera_is_listed_with_what_to_put_under_device() {
        let format = FoundFormat {
            pixel_format: "Mono8".into(),
            sizes: vec![FoundSize { width: (1, 2048), height: (480, 480), fps: Some((1.0, 400.0)) }],
        };
        let camera = Found {
            source: "genicam",
            device: "192.0.2.10".into(),
            model: Some("Fake".into()),
            serial: None,
            address: Some("192.0.2.10".into()),
            transport: Transport::Gige,
            controlled_by_other: Some(true),
            formats: vec![format],
        };
        let text = in_words(&[camera]);
        for line in
            ["device   192.0.2.10", "controlled by another", "Mono8: 1–2048x480 at 1–400 FPS", "serial   unknown"]
        {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
