//! Without any configured camera: streams what is found, and what is plugged in later.
//!
//! A camera keeps its id over unplugging: it stays in the list, and its supervisor opens it again when it is back.

use std::collections::BTreeSet;
use std::time::Duration;

use cameracast_config::{Camera, Source, many_cameras};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::cameras::Cameras;
use crate::capture::discover::{self, Found};

/// Looks for cameras and adds them whenever none is configured, until it is dropped.
pub async fn add_unless_named(mut named: watch::Receiver<bool>, cameras: &Cameras, gige: bool) {
    loop {
        if named.wait_for(|named| !named).await.is_err() {
            return std::future::pending().await; // it stays as it is
        }
        let unless = named.clone();
        tokio::select! {
            biased; // what was found is not added to those that are configured now
            _ = named.wait_for(|named| *named) => {}
            () = keep_adding(cameras, &unless, gige) => {}
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks for cameras until some are configured, and adds those that are new; GigE Vision cameras only with `gige`.
async fn keep_adding(cameras: &Cameras, named: &watch::Receiver<bool>, gige: bool) {
    let mut known = BTreeSet::new();
    let mut refused = BTreeSet::new();
    let mut told = false;
    let mut crowd = Crowd::default();
    loop {
        let look = {
            let known = known.clone();
            move || discover::present(gige, &known)
        };
        let present = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        for device in present.forbidden {
            if refused.insert(device.clone()) {
                let device = device.display();
                warn!("{device}: we may not open it; let this user in, for example by `usermod -aG video USER`");
            }
        }
        for found in present.cameras {
            let device = found.device.clone();
            // A reload says first that cameras are configured, and then looks which there are: it removes this one, or
            // this one is not added.
            let id = cameras.add_found(|id| (!*named.borrow()).then(|| camera(id, found)));
            if *named.borrow() {
                return;
            }
            match id {
                Some(id) => {
                    info!(camera = id, device, "found");
                    known.insert(device);
                    if let Some(warning) = crowd.grew_to(cameras.all().len()) {
                        warn!("{warning}");
                    }
                }
                None => warn!(device, "found, but all 256 ids are taken"),
            }
        }
        if known.is_empty() && refused.is_empty() && !told {
            told = true;
            let where_to = if gige { "" } else { ", or take GigE Vision cameras with --all" };
            info!("no camera found, waiting for one; plug one in, name yours with --config FILE{where_to}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether there are more cameras than every viewer takes: said once, not at each further one.
#[derive(Debug, Default)]
struct Crowd {
    said: bool,
}

impl Crowd {
    fn grew_to(&mut self, cameras: usize) -> Option<String> {
        let warning = many_cameras(cameras, "found").filter(|_| !self.said)?;
        self.said = true;
        Some(warning)
    }
}

fn camera(id: u8, found: Found) -> Camera {
    let source = match found.source {
        "v4l2" => Source::V4l2 { device: found.device.into() },
        _ => Source::Genicam { device: found.device },
    };
    let named = Camera::new(id, source);
    Camera { name: found.model.unwrap_or_else(|| named.name.clone()), ..named }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_cameras_than_the_original_viewer_takes_are_said_once() {
        let mut crowd = Crowd::default();
        assert!((1..=8).all(|cameras| crowd.grew_to(cameras).is_none()));
        assert!(crowd.grew_to(9).is_some_and(|said| said.starts_with("9 cameras are found")));
        assert_eq!(crowd.grew_to(10), None);
    }
}
