//! `/api/status`: one camera at the top level, as the original's clients expect, and everything beside it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use frame_bundle::control::{Format, Limits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bridge::Bridge;
use crate::camera::Camera;
use crate::camera_set::CameraSet;
use crate::client::{Asked, Client};
use crate::json::number;
use crate::scene::{Grabber, Scene};

#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    #[serde(flatten)]
    first: FirstCamera,
    cameras: Vec<CameraStatus>,
    clients: Vec<ClientStatus>,
    grabbers: Vec<GrabberStatus>,
    control: ControlStatus,
    /// Of the bridge.
    version: &'static str,
    uptime_s: u64,
}

/// Whether who asks may change cameras.
#[derive(Serialize, ToSchema)]
struct ControlStatus {
    allowed: bool,
    /// One sentence, where it is not allowed.
    #[schema(required)]
    reason: Option<String>,
}

/// The camera with the lowest id; zeros and false where there is none.
#[derive(Serialize, ToSchema, Default)]
struct FirstCamera {
    camera_id: u8,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
    /// Frames per second that are streamed.
    #[serde(serialize_with = "number")]
    #[schema(required, nullable = false)]
    fps: Option<f64>,
    is_running: bool,
    frame_available: bool,
    smframe_available: bool,
}

#[derive(Serialize, ToSchema)]
struct CameraStatus {
    camera_id: u8,
    name: String,
    /// `streaming`, `opening`, `stalled`, `lost`, `stopped` or `waiting`.
    state: String,
    /// Why it is not streaming.
    #[schema(required)]
    cause: Option<String>,
    /// Pixels.
    #[schema(required)]
    width: Option<u32>,
    /// Pixels.
    #[schema(required)]
    height: Option<u32>,
    /// Frames per second that are streamed, as its grabber says.
    #[serde(serialize_with = "number")]
    #[schema(required)]
    fps: Option<f64>,
    /// Frames per second, as measured here.
    #[serde(serialize_with = "number")]
    #[schema(required)]
    received_fps: Option<f64>,
    /// That came since the bridge started.
    frames: u64,
    /// Since the newest frame came.
    #[schema(required)]
    frame_age_ms: Option<u64>,
    /// The connection of its grabber.
    grabber: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reported: Option<Reported>,
}

/// What a grabber with control says beyond that.
#[derive(Serialize, ToSchema)]
struct Reported {
    /// `genicam`, `v4l2`, `gstreamer` or `pattern`.
    source: String,
    #[schema(required)]
    model: Option<String>,
    #[schema(required)]
    serial: Option<String>,
    /// As the configuration asks.
    requested: Format,
    /// As the camera delivers.
    actual: Format,
    /// 1 to 100.
    jpeg_quality: u8,
    /// Frames per second streamed, at most.
    stream_fps: f64,
    /// Microseconds, when the camera was opened or last set; not there where it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exposure_us: Option<f64>,
    /// Decibels, when the camera was opened or last set; not there where it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gain_db: Option<f64>,
    /// Frames taken from the camera since the grabber started.
    grabbed: u64,
    /// Frames encoded since then.
    encoded: u64,
    /// Frames lost since then, by cause.
    dropped: BTreeMap<String, u64>,
    /// What the camera's SDK counts beside frames.
    statistics: BTreeMap<String, u64>,
    /// What can be set, and to what.
    limits: Limits,
}

#[derive(Serialize, ToSchema)]
struct ClientStatus {
    client: u64,
    #[schema(required, value_type = Option<String>)]
    address: Option<SocketAddr>,
    path: String,
    /// Where it asked for some.
    #[schema(required)]
    cameras: Option<Vec<u8>>,
    /// Where it asked for a rate.
    #[serde(serialize_with = "number")]
    #[schema(required)]
    fps: Option<f64>,
    /// `newest` or `every`.
    delivery: &'static str,
    connected_s: u64,
    /// That went to its socket, or pictures where it gets these.
    bundles: u64,
    /// Of these.
    bytes: u64,
    /// Bundles that it was too slow for.
    skipped: u64,
}

#[derive(Serialize, ToSchema)]
struct GrabberStatus {
    connection: u64,
    /// Its process, where the system tells it.
    #[schema(required)]
    pid: Option<i32>,
    /// Its user.
    #[schema(format = Int64)]
    uid: u32,
    connected_s: u64,
    bundles: u64,
    bytes: u64,
    /// Its life, as it says itself.
    #[schema(required)]
    session: Option<String>,
    /// Whether it takes requests.
    control: bool,
    /// Whether it shows test patterns because it has no camera.
    demo: bool,
    cameras: Vec<u8>,
}

