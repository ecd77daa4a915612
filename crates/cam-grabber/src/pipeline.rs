//! The way of a frame through this process. Read this first.
//!
//! Cameras grab on their own threads, at their own rate, whether anybody watches or not. Here the newest frames are chosen
//! when the bridge has room for them, encoded side by side, and sent; nothing is encoded that is not sent.

use std::time::Instant;

use cameracast_config::Config;
use cameracast_service::Pulse;
use frame_bundle::{CaptureInfo, Frame, PixelFormat};
use tracing::{debug, error};

use crate::cameras::{Cameras, Selected};
use crate::encode::{EncodeError, Encoded, EncoderPool, Job};
use crate::select::Select;
use crate::stages::Passage;
use crate::uplink::{Picture, Uplink};

/// All headers of a bundle of 256 cameras, in bytes, rounded up.
const HEADERS_AT_MOST: usize = 16 << 10;

/// Streams until it is dropped; `pulse` beats as long as it does not get stuck.
///
/// # Errors
/// The encoders cannot be started.
pub async fn run(config: &Config, cameras: Cameras, mut uplink: Uplink, pulse: &Pulse) -> Result<(), EncodeError> {
    let mut stream = cameras.stream();
    let mut now = stream.borrow_and_update().clone();
    let mut encoders = EncoderPool::new(now.encoder, encoder_threads())?;
    let mut select = Select::new(&now);
    let max_bundle = config.bridge.max_bundle_mib << 20;
    let mut beats = pulse.beats();

    while let Some(mut turn) = beats.while_waiting(uplink.turn()).await {
        // A bridge is there, and it has taken everything that was sent before.
        let frames = tokio::select! {
            frames = beats.while_waiting(cameras.next_selection(&mut select)) => frames,
            () = turn.gone() => continue,
            // Reloaded; what is due is another matter now.
            Ok(()) = stream.changed() => {
                let mut next = stream.borrow_and_update().clone();
                if next.encoder != now.encoder {
                    match EncoderPool::new(next.encoder, encoder_threads()) {
                        Ok(pool) => encoders = pool,
                        Err(error) => {
                            let (wanted, has) = (next.encoder, now.encoder);
                            error!("no encoder {wanted:?}, frames are encoded by {has:?} as before: {error}");
                            next.encoder = now.encoder; // so that the next change tries it again
                        }
                    }
                }
                select = Select::new(&next);
                now = next;
                continue;
            }
        };
        let mut pictures = encode(&encoders, frames, now.jpeg_quality).await;
        leave_out_what_is_too_large(&mut pictures, max_bundle);
        if !pictures.is_empty() {
            turn.send(pictures);
        }
    }
    Ok(())
}

/// Encodes the frames side by side. One that fails is counted at its camera and left out.
async fn encode(encoders: &EncoderPool, frames: Vec<Selected>, quality: u8) -> Vec<Picture> {
    let mut origins = Vec::with_capacity(frames.len());
    let mut jobs = Vec::with_capacity(frames.len());
    for Selected { camera, frame, at } in frames {
        let quality = camera.jpeg_quality().unwrap_or(quality);
        origins.push((camera, frame.time, frame.number, at));
        jobs.push(Job { frame, quality });
    }
    let results = encoders.encode(jobs).await;
    let encoded = Instant::now();
    let mut pictures = Vec::with_capacity(results.len());
    for ((camera, time, number, selected), result) in origins.into_iter().zip(results) {
        match result {
            Ok(Encoded { jpeg, width, height, took }) => {
                camera.count_encoded(took);
                let camera_id = camera.id;
                pictures.push(Picture {
                    camera,
                    frame: Frame { camera_id, pixel_format: PixelFormat::JPEG, width, height, data: jpeg },
                    info: CaptureInfo {
                        camera_id,
                        clock: time.clock,
                        capture_time_us: time.unix_us,
                        frame_number: number,
                    },
                    passage: Passage { captured: time.arrived, selected, encoded, encoding: took },
                });
            }
            Err(error) => {
                camera.count_dropped(error.cause());
                debug!(camera = camera.id, "frame {number}: {error}");
            }
        }
    }
    pictures
}

/// The bridge closes a connection on which a larger bundle comes than it takes: then all cameras would be gone for one.
fn leave_out_what_is_too_large(pictures: &mut Vec<Picture>, max_bundle: usize) {
    let size = |pictures: &[Picture]| pictures.iter().map(|picture| picture.frame.data.len()).sum::<usize>();
    while size(pictures) + HEADERS_AT_MOST > max_bundle {
        let Some(largest) = (0..pictures.len()).max_by_key(|at| pictures[*at].frame.data.len()) else { return };
        pictures.swap_remove(largest).camera.count_dropped("larger than max_bundle_mib");
    }
}

/// As many as there are cores: cameras are encoded side by side.
fn encoder_threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
