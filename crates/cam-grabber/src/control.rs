//! Hands on what the bridge asks, and answers.
//!
//! Requests for one camera are carried out by its thread, in the order in which they came. A reload is none of those.

use frame_bundle::control::{FromBridge, FromGrabber, Settings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::camera::{Command, Handle};
use crate::cameras::Cameras;
use crate::reload::{Reload, Reloaded};

/// Carries out requests; clones act on the same cameras.
#[derive(Clone, Debug)]
pub struct Control {
    cameras: Cameras,
    reload: Option<Reload>,
}

/// What was done, or one sentence why not.
type Done = Result<Settings, String>;

/// A request that is being carried out.
#[derive(Debug)]
pub struct Underway {
    request: u64,
    done: Carried,
}

#[derive(Debug)]
enum Carried {
    ByCamera(oneshot::Receiver<Done>),
    /// It goes on, whoever waits for it.
    Reload(JoinHandle<Reloaded>),
}

impl Underway {
    /// Waits until it is carried out, as long as the camera takes.
    pub async fn answer(self) -> FromGrabber {
        let request = self.request;
        match self.done {
            Carried::ByCamera(done) => {
                answer(request, done.await.unwrap_or_else(|_| Err("the camera was removed".to_owned())))
            }
            Carried::Reload(done) => match done.await {
                Ok(Ok(note)) => {
                    FromGrabber::Result { request, ok: true, applied: None, error: None, note: note.map(shortened) }
                }
                Ok(Err(sentence)) => refusal(request, sentence),
                Err(error) => refusal(request, format!("the configuration could not be reloaded: {error}")),
            },
        }
    }
}

impl Control {
    /// Control over these cameras.
    pub fn new(cameras: Cameras) -> Self {
        Self { cameras, reload: None }
    }

    /// The same, which also reloads the configuration.
    pub fn with_reload(self, reload: Reload) -> Self {
        Self { reload: Some(reload), ..self }
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
                let Some(reload) = self.reload.clone() else {
                    return refused(request, "this grabber has no configuration to reload");
                };
                let done = Carried::Reload(tokio::spawn(async move { reload.now_or_never().await }));
                return Underway { request, done };
            }
            FromBridge::Hello { .. } | FromBridge::Unknown => return refused(0, "that is no request"),
        };
        match self.cameras.with(camera, |handle: &Handle| handle.tell(command)) {
            Some(Ok(())) => Underway { request, done: Carried::ByCamera(done) },
            Some(Err(sentence)) => refused(request, &sentence),
            None => refused(request, &format!("there is no camera {camera} at this grabber")),
        }
    }
}

fn refused(request: u64, sentence: &str) -> Underway {
    let (reply, done) = oneshot::channel();
    let _ = reply.send(Err(sentence.to_owned())); // we hold the other end
    Underway { request, done: Carried::ByCamera(done) }
}

/// The answer to a request that was not carried out; `error` is one sentence.
pub fn refusal(request: u64, error: String) -> FromGrabber {
    answer(request, Err(error))
}

fn answer(request: u64, done: Done) -> FromGrabber {
    match done {
        Ok(applied) => FromGrabber::Result { request, ok: true, applied: Some(applied), error: None, note: None },
        Err(error) => {
            FromGrabber::Result { request, ok: false, applied: None, error: Some(shortened(error)), note: None }
        }
    }
}

/// Bytes of a sentence in an answer. JSON makes up to six of one, and a control message is 64 KiB at most: a longer one
/// would end the connection.
const SENTENCE: usize = 10 << 10;

fn shortened(mut sentence: String) -> String {
    if sentence.len() > SENTENCE {
        sentence.truncate(sentence.floor_char_boundary(SENTENCE));
        sentence.push_str(" …");
    }
    sentence
}

#[cfg(test)]
mod tests {
    use frame_bundle::MAX_CONTROL_SIZE;
    use frame_bundle::control;

    use super::*;

    #[test]
    fn the_longest_sentence_is_shortened_to_what_a_control_message_holds() {
        for letter in ["\u{1}", "\"", "é", "前"] {
            let message = refusal(u64::MAX, "x".to_owned() + &letter.repeat(100_000));
            assert!(control::write(&message).unwrap().len() <= MAX_CONTROL_SIZE, "{letter:?}");
            let FromGrabber::Result { error: Some(error), .. } = message else { panic!("{message:?}") };
            assert!(error.len() > 10_000 && error.ends_with(&format!("{letter} …")), "{letter:?}");
        }
        assert_eq!(shortened("short".to_owned()), "short");
    }
}
