//! Joins one client of `/camera/{id}` to the hub: the webcam protocol. A description of the camera first and after each
//! change, then its JPEGs; each `config` that the client sends is answered.
//!
//! Answers come in the order of what they answer, so that a client can tell them apart. Bounds: [`CHANGES`] of one client
//! wait for the camera; one more is refused at once, before the others are answered.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use frame_bundle::control::Settings;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready as at_once};
use futures_util::stream::FuturesOrdered;
use serde::Serialize;

use super::{CameraConfig, Client, Cursor, End, Feed, Moment, Outgoing, Render, Viewer, time};
use crate::camera_set::CameraSet;
use crate::control::{Outcome, Request};
use crate::guard::NoControl;
use crate::hub::Hub;
use crate::scene::Scene;
use crate::{json, unix_time};

const CHANGES: usize = 8;

/// What one client of `/camera/{id}` gets.
pub(crate) struct CameraFeed {
    hub: Arc<Hub>,
    client: Arc<Client>,
    camera: u8,
    viewer: Viewer,
    may_control: Result<(), NoControl>,
    /// What the client was told of the camera, and the version of the scene's description then.
    told: Option<(Description, u64)>,
    chosen: Chosen,
    changes: FuturesOrdered<BoxFuture<'static, Change>>,
}

/// What a client asked for, with what holds now of that which it set; or why nothing was done.
type Change = Result<(CameraConfig, Settings), String>;

/// A change that was done at once, or that the grabber was asked for.
#[expect(clippy::large_enum_variant, reason = "lives for one call")]
enum Begun {
    Done(Change),
    Asked(BoxFuture<'static, Change>),
}

enum Chosen {
    Meta(Description, u64),
    Picture { bytes: usize, waited: bool },
}

/// What a client is told of its camera. A part that is not known is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Description {
    camera_id: u8,
    width: Option<u32>,
    height: Option<u32>,
    /// What this client gets.
    #[serde(serialize_with = "json::number")]
    fps: Option<f64>,
    format: &'static str,
    state: String,
    cause: Option<String>,
}

#[derive(Serialize)]
struct Meta<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    description: &'a Description,
    /// When this was said.
    timestamp: String,
}

impl CameraFeed {
    pub(crate) fn new(hub: Arc<Hub>, client: Arc<Client>, camera: u8, may_control: Result<(), NoControl>) -> Self {
        let cursor = Cursor::at_the_door(&hub.scene(), CameraSet::of(camera));
        let viewer = Viewer::new(cursor, Render::Jpeg(camera), client.pace());
        let (told, changes) = (None, FuturesOrdered::new());
        let chosen = Chosen::Picture { bytes: 0, waited: false };
        Self { hub, client, camera, viewer, may_control, told, chosen, changes }
    }

    /// What there is to tell beyond what the client knows.
    fn news(&mut self, scene: &Scene) -> Option<Description> {
        let fps = self.fps(scene);
        if let Some((told, version)) = &mut self.told {
            if *version > scene.meta.version || *version == scene.meta.version && told.fps == fps {
                return None;
            }
            *version = scene.meta.version;
        }
        let description = describe(scene, self.camera, fps);
        (self.told.as_ref().map(|(told, _)| told) != Some(&description)).then_some(description)
    }

    /// Frames per second that this client gets, at most.
    fn fps(&self, scene: &Scene) -> Option<f64> {
        let stream = scene.cameras.get(&self.camera).and_then(|camera| camera.stream_fps());
        let own = self.client.pace().map(|pace| pace.fps());
        match (stream, own) {
            (Some(stream), Some(own)) => Some(stream.min(own)),
            (stream, own) => stream.or(own),
        }
    }

    /// Begins a change: what is about the camera is on its way to the grabber when this returns.
    fn begin(&self, config: CameraConfig) -> Begun {
        let set = config.set.clone();
        match &self.may_control {
            _ if !config.is_for_the_camera() || self.holds(&config) => Begun::Done(Ok((config, set))),
            Err(reason) => Begun::Done(Err(reason.to_string())),
            Ok(()) => {
                let request = Request::Configure(set);
                let address = self.client.address.map(tracing::field::display);
                tracing::info!(camera = self.camera, address, "asked to {request}");
                let done = self.hub.ask(self.camera, request);
                let done = done.map(|done| Ok((config, done.map_err(|refused| refused.to_string())?)));
                Begun::Asked(done.boxed())
            }
        }
    }

