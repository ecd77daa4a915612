//! Requests to cameras: from whoever may ask, through the hub, to the grabber that has the camera, and its answer back.
//!
//! Bounds: [`REQUESTS`] of each grabber wait for their answers; one more is refused at once.

use std::collections::BTreeMap;
use std::time::Duration;

use frame_bundle::control::{FromBridge, Settings};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::hub::Hub;

/// Requests to one grabber that are not answered yet.
pub(crate) const REQUESTS: usize = 32;
/// How long an answer may take: a camera SDK's call on a dead camera blocks for five seconds, and opening takes another.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What a camera is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Change these settings; the camera goes on as it was where one of them cannot be.
    Configure(Settings),
    /// Grab again, if it was stopped.
    Start,
    /// Grab no more until it is started.
    Stop,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody has such a camera.
    #[error("there is no camera {0}")]
    NoCamera(u8),
    /// Its grabber is not there.
    #[error("the grabber of camera {0} is gone: its cameras can be changed when it is back")]
    Gone(u8),
    /// Its grabber sends bundles and takes nothing.
    #[error("camera {0} comes from a grabber that takes no requests")]
    NoControl(u8),
    /// Too many requests wait.
    #[error("{REQUESTS} requests to the grabber of camera {0} wait for their answers: try again when they are there")]
    Busy(u8),
    /// The grabber is there and says nothing.
    #[error("the grabber of camera {0} has not answered within {within} s; it may still do it", within = ANSWER_WITHIN.as_secs())]
    NoAnswer(u8),
    /// The grabber says why.
    #[error("{0}")]
    ByGrabber(String),
}

/// What became of a request, as whoever made it is told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome<A> {
    pub(crate) r#type: &'static str,
    pub(crate) ok: bool,
    /// What holds now of that which was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied: Option<A>,
    /// One sentence: what was wrong, what is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl<A> Outcome<A> {
    pub(crate) fn done(applied: A) -> Self {
        Self { r#type: "result", ok: true, applied: Some(applied), error: None }
    }

    pub(crate) fn refused(sentence: impl Into<String>) -> Self {
        Self { r#type: "result", ok: false, applied: None, error: Some(sentence.into()) }
    }
}

/// What holds now of that which was set, or one sentence of the grabber.
pub(crate) type Answer = Result<Settings, String>;

/// A request on its way to a grabber.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) camera: u8,
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Answer>,
}

impl Hub {
    /// Asks the grabber that has a camera to do something with it, and waits for what it says, 15 s at most. Requests for
    /// one camera are carried out in the order in which they were made.
    ///
    /// Gives what holds now of that which was set.
    ///
    /// # Errors
    /// Nobody can be asked, or the grabber refused.
    pub async fn ask(&self, camera: u8, request: Request) -> Result<Settings, Refused> {
        let (answer, answered) = oneshot::channel();
        self.way_to(camera)?.try_send(Asked { camera, request, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Busy(camera),
            mpsc::error::TrySendError::Closed(_) => Refused::Gone(camera),
        })?;
        match timeout(ANSWER_WITHIN, answered).await {
            Err(_) => Err(Refused::NoAnswer(camera)),
            Ok(Err(_)) => Err(Refused::Gone(camera)),
            Ok(Ok(answer)) => answer.map_err(Refused::ByGrabber),
        }
    }
}

/// The requests to one grabber that wait for their answers.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    last: u64,
    answers: BTreeMap<u64, oneshot::Sender<Answer>>,
}

impl Waiting {
    /// Numbers a request; gives what the grabber is told, or nothing where it has to be refused.
    pub(crate) fn begin(&mut self, asked: Asked) -> Option<FromBridge> {
        self.answers.retain(|_, answer| !answer.is_closed()); // who asked has given up
        if self.answers.len() >= REQUESTS {
            let _ = asked.answer.send(Err(Refused::Busy(asked.camera).to_string())); // who asked may be gone
            return None;
        }
        self.last += 1;
        let Asked { camera, request, answer } = asked;
        let number = self.last;
        self.answers.insert(number, answer);
        Some(match request {
            Request::Configure(set) => FromBridge::Configure { request: number, camera, set },
            Request::Start => FromBridge::Start { request: number, camera },
            Request::Stop => FromBridge::Stop { request: number, camera },
        })
    }

    /// The grabber has answered; says whether anybody waited for it.
    pub(crate) fn answered(&mut self, request: u64, answer: Answer) -> bool {
        self.answers.remove(&request).is_some_and(|waiting| waiting.send(answer).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(camera: u8, request: Request) -> (Asked, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        (Asked { camera, request, answer }, answered)
    }

    #[test]
    fn each_answer_reaches_who_asked_in_whatever_order_they_come() {
        let mut waiting = Waiting::default();
        let set = Settings { jpeg_quality: Some(50), ..Settings::default() };
        let (first, mut first_answer) = ask(3, Request::Configure(set.clone()));
        let (second, mut second_answer) = ask(4, Request::Stop);
        assert_eq!(waiting.begin(first), Some(FromBridge::Configure { request: 1, camera: 3, set: set.clone() }));
        assert_eq!(waiting.begin(second), Some(FromBridge::Stop { request: 2, camera: 4 }));
        assert!(waiting.answered(2, Err("it is stuck".into())));
        assert!(waiting.answered(1, Ok(set.clone())));
        assert_eq!(first_answer.try_recv(), Ok(Ok(set)));
        assert_eq!(second_answer.try_recv(), Ok(Err("it is stuck".into())));
        assert!(!waiting.answered(2, Ok(Settings::default())), "answered once already");
        assert!(!waiting.answered(77, Ok(Settings::default())), "never asked");
    }

    #[test]
    fn a_grabber_that_does_not_answer_is_not_asked_for_ever() {
        let mut waiting = Waiting::default();
        let answers: Vec<_> = (0..REQUESTS)
            .map(|_| {
                let (asked, answer) = ask(0, Request::Start);
                assert!(waiting.begin(asked).is_some());
                answer
            })
            .collect();
        let (one_more, mut refused) = ask(9, Request::Start);
        assert_eq!(waiting.begin(one_more), None);
        assert!(refused.try_recv().unwrap().unwrap_err().contains("camera 9"));
        drop(answers);
        let (later, _answer) = ask(0, Request::Start);
        assert!(waiting.begin(later).is_some(), "those who gave up make room");
    }
}
