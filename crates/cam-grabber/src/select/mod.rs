//! Who goes together into a bundle, and when. Pure: it sees what the cameras offer and what time it is, and decides.
//!
//! A frame is streamed the moment it comes wherever that is possible: a lone camera's frame that is nearest to its due time
//! is taken as it arrives, not at the next tick of a clock. Nothing is chosen that somebody has had before.

mod pace;
mod pairing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cameracast_config::{BundleMode, Stream};
pub use pace::Pace;
pub use pairing::Group;

use crate::recent::Offer;

/// What selection knows of one camera that is to be streamed.
#[derive(Clone, Debug)]
pub struct View {
    /// Its id.
    pub camera: u8,
    /// It delivers frames now: a bundle may wait for it.
    pub live: bool,
    /// Frames per second of this camera, at most; the stream's own where `None`.
    pub stream_fps: Option<f64>,
    /// What it offers.
    pub offer: Offer,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// These frames go, each the newest of its camera up to this capture time (µs).
    Take(Group),
    /// Nothing can be due before then, whatever comes.
    Sleep(Instant),
    /// Look again when a frame comes, and at this time if there is one.
    Await(Option<Instant>),
}

/// Decides what is streamed.
#[derive(Debug)]
pub struct Select {
    mode: BundleMode,
    max_wait: Duration,
    tolerance_us: u64,
    bundles: Pace,
    /// Since when a bundle is due and has at least one frame.
    waiting_since: Option<Instant>,
    /// Cameras with a rate of their own.
    cameras: BTreeMap<u8, (f64, Pace)>,
}

impl Select {
    /// Selection as configured.
    pub fn new(stream: &Stream) -> Self {
        Self {
            mode: stream.bundle,
            max_wait: stream.max_wait(),
            tolerance_us: (stream.tolerance_ms * 1000.0) as u64,
            bundles: Pace::new(stream.fps),
            waiting_since: None,
            cameras: BTreeMap::new(),
        }
    }

    /// Decides. What it says to take is taken: the next bundle is due a period later.
    pub fn decide(&mut self, now: Instant, views: &[View]) -> Decision {
        self.follow_rates(views);
        let (due, slack) = match views {
            [only] => {
                let due = self.bundles.due(now);
                (self.own_due(only, now).map_or(due, |own| own.max(due)), self.half_a_frame(only))
            }
            _ => (self.bundles.due(now), Duration::ZERO),
        };
        if let Some(opens) = due.checked_sub(slack).filter(|opens| *opens > now) {
            return Decision::Sleep(opens);
        }
        // Bundles leave in the rhythm of the stream: the one nearest to a camera's own time is the right one for it.
        let own_slack = if slack.is_zero() { self.bundles.period() / 2 } else { slack };
        let turn = |view: &View| self.own_due(view, now).and_then(|own| own.checked_sub(own_slack)).unwrap_or(now);
        let (views, later): (Vec<&View>, Vec<&View>) = views.iter().partition(|view| turn(view) <= now);
        if views.iter().all(|view| view.offer.fresh.is_empty()) {
            let kept = later.iter().filter(|view| !view.offer.fresh.is_empty());
            return Decision::Await(kept.map(|view| turn(view)).min());
        }
        if let [only] = views[..]
            && let Some(until) = nearer_frame(only, now, due, slack)
        {
            return Decision::Await(Some(until));
        }
        let deadline = *self.waiting_since.get_or_insert(now) + self.max_wait;
        match self.choose(&views, now, deadline) {
            Some(group) => {
                self.taken(now, &group);
                Decision::Take(group)
            }
            None => Decision::Await(Some(deadline)),
        }
    }

    fn choose(&self, views: &[&View], now: Instant, deadline: Instant) -> Option<Group> {
        let over = now >= deadline;
        let newest = || views.iter().filter_map(|view| Some((view.camera, *view.offer.fresh.last()?))).collect();
        let missing = |view: &&View| view.live && view.offer.fresh.is_empty();
        match self.mode {
            BundleMode::Latest => {
                // Waiting is for frames that will come in time: not for a camera that is slower than the stream, nor for
                // one that is overdue by more than a frame: its own, or half of one of the stream, since a busy machine may
                // hold a fast camera up for longer than its frames last. Of one that sent a single frame it is not known
                // how fast it is; it gets as long as a camera at the stream's rate would.
                let comes_in_time = |view: &View| {
                    let Some(last) = view.offer.rate.last() else { return false };
                    let period = view.offer.rate.period().unwrap_or(self.bundles.period());
                    let expected = last + period;
                    expected <= deadline && now <= expected + period.max(self.bundles.period() / 2)
                };
                let worth_waiting = |view: &&View| missing(view) && comes_in_time(view);
                (over || !views.iter().any(worth_waiting)).then(newest)
            }
            BundleMode::Complete => (over || !views.iter().any(missing)).then(newest),
            BundleMode::Synchronized => {
                let live: BTreeSet<u8> = views.iter().filter(|view| view.live).map(|view| view.camera).collect();
                let fresh = views.iter().map(|view| (view.camera, view.offer.fresh.as_slice()));
                pairing::best_group(fresh, self.tolerance_us)
                    .filter(|group| over || live.iter().all(|camera| group.contains_key(camera)))
            }
        }
    }

    /// How long before its time a bundle of one camera may go, so that the frame that arrives nearest to that time does
    /// not wait: half a frame period, of whichever is faster, camera or stream.
    fn half_a_frame(&self, only: &View) -> Duration {
        only.offer.rate.period().unwrap_or_default().min(self.bundles.period()) / 2
    }

    /// When a camera with a rate of its own has its turn.
    fn own_due(&self, view: &View, now: Instant) -> Option<Instant> {
        self.cameras.get(&view.camera).map(|(_, pace)| pace.due(now))
    }

    /// Rates of single cameras are set and changed while the stream runs.
    fn follow_rates(&mut self, views: &[View]) {
        for view in views {
            match (view.stream_fps, self.cameras.get(&view.camera)) {
                (Some(fps), Some((paced_at, _))) if *paced_at == fps => {}
                (Some(fps), _) => drop(self.cameras.insert(view.camera, (fps, Pace::new(fps)))),
                (None, _) => drop(self.cameras.remove(&view.camera)),
            }
        }
    }

    fn taken(&mut self, now: Instant, group: &Group) {
        self.waiting_since = None;
        self.bundles.taken(now);
        for camera in group.keys() {
            if let Some((_, pace)) = self.cameras.get_mut(camera) {
                pace.taken(now);
            }
        }
    }
}

/// Until when to wait, where a lone camera's frame is there but the next will come nearer to the due time.
fn nearer_frame(only: &View, now: Instant, due: Instant, slack: Duration) -> Option<Instant> {
    let until = due + slack;
    let early = only.offer.rate.last()? + slack < due;
    (early && now < until && only.offer.rate.next_expected()? <= until).then_some(until)
}

#[cfg(test)]
mod tests;
