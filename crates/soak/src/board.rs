//! What all viewers together have seen, and what was wrong with it.
//!
//! A fault excuses the cameras that it hurts, from its beginning until they are seen again; whatever else pauses, or is
//! shown late, is a violation. The machine's own pauses are measured beside ([`crate::hiccups`]) and never held against
//! anybody.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

/// After a camera is seen again its pictures may be late for so long: everything starts at once then.
const GRACE: Duration = Duration::from_millis(500);
/// Viewers that are more patient are slow themselves, and stand in no sum.
const LONG: Duration = Duration::from_secs(1);
/// Violations that are kept with their text.
const KEPT: usize = 100;
/// A picture that is older is as wrong as one that is that old.
const LONG_AGO: Duration = Duration::from_secs(60);
/// A capture time lies ahead of ours by no more: it is read of the same clock, or reckoned from a camera's.
const AHEAD: Duration = Duration::from_millis(100);
/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(5);

/// One of the two bridges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Site {
    /// Is never restarted; its first grabber is, all the time.
    Steady,
    /// Is restarted all the time; its grabber never is.
    Restless,
}

/// A camera as the viewers of one bridge see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Camera {
    pub(crate) site: Site,
    pub(crate) id: u8,
}

/// What a viewer may expect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Between two frames of a camera.
    pub(crate) pause: Duration,
    /// From the capture to the viewer.
    pub(crate) age: Duration,
}

/// A viewer that has said what it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ViewerId(usize);

#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    viewers: Vec<Viewer>,
    excuses: Vec<Excuse>,
    hiccups: Vec<(Instant, Instant)>,
    violations: Vec<String>,
    violated: usize,
    totals: Totals,
}

#[derive(Debug)]
struct Viewer {
    name: String,
    patience: Patience,
    cameras: BTreeMap<Camera, Option<Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Instant,
    captured_us: u64,
    /// Not since the viewer connected: then it says nothing about a pause.
    before_this_connection: bool,
}

#[derive(Debug)]
struct Excuse {
    cameras: Vec<Camera>,
    hurt: Hurt,
    from: Instant,
    until: Option<Instant>,
}

/// What a fault does to those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hurt {
    /// Cameras pause.
    Pauses,
    /// The bridge goes, with every connection.
    CutsOff,
}

/// For a group of cameras that has to be seen.
#[derive(Clone, Debug, Default)]
struct Wait {
    /// The last that was waited for.
    last: String,
    seen_from: Option<Instant>,
    took: Option<Duration>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) messages: u64,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) connections: u64,
    pub(crate) decoded: u64,
    pub(crate) longest_pause: Duration,
    pub(crate) oldest: Duration,
    pub(crate) longest_hiccup: Duration,
    pub(crate) hiccups: Duration,
}

/// Excuses cameras until it is dropped.
#[must_use]
#[derive(Debug)]
pub(crate) struct Excused<'a> {
    board: &'a Board,
    number: usize,
}

