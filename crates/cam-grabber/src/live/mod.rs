//! What a person sees while the grabber runs: on a terminal a line a camera, refreshed; on a pipe, one line a second at
//! most, with what has changed.

mod cells;
mod changes;
mod screen;
mod text;

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::cameras::Cameras;
use changes::Changes;
pub use screen::Screen;
use text::Sample;

const EVERY: Duration = Duration::from_secs(1);

/// Shows the cameras until it is dropped; on `screen` where there is a terminal, otherwise in the log.
pub async fn show(cameras: &Cameras, screen: Option<&Screen>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before: Vec<Sample> = Vec::new();
    let mut changes = Changes::default();
    let mut sampled_at = Instant::now();
    loop {
        ticks.tick().await;
        let now: Vec<Sample> = cameras.all().iter().map(|camera| Sample::of(camera)).collect();
        let span = sampled_at.elapsed();
        sampled_at = Instant::now();
        match screen {
            Some(screen) => screen.show(text::lines(&before, &now, span)),
            None => match changes.news(&before, &now, span) {
                Some(news) if news.lost => warn!("{}", news.line),
                Some(news) => info!("{}", news.line),
                None => {}
            },
        }
        before = now;
    }
}
