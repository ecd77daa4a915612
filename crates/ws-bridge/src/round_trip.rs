//! Whether bundles get through: a question goes the way of one, into `ingest` and through the hub, and its answer back. What
//! is stuck on that way answers nothing.

use std::future::pending;

use tokio::sync::{mpsc, oneshot};

/// Asks whether bundles get through; clones ask the same bridge.
#[derive(Clone, Debug)]
pub struct RoundTrip {
    ask: mpsc::Sender<Question>,
}

/// To be answered by the hub.
#[derive(Debug)]
pub(crate) struct Question(oneshot::Sender<()>);

impl Question {
    pub(crate) fn answer(self) {
        let _ = self.0.send(()); // who asked may be gone
    }
}

/// One question at a time.
pub(crate) fn open() -> (RoundTrip, mpsc::Receiver<Question>) {
    let (ask, questions) = mpsc::channel(1);
    (RoundTrip { ask }, questions)
}

pub(crate) fn nobody_asks() -> mpsc::Receiver<Question> {
    open().1
}

impl RoundTrip {
    /// Comes back when a question has; never, where the way is closed or stuck.
    pub async fn once(&self) {
        let (question, answer) = oneshot::channel();
        if self.ask.send(Question(question)).await.is_err() || answer.await.is_err() {
            pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::bridge::Bridge;
    use crate::options::Options;
    use crate::{ingest, socket_file};

    const PATIENCE: Duration = Duration::from_secs(20);
    const NEVER: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_question_comes_back_while_grabbers_are_served_and_wakes_no_viewer() {
        let folder = tempfile::tempdir().unwrap();
        let (grabbers, _file) = socket_file::listen(&folder.path().join("cam.sock")).await.unwrap();
        let bridge = Bridge::new(Options::default());
        let mut scenes = bridge.hub().scenes();
        scenes.mark_unchanged();
        let (round_trip, questions) = open();
        let serving = tokio::spawn(ingest::serve(grabbers, bridge.clone(), questions));
        for _ in 0..3 {
            timeout(PATIENCE, round_trip.once()).await.unwrap();
        }
        assert!(!scenes.has_changed().unwrap());

        bridge.close().await;
        serving.await.unwrap();
        timeout(NEVER, round_trip.once()).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_question_that_nobody_takes_does_not_come_back() {
        let (round_trip, _questions) = open();
        timeout(NEVER, round_trip.once()).await.unwrap_err();
    }
}
