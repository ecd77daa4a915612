//! What the end-to-end tests stand on: the two real programs as processes, and real counterparts on every side of them.
//!
//! - [`Place`] is a test's own folder, socket and configuration; it starts [`Bridge`] and grabber.
//! - [`WsClient`] watches as a viewer does, [`Watch`] keeps an eye on a camera that must never pause; [`Tee`] reads along on
//!   the Unix socket, [`Listener`] listens there in the bridge's place; [`curl()`] asks as a script does.
//! - [`FakeGigeCamera`] is Aravis' camera simulator on a loopback address of its own: real GVCP and GVSP over UDP.
//!   [`forge_datagrams`] sends what no camera sent.
//! - [`User`] is somebody else on this machine, [`Network`] a network that nothing else is in.
//! - [`Cable`] is a network link between cameras and a grabber, with a machine at either end; [`Terminal`] is a screen.
//! - [`Metrics`] is what Prometheus reads of a bridge.
//! - [`python`] starts the feeder and the listener that know nothing but the first two sections of the wire contract, and
//!   clients made with packages that people use.
//! - [`Certificate`] is trusted by a test alone.
//! - [`Chromium`] is a person before a screen, [`ViewerPage`] the page on it; [`XScreen`] is one for programs with windows;
//!   [`Picture`] is what can be seen.
//!
//! Nothing here is a mock, and nothing outlives its test: each process is killed and reaped when its [`Process`] drops.
//! Tests wait for events, with deadlines that are generous unless the deadline is what is tested. One that cannot run here
//! says so by [`skipped`].

mod browser;
mod cable;
mod certificate;
mod curl;
mod ends;
mod forgery;
mod gige;
mod gstreamer;
mod http;
mod listener;
mod loopback;
mod metrics;
mod network;
mod nginx;
mod picture;
mod place;
mod process;
pub mod python;
mod sections;
mod skip;
mod tee;
mod terminal;
mod user;
mod viewer_page;
mod watch;
mod ws_client;
mod x_screen;

use std::time::Duration;

pub use browser::{Chromium, Screen, place_of, screenshots};
pub use cable::Cable;
pub use certificate::Certificate;
pub use curl::{Answer, curl, curl_for};
pub use forgery::forge_datagrams;
pub use gige::{DeafCamera, FakeGigeCamera};
pub use gstreamer::still;
pub use http::{http_get, http_post, status_of_cameras};
pub use listener::{Heard, Listener};
pub use metrics::{Metrics, promtool_accepts};
pub use network::Network;
pub use nginx::Nginx;
pub use picture::{Picture, Rectangle};
pub use place::{Bridge, Place, program};
pub use process::{Ended, Process, Signal, names};
pub use sections::{gige_camera, gstreamer_camera, pattern_camera};
pub use skip::skipped;
pub use tee::{Seen, Tee};
pub use terminal::Terminal;
pub use user::User;
pub use viewer_page::ViewerPage;
pub use watch::Watch;
pub use ws_client::{Message, WsClient, cameras_of, is_reported, picture_of};
pub use x_screen::XScreen;

/// How long a test waits for what has no deadline of its own. A loaded machine is slow; a broken program never comes.
pub const PATIENCE: Duration = Duration::from_secs(40);