/// A moment by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    /// Unix time in µs, as capture times are told.
    pub(crate) unix_us: u64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        Self { at: Instant::now(), unix_us: unix.map_or(0, |now| now.as_micros() as u64) }
    }
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A viewer that follows these cameras of a bridge.
    pub(crate) fn viewer(&self, name: &str, site: Site, ids: &[u8], patience: Patience) -> ViewerId {
        let cameras = ids.iter().map(|id| (Camera { site, id: *id }, None)).collect();
        let mut state = self.state();
        state.viewers.push(Viewer { name: format!("{name} of the {site:?} bridge"), patience, cameras });
        ViewerId(state.viewers.len() - 1)
    }

    /// The viewer has connected, perhaps not for the first time.
    pub(crate) fn connected(&self, viewer: ViewerId) {
        let mut state = self.state();
        state.totals.connections += 1;
        let seen = state.viewers.get_mut(viewer.0).into_iter().flat_map(|viewer| viewer.cameras.values_mut());
        seen.flatten().for_each(|seen| seen.before_this_connection = true);
    }

    /// The viewer's connection ended, which nothing but a hurt bridge excuses.
    pub(crate) fn disconnected(&self, viewer: ViewerId, why: &str) {
        let mut state = self.state();
        let now = Instant::now();
        let Some(Viewer { cameras, .. }) = state.viewers.get(viewer.0) else { return };
        let site = cameras.keys().next().map(|camera| camera.site);
        // A bridge that is hurt is excused with all its cameras.
        let all = state.viewers.iter().flat_map(|viewer| viewer.cameras.keys());
        if all.filter(|camera| Some(camera.site) == site).any(|camera| !state.is_excused(*camera, Hurt::CutsOff, now)) {
            state.violate_for(viewer, format!("the connection ended: {why}"));
        }
    }

    /// A viewer has received a message.
    pub(crate) fn received(&self, bytes: usize) {
        let mut state = self.state();
        state.totals.messages += 1;
        state.totals.bytes += bytes as u64;
    }

    /// A viewer has received a frame; `captured_us` is Unix time, 0 where the message does not tell.
    pub(crate) fn saw(&self, viewer: ViewerId, camera: Camera, captured_us: u64, moment: Moment) {
        let now = moment.at;
        let age = Duration::from_micros(moment.unix_us.saturating_sub(captured_us)).min(LONG_AGO);
        let mut state = self.state();
        state.totals.frames += 1;
        let Some(Viewer { patience, cameras, .. }) = state.viewers.get_mut(viewer.0) else { return };
        let Patience { pause: longest, age: oldest } = *patience;
        let Some(slot) = cameras.get_mut(&camera) else {
            return state.violate_for(viewer, format!("a frame of camera {}, which it has not asked for", camera.id));
        };
        let before = slot.replace(Seen { at: now, captured_us, before_this_connection: false });
        let ahead = Duration::from_micros(captured_us.saturating_sub(moment.unix_us));
        if ahead > AHEAD {
            let id = camera.id;
            state.violate_for(viewer, format!("a picture of camera {id} is to be taken in {ahead:?} only"));
        }
        if let Some(before) = before {
            if captured_us < before.captured_us {
                let (id, from) = (camera.id, before.captured_us);
                state.violate_for(viewer, format!("camera {id} went back in time, from {from} to {captured_us}"));
            }
            let pause = now - before.at;
            if !before.before_this_connection {
                let own = state.unexcused(camera, before.at, now);
                if longest < LONG {
                    state.totals.longest_pause = state.totals.longest_pause.max(own);
                }
                if own > longest {
                    state.violate_for(viewer, format!("camera {} paused for {pause:?}", camera.id));
                }
            }
        }
        if captured_us > 0 && !state.is_excused(camera, Hurt::Pauses, now) {
            let own = age.saturating_sub(state.hiccups_between(now - age, now));
            if longest < LONG {
                state.totals.oldest = state.totals.oldest.max(own);
            }
            if own > oldest {
                state.violate_for(viewer, format!("a picture of camera {} was {age:?} old", camera.id));
            }
        }
    }

    /// A JPEG was decoded.
    pub(crate) fn decoded(&self) {
        self.state().totals.decoded += 1;
    }

    /// Something was wrong.
    pub(crate) fn violation(&self, what: String) {
        self.state().violate(what);
    }

    /// The machine itself paused.
    pub(crate) fn hiccup(&self, from: Instant, until: Instant) {
        let mut state = self.state();
        state.totals.longest_hiccup = state.totals.longest_hiccup.max(until - from);
        state.totals.hiccups += until - from;
        state.hiccups.push((from, until));
        if state.hiccups.len() > 400 {
            state.hiccups.drain(..200);
        }
    }

    /// From now on these cameras may pause or, where the bridge goes, everybody who watches them be cut off.
    pub(crate) fn excuse(&self, cameras: Vec<Camera>, hurt: Hurt) -> Excused<'_> {
        let mut state = self.state();
        state.excuses.push(Excuse { cameras, hurt, from: Instant::now(), until: None });
        Excused { board: self, number: state.excuses.len() - 1 }
    }

    /// Whether a camera may pause at this moment.
    pub(crate) fn may_pause(&self, camera: Camera) -> bool {
        self.state().is_excused(camera, Hurt::Pauses, Instant::now())
    }

    /// Waits until every viewer sees the cameras of each group as they are after a moment, and goes on seeing them for so
    /// long without a pause. Gives of each group how long it took from that moment to the beginning of this, the machine's
    /// own pauses left out, and who was the last to wait.
    ///
    /// # Errors
    /// It took longer than a minute: which viewer waits for which camera.
    pub(crate) async fn until_seen(
        &self,
        groups: &[Vec<Camera>],
        since: Moment,
        steady: Duration,
    ) -> Result<Vec<(Duration, String)>> {
        let mut waits = vec![Wait::default(); groups.len()];
        loop {
            let now = Instant::now();
            for (wait, cameras) in waits.iter_mut().zip(groups).filter(|(wait, _)| wait.took.is_none()) {
                let missing = self.state().missing(cameras, since, now);
                match missing {
                    None => {
                        let from = *wait.seen_from.get_or_insert(now);
                        let own = self.state().hiccups_between(since.at, from);
                        wait.took = (now - from >= steady).then(|| (from - since.at).saturating_sub(own));
                    }
                    Some(missing) if since.at.elapsed() > LONG_AGO => bail!("not seen within a minute: {missing}"),
                    Some(missing) => (wait.last, wait.seen_from) = (missing, None),
                }
            }
            if waits.iter().all(|wait| wait.took.is_some()) {
                return Ok(waits.into_iter().map(|wait| (wait.took.unwrap_or_default(), wait.last)).collect());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// All that was looked at.
    pub(crate) fn totals(&self) -> Totals {
        self.state().totals
    }

    /// How many violations there were, and the first of them.
    pub(crate) fn violations(&self) -> (usize, Vec<String>) {
        let state = self.state();
        (state.violated, state.violations.clone())
    }
}

impl State {
    fn violate(&mut self, what: String) {
        self.violated += 1;
        eprintln!("VIOLATION: {what}");
        if self.violations.len() < KEPT {
            self.violations.push(what);
        }
    }

    /// The same, of what a viewer saw.
    fn violate_for(&mut self, viewer: ViewerId, what: String) {
        let name = self.viewers.get(viewer.0).map_or("somebody", |viewer| viewer.name.as_str());
        self.violate(format!("{name}: {what}"));
    }

    /// The last excuses are the ones that count.
    fn excuses_of(&self, camera: Camera) -> impl Iterator<Item = &Excuse> {
        self.excuses.iter().rev().take(50).filter(move |excuse| excuse.cameras.contains(&camera))
    }

    fn is_excused(&self, camera: Camera, hurt: Hurt, at: Instant) -> bool {
        let holds = |excuse: &Excuse| excuse.from <= at && excuse.until.is_none_or(|end| end >= at);
        self.excuses_of(camera).any(|excuse| (hurt == Hurt::Pauses || excuse.hurt == hurt) && holds(excuse))
    }

    /// What is left of a pause without what is excused, and without the machine's own pauses.
    fn unexcused(&self, camera: Camera, from: Instant, until: Instant) -> Duration {
        let excused = self.excuses_of(camera).map(|excuse| (excuse.from, excuse.until.unwrap_or(until)));
        let mut taken_out: Vec<_> = excused.chain(self.hiccups.iter().copied()).collect();
        taken_out.sort_unstable();
        let (mut left, mut at) = (Duration::ZERO, from);
        for (begin, end) in taken_out {
            left += begin.min(until).saturating_duration_since(at);
            at = at.max(end);
        }
        left + until.saturating_duration_since(at)
    }

    fn hiccups_between(&self, from: Instant, until: Instant) -> Duration {
        let shared =
            |(begin, end): &(Instant, Instant)| (*end).min(until).saturating_duration_since((*begin).max(from));
        self.hiccups.iter().map(shared).sum()
    }

    /// Names a camera that a viewer has not seen since then, or does not see any more.
    fn missing(&self, cameras: &[Camera], since: Moment, now: Instant) -> Option<String> {
        self.viewers.iter().find_map(|viewer| {
            let followed = cameras.iter().filter_map(|camera| Some((camera, viewer.cameras.get(camera)?)));
            let is_new = |seen: &Seen| match seen.captured_us {
                0 => seen.at > since.at,
                captured_us => captured_us > since.unix_us,
            };
            let goes_on = |seen: &Seen| now.saturating_duration_since(seen.at) < viewer.patience.pause;
            let mut missing =
                followed.filter(|(_, seen)| !seen.as_ref().is_some_and(|seen| is_new(seen) && goes_on(seen)));
            missing.next().map(|(camera, _)| format!("camera {} by {}", camera.id, viewer.name))
        })
    }
}

impl Drop for Excused<'_> {
    fn drop(&mut self) {
        if let Some(excuse) = self.board.state().excuses.get_mut(self.number) {
            excuse.until = Some(Instant::now() + GRACE);
        }
    }
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