    /// What the client is told of a change.
    fn answer(&mut self, change: Change) -> Bytes {
        let (config, applied) = match change {
            Ok(done) => done,
            Err(sentence) => return refused(sentence),
        };
        if let Some(pace) = config.pace {
            self.client.set_pace(pace);
            self.viewer.set_pace(Some(pace));
        }
        json::to_bytes(&config.done(self.fps(&self.hub.scene()), applied))
    }

    /// Whether a camera that this client cannot change does already what it is asked for. Who can change it asks it: what
    /// is known here can be older than the last change.
    fn holds(&self, config: &CameraConfig) -> bool {
        let scene = self.hub.scene();
        scene.cameras.get(&self.camera).is_some_and(|camera| match &camera.reported {
            Some(_) if self.may_control.is_ok() => false,
            reported => config.holds(camera.size(), reported.as_ref().map(|reported| reported.jpeg_quality)),
        })
    }
}

fn describe(scene: &Scene, camera_id: u8, fps: Option<f64>) -> Description {
    let camera = scene.cameras.get(&camera_id);
    let (width, height) = camera.map_or((None, None), |camera| camera.size());
    let (state, cause) = match camera {
        Some(camera) => (camera.state(), camera.cause()),
        None => ("lost", Some("no such camera any more")),
    };
    Description { camera_id, width, height, fps, format: "MJPEG", state: state.into(), cause: cause.map(Into::into) }
}

fn refused(sentence: String) -> Bytes {
    json::to_bytes(&Outcome::<()>::refused(sentence))
}

impl Feed for CameraFeed {
    fn moment(&self) -> Moment {
        Moment::of(self.hub.scene())
    }

    fn next(&mut self, Moment { scene, now }: &Moment, waited: bool) -> Result<Option<Outgoing>, End> {
        if let Some(description) = self.news(scene) {
            let meta = Meta { r#type: "meta", description: &description, timestamp: unix_time::now_utc() };
            let message = Outgoing::text(json::to_bytes(&meta));
            self.chosen = Chosen::Meta(description, scene.meta.version);
            return Ok(Some(message));
        }
        let message = self.viewer.next(scene, waited, *now);
        self.chosen = Chosen::Picture { bytes: message.as_ref().map_or(0, Outgoing::size), waited };
        Ok(message)
    }

    fn begun(&mut self, moment: &Moment) {
        match std::mem::replace(&mut self.chosen, Chosen::Picture { bytes: 0, waited: false }) {
            Chosen::Meta(description, version) => self.told = Some((description, version)),
            Chosen::Picture { bytes, waited } => {
                let missed = self.viewer.begun(waited, moment.now);
                self.client.count(bytes, missed);
            }
        }
    }

    fn ask_again_at(&self) -> Option<Instant> {
        self.viewer.ask_again_at()
    }

    fn heard(&mut self, text: &str) -> Option<Bytes> {
        if let Some(answer) = time::answer(text) {
            return Some(answer);
        }
        let config = CameraConfig::read(text);
        if self.changes.len() >= CHANGES {
            let sentence = format!("{CHANGES} changes wait for the camera: try again when they are answered");
            return Some(refused(config.err().unwrap_or(sentence)));
        }
        let change = match config.map_or_else(|sentence| Begun::Done(Err(sentence)), |config| self.begin(config)) {
            Begun::Done(change) if self.changes.is_empty() => return Some(self.answer(change)),
            Begun::Done(change) => at_once(change).boxed(),
            Begun::Asked(change) => change,
        };
        self.changes.push_back(change);
        None
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Some(change) = ready!(self.changes.poll_next_unpin(cx)) else { return Poll::Pending };
        Poll::Ready(self.answer(change))
    }
}
