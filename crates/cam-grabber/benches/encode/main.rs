//! CPU time of one thread for one frame, by format, size and encoder: `cargo bench -p cam-grabber`.
//!
//! The rounds of all cases are interleaved, so that a slow moment of the machine hits all of them. With `--worker` it
//! encodes what it is told instead: `scripts/bench/encode` sets it against OpenCV in that way.

mod picture;
mod worker;

use std::time::Duration;

use cam_grabber::capture::{BayerOrder, PixelFormat};
use cam_grabber::encode::{EncodeError, Encoder};
use cameracast_config::Encoder as Kind;
use rustix::time::{ClockId, clock_gettime};

const QUALITY: u8 = 80;
const ROUNDS: usize = 15;
const SIZES: [(u32, u32); 2] = [(640, 480), (1920, 1080)];
const FORMATS: [(&str, PixelFormat, bool); 13] = [
    ("Mono8", PixelFormat::Mono8, false),
    ("Mono8, limited", PixelFormat::Mono8, true),
    ("Mono12", PixelFormat::Mono16 { bits: 12 }, false),
    ("BayerRG8", PixelFormat::Bayer8(BayerOrder::Rggb), false),
    ("RGB8", PixelFormat::Rgb8, false),
    ("BGR8", PixelFormat::Bgr8, false),
    ("YUYV", PixelFormat::Yuyv, false),
    ("YUYV, limited", PixelFormat::Yuyv, true),
    ("UYVY", PixelFormat::Uyvy, false),
    ("I420", PixelFormat::I420, false),
    ("I420, limited", PixelFormat::I420, true),
    ("NV12", PixelFormat::Nv12, false),
    ("NV12, limited", PixelFormat::Nv12, true),
];

fn main() -> anyhow::Result<()> {
    match std::env::args().any(|argument| argument == "--worker") {
        true => worker::run(),
        false => Ok(table()?),
    }
}

fn table() -> Result<(), EncodeError> {
    println!("ms of CPU a frame, quality {QUALITY}: median (least, most) of {ROUNDS} rounds\n");
    for (width, height) in SIZES {
        println!("{width}x{height:<12} {:>28} {:>28}", "turbo", "rust");
        for (name, columns) in measure(width, height)? {
            let columns: Vec<_> = columns.iter().map(|times| column(times)).collect();
            println!("  {name:<16} {}", columns.join(" "));
        }
        println!();
    }
    Ok(())
}

fn column(times: &[f64]) -> String {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let text = format!("{:.3} ({:.3}, {:.3})", times[times.len() / 2], times[0], times[times.len() - 1]);
    format!("{text:>28}")
}

/// A format, and the times of each round by each encoder.
type Row = (&'static str, [Vec<f64>; 2]);

/// The rounds of each format by each encoder, ms a frame.
fn measure(width: u32, height: u32) -> Result<Vec<Row>, EncodeError> {
    let mut encoders = [Encoder::new(Kind::Turbo)?, Encoder::new(Kind::Rust)?];
    let repeats = (640 * 480 * 12 / (width * height)).max(3);
    let frames: Vec<_> =
        FORMATS.iter().map(|(_, format, limited)| picture::frame(*format, width, height, *limited)).collect();
    let mut results: Vec<_> = FORMATS.iter().map(|(name, ..)| (*name, [Vec::new(), Vec::new()])).collect();
    for _ in 0..ROUNDS {
        for (frame, (_, times)) in frames.iter().zip(&mut results) {
            for (encoder, times) in encoders.iter_mut().zip(times) {
                let start = cpu_time();
                for _ in 0..repeats {
                    encoder.encode(frame, QUALITY)?;
                }
                times.push((cpu_time() - start).as_secs_f64() * 1000.0 / f64::from(repeats));
            }
        }
    }
    Ok(results)
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