/// What there is: cameras, clients, grabbers
#[utoipa::path(get, path = "/api/status", tag = "status", responses((status = 200, description = "As of now", body = Status)))]
pub(crate) async fn status(State(bridge): State<Bridge>, request: Request) -> Json<Status> {
    let now = Instant::now();
    let scene = bridge.hub.scene();
    let may_control = bridge.guard.may_control(&request);
    Json(Status {
        first: scene.cameras.values().next().map_or_else(FirstCamera::none, |camera| FirstCamera::of(camera, now)),
        cameras: scene.cameras.values().map(|camera| CameraStatus::of(camera, now)).collect(),
        clients: bridge.clients.list().iter().map(|client| ClientStatus::of(client, now)).collect(),
        grabbers: scene.grabbers.values().map(|grabber| GrabberStatus::of(grabber, &scene, now)).collect(),
        control: ControlStatus {
            allowed: may_control.is_ok(),
            reason: may_control.err().map(|reason| reason.to_string()),
        },
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: seconds(bridge.started, now),
    })
}

impl FirstCamera {
    fn none() -> Self {
        Self { fps: Some(0.0), ..Self::default() }
    }

    fn of(camera: &Camera, now: Instant) -> Self {
        let (width, height) = camera.size();
        let has_jpeg = camera.has_jpeg();
        Self {
            camera_id: camera.id,
            width: width.unwrap_or(0),
            height: height.unwrap_or(0),
            fps: Some(camera.stream_fps().or(camera.received_fps(now).map(tenths)).unwrap_or(0.0)),
            is_running: camera.is_streaming(),
            frame_available: has_jpeg,
            smframe_available: has_jpeg, // made of any JPEG when it is asked for
        }
    }
}

impl CameraStatus {
    fn of(camera: &Camera, now: Instant) -> Self {
        let (width, height) = camera.size();
        Self {
            camera_id: camera.id,
            name: camera.name(),
            state: camera.state().into(),
            cause: camera.cause().map(Into::into),
            width,
            height,
            fps: camera.stream_fps(),
            received_fps: camera.received_fps(now).map(tenths),
            frames: camera.frames,
            frame_age_ms: camera.newest.as_ref().map(|newest| millis(newest.at, now)),
            grabber: camera.grabber.0,
            reported: camera.reported.as_ref().map(|reported| Reported {
                source: reported.source.clone(),
                model: reported.model.clone(),
                serial: reported.serial.clone(),
                requested: reported.requested.clone(),
                actual: reported.actual.clone(),
                jpeg_quality: reported.jpeg_quality,
                stream_fps: reported.stream_fps,
                exposure_us: reported.exposure_us,
                gain_db: reported.gain_db,
                grabbed: reported.grabbed,
                encoded: reported.encoded,
                dropped: reported.dropped.clone(),
                statistics: reported.statistics.clone(),
                limits: reported.limits.clone(),
            }),
        }
    }
}

impl ClientStatus {
    fn of(client: &Client, now: Instant) -> Self {
        let got = client.delivered();
        let Asked { wanted, every, .. } = client.asked;
        Self {
            client: client.number,
            address: client.address,
            path: client.path.clone(),
            cameras: (wanted != CameraSet::ALL).then(|| wanted.ids().collect()),
            fps: client.pace().map(|pace| tenths(pace.fps())),
            delivery: if every { "every" } else { "newest" },
            connected_s: seconds(client.since, now),
            bundles: got.bundles,
            bytes: got.bytes,
            skipped: got.skipped,
        }
    }
}

impl GrabberStatus {
    fn of(grabber: &Grabber, scene: &Scene, now: Instant) -> Self {
        let cameras = scene.cameras.values().filter(|camera| camera.grabber == grabber.id && !camera.gone);
        Self {
            connection: grabber.id.0,
            pid: grabber.peer.pid,
            uid: grabber.peer.uid,
            connected_s: seconds(grabber.since, now),
            bundles: grabber.bundles,
            bytes: grabber.bytes,
            session: grabber.session.map(|session| session.to_string()),
            control: grabber.control,
            demo: grabber.demo,
            cameras: cameras.map(|camera| camera.id).collect(),
        }
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn millis(since: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(since).as_millis() as u64
}

fn seconds(since: Instant, now: Instant) -> u64 {
    now.saturating_duration_since(since).as_secs()
}
