//! Hands on what the bridge asks, and answers.
//!
//! Requests for one camera are carried out by its thread, in the order in which they came.

use frame_bundle::control::{FromBridge, FromGrabber, Settings};
use tokio::sync::oneshot;

use crate::camera::{Command, Handle};
use crate::cameras::Cameras;

/// Carries out requests; clones act on the same cameras.
#[derive(Clone, Debug)]
pub struct Control {
    cameras: Cameras,
}

/// What was done, or one sentence why not.
type Done = Result<Settings, String>;

/// A request on its way to a camera.
#[derive(Debug)]
pub struct Underway {
    request: u64,
    done: oneshot::Receiver<Done>,
}

impl Underway {
    /// Waits until it is carried out, as long as the camera takes.
    pub async fn answer(self) -> FromGrabber {
        answer(self.request, self.done.await.unwrap_or_else(|_| Err("the camera was removed".to_owned())))
    }
}

impl Control {
    /// Control over these cameras.
    pub fn new(cameras: Cameras) -> Self {
        Self { cameras }
    }

    /// Passes a request on to its camera.
    pub fn begin(&self, request: FromBridge) -> Underway {
        let (reply, done) = oneshot::channel();
        let (request, camera, command) = match request {
            FromBridge::Start { request, camera } => (request, camera, Command::Start(reply)),
            FromBridge::Stop { request, camera } => (request, camera, Command::Stop(reply)),
            FromBridge::Trigger { request, camera } => (request, camera, Command::Trigger(reply)),
            FromBridge::Configure { request, camera, set } => (request, camera, Command::Configure(set, reply)),
            FromBridge::Reload { request } => {
                return refused(request, "this grabber does not reload its configuration; restart it instead");
            }
            FromBridge::Hello { .. } | FromBridge::Unknown => return refused(0, "that is no request"),
        };
        match self.cameras.with(camera, |handle: &Handle| handle.tell(command)) {
            Some(Ok(())) => Underway { request, done },
            Some(Err(sentence)) => refused(request, &sentence),
            None => refused(request, &format!("there is no camera {camera} at this grabber")),
        }
    }
}

fn refused(request: u64, sentence: &str) -> Underway {
    let (reply, done) = oneshot::channel();
    let _ = reply.send(Err(sentence.to_owned())); // we hold the other end
    Underway { request, done }
}

/// The answer to a request that was not carried out; `error` is one sentence.
pub fn refusal(request: u64, error: String) -> FromGrabber {
    answer(request, Err(error))
}

fn answer(request: u64, done: Done) -> FromGrabber {
    match done {
        Ok(applied) => FromGrabber::Result { request, ok: true, applied: Some(applied), error: None },
        Err(error) => FromGrabber::Result { request, ok: false, applied: None, error: Some(error) },
    }
}
