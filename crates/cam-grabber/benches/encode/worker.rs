//! Encodes, or converts, what it is told, line by line: an order in, its CPU time out.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use bytes::Bytes;
use cam_grabber::capture::{BayerOrder, CaptureTime, Frame, Layout, PixelFormat};
use cam_grabber::encode::Encoder;
use cameracast_config::Encoder as Kind;
use serde::{Deserialize, Serialize};

/// One line of the standard input.
#[derive(Deserialize)]
struct Order {
    encoder: Name,
    format: Format,
    /// The raw picture: packed rows, nothing before and nothing after.
    picture: PathBuf,
    width: u32,
    height: u32,
    /// No JPEG is made of it, it is only brought into the form that the encoder takes.
    #[serde(default)]
    convert_only: bool,
    #[serde(default = "quality")]
    quality: u8,
    /// How often that is done.
    repeats: u32,
    /// Where the JPEG goes, where somebody wants to look at it.
    jpeg: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Turbo,
    Rust,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Gray,
    Rgb,
    Bgr,
    /// Video range, as webcams have it.
    Yuyv,
    /// RGGB.
    Bayer,
}

fn quality() -> u8 {
    super::QUALITY
}

/// One line of the standard output.
#[derive(Serialize)]
struct Done {
    /// Of one frame, all of its way from the camera's buffer to a JPEG in a buffer of its own; or of its conversion.
    cpu_ms: f64,
}

/// Serves until the standard input ends.
///
/// # Errors
/// An order that cannot be carried out.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut encoders = [Encoder::new(Kind::Turbo)?, Encoder::new(Kind::Rust)?];
    for line in io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let [turbo, rust] = &mut encoders;
        let encoder = match order.encoder {
            Name::Turbo => turbo,
            Name::Rust => rust,
        };
        let done = carry_out(&order, encoder)?;
        println!("{}", serde_json::to_string(&done)?);
        io::stdout().flush()?;
    }
    Ok(())
}

fn carry_out(order: &Order, encoder: &mut Encoder) -> anyhow::Result<Done> {
    let frame = frame(order)?;
    let mut once = || match order.convert_only {
        true => encoder.convert(&frame).map(|()| None),
        false => encoder.encode(&frame, order.quality).map(|encoded| Some(encoded.jpeg)),
    };
    // The first goes without the clock: the picture comes fresh from the disk, and the buffers may have to grow.
    let jpeg = once()?;
    let start = super::cpu_time();
    for _ in 0..order.repeats {
        once()?;
    }
    let spent = super::cpu_time() - start;
    if let (Some(path), Some(jpeg)) = (&order.jpeg, jpeg) {
        fs::write(path, &jpeg)?;
    }
    Ok(Done { cpu_ms: spent.as_secs_f64() * 1000.0 / f64::from(order.repeats) })
}

fn frame(order: &Order) -> anyhow::Result<Frame> {
    let (format, limited_range) = match order.format {
        Format::Gray => (PixelFormat::Mono8, false),
        Format::Rgb => (PixelFormat::Rgb8, false),
        Format::Bgr => (PixelFormat::Bgr8, false),
        Format::Yuyv => (PixelFormat::Yuyv, true),
        Format::Bayer => (PixelFormat::Bayer8(BayerOrder::Rggb), false),
    };
    let layout = Layout { limited_range, ..Layout::packed(format, order.width, order.height) };
    let data = Bytes::from(fs::read(&order.picture)?);
    Ok(Frame { data, layout, time: CaptureTime::arrived_now(), number: 0 })
}
