//! What a viewer gets next. Pure: a scene and what the viewer has had go in, a message comes out.
//!
//! - A viewer whose last write did not have to wait for its socket is late only because of us: it gets every bundle,
//!   unchanged and in order, as long as the scene has them.
//! - A viewer that had to wait, and has two bundles of one grabber before it, jumps: it gets one bundle with the newest
//!   frame of each camera that it has not had. No camera is lost to it, and what it sees is the newest there is.
//! - A newcomer gets, in order, the bundles that hold the newest frame of each camera that is streaming.

use std::sync::Arc;

use crate::camera::Newest;
use crate::camera_set::CameraSet;
use crate::scene::{Published, Scene};

/// Up to where a viewer has had what there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    wanted: CameraSet,
    /// Number of the last bundle that it had, or that was of no interest to it.
    had: u64,
    /// Number of the newest bundle when it came: what is older it cannot have missed.
    came_at: u64,
    /// How many bundles with a camera that it wants there were up to the later of these two.
    tally: u64,
}

/// What a viewer gets next.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    /// The pictures.
    pub(crate) gives: Gives,
    /// Bundles from which the viewer will have got nothing.
    pub(crate) skipped: u64,
    /// Where the viewer stands once it has it.
    pub(crate) after: Cursor,
}

/// The pictures of one message.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    /// A bundle, or what is wanted of it.
    One(Arc<Published>),
    /// The newest frames out of several, by camera id.
    Together(Vec<Newest>),
}

impl Cursor {
    /// The cameras that it follows.
    pub(crate) fn wanted(&self) -> CameraSet {
        self.wanted
    }

    /// A viewer that comes while `scene` is shown.
    pub(crate) fn at_the_door(scene: &Scene, wanted: CameraSet) -> Self {
        Self { wanted, had: 0, came_at: scene.head, tally: scene.tally.of(wanted) }
    }

    /// Whether there is nothing that the viewer has not had, or stepped over. So it is in an older scene, too: a lane may
    /// come with one that the client's own task has got ahead of.
    pub(crate) fn is_up_to_date(&self, scene: &Scene) -> bool {
        self.had >= scene.head
    }

    /// Steps over what is of no interest in a scene that is newer than what it had, so that it does not count as missed.
    pub(crate) fn settle(&mut self, scene: &Scene) {
        if self.missing(scene).next().is_none() {
            self.had = scene.head;
            self.tally = scene.tally.of(self.wanted);
        }
    }

    /// When the newest of what the viewer has not had has come.
    pub(crate) fn newest_arrival(&self, scene: &Scene) -> Option<std::time::Instant> {
        self.missing(scene).map(|newest| newest.at).max()
    }

    /// The next message for a viewer that gets every bundle while it keeps up; `waited` tells whether its last write had
    /// to wait for its socket.
    pub(crate) fn next(&self, scene: &Scene, waited: bool) -> Option<Update> {
        let newcomer = self.had < self.came_at;
        if newcomer && !waited {
            let older = self.missing(scene).filter(|newest| newest.published.number <= self.came_at);
            if let Some(first) = older.map(|newest| &newest.published).min_by_key(|published| published.number) {
                return Some(self.one(first, self.tally));
            }
        }
        let had = self.had.max(self.came_at);
        let fell_behind = scene.recent.front().is_some_and(|oldest| oldest.number > had + 1);
        let mut pending = scene.recent_after(had).filter(|recent| self.concerns(recent));
        if fell_behind || waited && (newcomer || two_of_one_grabber(pending.clone())) {
            return self.newest(scene);
        }
        Some(self.one(pending.next()?, self.tally + 1))
    }

    /// One message with the newest frame of each camera that the viewer has not had.
    pub(crate) fn newest(&self, scene: &Scene) -> Option<Update> {
        let mut frames: Vec<&Newest> = self.missing(scene).collect();
        let last = frames.iter().map(|newest| &newest.published).max_by_key(|published| published.number)?;
        let gives = if frames.iter().all(|newest| newest.published.number == last.number) {
            Gives::One(last.clone())
        } else {
            frames.sort_by_key(|newest| newest.frame.camera_id);
            Gives::Together(frames.iter().copied().cloned().collect())
        };
        let had = self.had.max(self.came_at);
        let mut gave: Vec<u64> = frames.iter().map(|newest| newest.published.number).filter(|n| *n > had).collect();
        gave.sort_unstable();
        gave.dedup();
        let tally = scene.tally.of(self.wanted);
        let came = tally.saturating_sub(self.tally).min(scene.head.saturating_sub(had));
        let skipped = came.saturating_sub(gave.len() as u64);
        Some(Update { gives, skipped, after: Self { had: scene.head, tally, ..*self } })
    }

    /// One bundle as it came, but for the cameras that the viewer does not want; `tally` as it is after that.
    fn one(&self, published: &Arc<Published>, tally: u64) -> Update {
        let after = Self { had: published.number, tally, ..*self };
        Update { gives: Gives::One(published.clone()), skipped: 0, after }
    }

    fn concerns(&self, published: &Published) -> bool {
        published.cameras.intersects(self.wanted)
    }

    /// The newest frames that the viewer has not had; for a newcomer without those that only show the past.
    fn missing<'a>(&self, scene: &'a Scene) -> impl Iterator<Item = &'a Newest> {
        let Self { wanted, had, came_at, .. } = *self;
        let cameras = scene.cameras.values().filter(move |camera| wanted.contains(camera.id));
        cameras.filter_map(move |camera| {
            let newest = camera.newest.as_ref()?;
            let number = newest.published.number;
            (number > had && (number > came_at || camera.is_streaming())).then_some(newest)
        })
    }
}

fn two_of_one_grabber<'a>(mut pending: impl Iterator<Item = &'a Arc<Published>> + Clone) -> bool {
    while let Some(published) = pending.next() {
        if pending.clone().any(|later| later.grabber == published.grabber) {
            return true;
        }
    }
    false
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
