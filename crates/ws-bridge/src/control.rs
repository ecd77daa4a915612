//! Requests to cameras: from whoever may ask, through the hub, to the grabber that has the camera, and its answer back.
//!
//! Bounds: [`REQUESTS`] of each grabber wait for their answers; one more is refused at once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use frame_bundle::control::{FromBridge, Settings};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::hub::Hub;
use crate::scene::GrabberId;

/// Requests to one grabber that are not answered yet.
pub(crate) const REQUESTS: usize = 32;

/// What a camera is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Change these settings; the camera goes on as it was where one of them cannot be.
    Configure(Settings),
    /// Grab again, if it was stopped.
    Start,
    /// Grab no more until it is started.
    Stop,
    /// Take one picture, where it waits for a software trigger.
    Trigger,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configure(set) => write!(f, "configure {}", serde_json::to_string(set).unwrap_or_default()),
            Self::Start => f.write_str("start"),
            Self::Stop => f.write_str("stop"),
            Self::Trigger => f.write_str("trigger"),
        }
    }
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
    #[error("the grabber of camera {camera} has not answered within {} s; it may still do it", within.as_secs_f32())]
    NoAnswer {
        /// Which camera.
        camera: u8,
        /// How long it was waited for.
        within: Duration,
    },
    /// The grabber says why.
    #[error("{0}")]
    ByGrabber(String),
}

/// What became of a request, as whoever made it is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Outcome<A> {
    /// Always `result`.
    pub(crate) r#type: &'static str,
    pub(crate) ok: bool,
    /// What holds now of that which was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) applied: Option<A>,
    /// One sentence: what was wrong, what is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
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

/// What a grabber says of what it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Granted {
    /// What holds now of that which was set.
    pub(crate) applied: Settings,
    /// What else there is to say.
    pub(crate) note: Option<String>,
}

/// What was done, or why it was not.
pub(crate) type Answer = Result<Granted, Refused>;

/// What a grabber is asked to do.
#[derive(Debug)]
pub(crate) enum What {
    /// With one of its cameras.
    Camera(u8, Request),
    /// Read its configuration again.
    Reload,
}

/// Why a grabber has not reloaded its configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrabberNotReloaded {
    #[error("it went, or {REQUESTS} requests to it wait for their answers: try again")]
    NotAsked,
    #[error("it has not answered within {} s; it may still do it", .0.as_secs_f32())]
    NoAnswer(Duration),
    #[error("{0}")]
    Refused(#[from] Refused),
}

/// A request on its way to a grabber.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) what: What,
    pub(crate) answer: oneshot::Sender<Answer>,
    /// Nobody expects any more that it is carried out.
    pub(crate) until: Instant,
}

impl Hub {
    /// Asks the grabber that has a camera to do something with it. The request is on its way when this returns, whether
    /// or not what it gives is waited for: what the grabber says, [`Options::answer_within`](crate::Options) at most.
    /// Requests for one camera are carried out in the order in which they were made.
    ///
    /// The answer is what holds now of that which was set.
    ///
    /// # Errors
    /// Nobody can be asked, or the grabber refused.
    pub fn ask(&self, camera: u8, request: Request) -> impl Future<Output = Result<Settings, Refused>> + Send + use<> {
        let within = self.answer_within();
        let asked = self.pass_on(camera, request, Instant::now() + within);
        async move {
            match timeout(within, asked?).await {
                Err(_) => Err(Refused::NoAnswer { camera, within }),
                Ok(Err(_)) => Err(Refused::Gone(camera)),
                Ok(Ok(answer)) => answer.map(|granted| granted.applied),
            }
        }
    }

    fn pass_on(&self, camera: u8, request: Request, until: Instant) -> Result<oneshot::Receiver<Answer>, Refused> {
        let (answer, answered) = oneshot::channel();
        let what = What::Camera(camera, request);
        self.way_to(camera)?.try_send(Asked { what, answer, until }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Busy(camera),
            mpsc::error::TrySendError::Closed(_) => Refused::Gone(camera),
        })?;
        Ok(answered)
    }

    /// Has all grabbers that take requests read their configuration again; gives what needs a restart of each.
    pub(crate) async fn reload(&self) -> Vec<(GrabberId, Result<Option<String>, GrabberNotReloaded>)> {
        let within = self.answer_within();
        let until = Instant::now() + within;
        let ask = |(grabber, way): (GrabberId, mpsc::Sender<Asked>)| {
            let (answer, answered) = oneshot::channel();
            let sent = way.try_send(Asked { what: What::Reload, answer, until });
            async move {
                let done = match sent {
                    Err(_) => Err(GrabberNotReloaded::NotAsked),
                    Ok(()) => match timeout(within, answered).await {
                        Err(_) => Err(GrabberNotReloaded::NoAnswer(within)),
                        Ok(Err(_)) => Err(GrabberNotReloaded::NotAsked),
                        Ok(Ok(answer)) => answer.map(|granted| granted.note).map_err(GrabberNotReloaded::from),
                    },
                };
                (grabber, done)
            }
        };
        join_all(self.ways().into_iter().map(ask)).await
    }
}

