//! What is told while the grabber runs: on a terminal a line a camera, refreshed; on a pipe, one line a second at most,
//! with what has changed; to a program, the same as an event a camera.

mod cells;
mod changes;
mod screen;
mod text;

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::cameras::Cameras;
use cameracast_service::log::Format;
use changes::{Changes, News};
pub use screen::Screen;
use text::Sample;

const EVERY: Duration = Duration::from_secs(1);

/// Who is told.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// How the log is written.
    pub log: Format,
    /// The terminal, where there is one.
    pub screen: Option<&'a Screen>,
}

/// Shows the cameras until it is dropped; on the screen where there is one, otherwise in the log.
pub async fn show(cameras: &Cameras, view: View<'_>) {
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
        match view.screen {
            Some(screen) => screen.show(text::lines(&before, &now, span)),
            None => tell(&changes.news(&before, &now, span), view.log),
        }
        before = now;
    }
}

fn tell(news: &[News<'_>], log: Format) {
    match log {
        _ if news.is_empty() => {}
        Format::Text => {
            let line = news.iter().map(News::to_string).collect::<Vec<_>>().join("; ");
            if news.iter().any(|news| news.lost > 0) { warn!("{line}") } else { info!("{line}") }
        }
        Format::Json => {
            for News { camera, name, text, lost } in news {
                match lost {
                    0 => info!(camera, name, "{text}"),
                    lost => warn!(camera, name, lost, "{text}"),
                }
            }
        }
    }
}
