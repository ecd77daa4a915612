//! When a frame was taken, by the best clock that its camera has.
//!
//! That is the stamp that the camera puts on each frame (a chunk, where it sends one, otherwise the frame's leader),
//! mapped to the host's clock; the arrival where there is no stamp, or none that runs as time does.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aravis::prelude::*;
use aravis::{Buffer, ChunkParser};

use super::clock_map::ClockMap;
use super::ptp::Ptp;
use crate::capture::arrival::Arrivals;
use crate::capture::time::{since_start_ns, unix_us};
use crate::capture::{CaptureTime, Clock};

/// The times of one camera's frames, as long as it is open.
pub(super) struct FrameClock {
    arrivals: Arrivals,
    map: ClockMap,
    ptp: Option<Ptp>,
    chunks: Option<Chunks>,
}

impl FrameClock {
    /// For a camera that has its settings.
    pub(super) fn of(camera: &aravis::Camera) -> Self {
        Self {
            arrivals: Arrivals::default(),
            map: ClockMap::default(),
            ptp: Ptp::of(camera),
            chunks: Chunks::of(camera),
        }
    }

    /// When this whole frame was taken.
    pub(super) fn time(&mut self, camera: &aravis::Camera, buffer: &Buffer) -> CaptureTime {
        let now = Instant::now();
        if let Some(ptp) = &mut self.ptp {
            ptp.ask(camera, now);
        }
        // Aravis stamps the first packet of a frame with the system's clock.
        let received = Duration::from_nanos(buffer.system_timestamp());
        let age = SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| now.checked_sub(received));
        let arrival = self.arrivals.at(now, age);
        let stamp = self.chunks.as_ref().and_then(|chunks| chunks.stamp(buffer)).unwrap_or_else(|| buffer.timestamp());
        self.mapped(arrival, stamp as i64)
    }

    fn mapped(&mut self, arrival: CaptureTime, stamp: i64) -> CaptureTime {
        let arrived = since_start_ns(arrival.arrived);
        let Some(own) = self.map.offset(stamp, arrived) else { return arrival };
        let (offset, clock) = match self.ptp.as_ref().and_then(|ptp| ptp.shared(own)) {
            Some(shared) => (shared, Clock::PTP),
            None => (own, Clock::CAMERA),
        };
        let delay = Duration::from_nanos(arrived.saturating_sub(stamp.saturating_add(offset)).max(0) as u64);
        let taken = arrival.arrived.checked_sub(delay).unwrap_or(arrival.arrived);
        CaptureTime { unix_us: unix_us(taken), clock, ..arrival }
    }
}

/// Stamps that the camera sends behind the picture; only where the configuration's `features` switch them on.
struct Chunks {
    parser: ChunkParser,
    ticks_a_second: u64,
}

const CHUNK: &str = "ChunkTimestamp";

impl Chunks {
    fn of(camera: &aravis::Camera) -> Option<Self> {
        let is_on = camera.is_feature_available(CHUNK).unwrap_or(false) && camera.chunk_mode().unwrap_or(false);
        let parser = is_on.then(|| camera.create_chunk_parser()).flatten()?;
        // USB3 Vision counts ns.
        let ticks = camera.integer("GevTimestampTickFrequency").ok().filter(|ticks| *ticks > 0);
        Some(Self { parser, ticks_a_second: ticks.map_or(1_000_000_000, i64::unsigned_abs) })
    }

    fn stamp(&self, buffer: &Buffer) -> Option<u64> {
        let ticks = buffer.has_chunks().then(|| self.parser.integer_value(buffer, CHUNK).ok()).flatten()?;
        Some((u128::from(ticks.unsigned_abs()) * 1_000_000_000 / u128::from(self.ticks_a_second)) as u64)
    }
}