/// The requests to one grabber that wait for their answers.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    last: u64,
    answers: BTreeMap<u64, oneshot::Sender<Answer>>,
}

impl Waiting {
    /// Numbers a request; gives what the grabber is told, or nothing where it has to be refused or comes too late.
    pub(crate) fn begin(&mut self, asked: Asked, now: Instant) -> Option<FromBridge> {
        self.answers.retain(|_, answer| !answer.is_closed()); // who asked has given up
        let Asked { what, answer, until } = asked;
        if until <= now {
            return None; // it waited for a grabber that did not read; whoever asked was told that it was not done
        }
        if self.answers.len() >= REQUESTS {
            if let What::Camera(camera, _) = what {
                let _ = answer.send(Err(Refused::Busy(camera))); // who asked may be gone
            }
            return None;
        }
        self.last += 1;
        let number = self.last;
        self.answers.insert(number, answer);
        let request = number;
        Some(match what {
            What::Camera(camera, Request::Configure(set)) => FromBridge::Configure { request, camera, set },
            What::Camera(camera, Request::Start) => FromBridge::Start { request, camera },
            What::Camera(camera, Request::Stop) => FromBridge::Stop { request, camera },
            What::Camera(camera, Request::Trigger) => FromBridge::Trigger { request, camera },
            What::Reload => FromBridge::Reload { request },
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

    const WITHIN: Duration = Duration::from_secs(15);

    fn ask(camera: u8, request: Request, now: Instant) -> (Asked, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        (Asked { what: What::Camera(camera, request), answer, until: now + WITHIN }, answered)
    }

    #[test]
    fn each_answer_reaches_who_asked_in_whatever_order_they_come() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let set = Settings { jpeg_quality: Some(50), ..Settings::default() };
        let (first, mut first_answer) = ask(3, Request::Configure(set.clone()), now);
        let (second, mut second_answer) = ask(4, Request::Stop, now);
        assert_eq!(waiting.begin(first, now), Some(FromBridge::Configure { request: 1, camera: 3, set: set.clone() }));
        assert_eq!(waiting.begin(second, now), Some(FromBridge::Stop { request: 2, camera: 4 }));
        let stuck = Refused::ByGrabber("it is stuck".into());
        assert!(waiting.answered(2, Err(stuck.clone())));
        let granted = Granted { applied: set, note: None };
        assert!(waiting.answered(1, Ok(granted.clone())));
        assert_eq!(first_answer.try_recv(), Ok(Ok(granted)));
        assert_eq!(second_answer.try_recv(), Ok(Err(stuck)));
        assert!(!waiting.answered(2, Ok(Granted::default())), "answered once already");
        assert!(!waiting.answered(77, Ok(Granted::default())), "never asked");
    }

    #[test]
    fn a_grabber_that_does_not_answer_is_not_asked_for_ever() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let answers: Vec<_> = (0..REQUESTS)
            .map(|_| {
                let (asked, answer) = ask(0, Request::Start, now);
                assert!(waiting.begin(asked, now).is_some());
                answer
            })
            .collect();
        let (one_more, mut refused) = ask(9, Request::Start, now);
        assert_eq!(waiting.begin(one_more, now), None);
        assert_eq!(refused.try_recv(), Ok(Err(Refused::Busy(9))));
        drop(answers);
        let (later, _answer) = ask(0, Request::Start, now);
        assert!(waiting.begin(later, now).is_some(), "those who gave up make room");
    }

    #[test]
    fn what_waited_too_long_is_not_done_behind_the_back_of_who_asked() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let (asked, _answer) = ask(0, Request::Stop, now);
        assert_eq!(waiting.begin(asked, now + WITHIN), None);
    }
}
