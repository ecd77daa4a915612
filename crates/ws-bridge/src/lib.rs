//! The bridge between grabbers and viewers: what comes in over the Unix socket goes out, unchanged, to everyone who
//! watches, each at their own pace.
//!
//! The way of a bundle: `ingest` takes it in and checks its structure, [`hub`] shows it, `routes` and `client` hand it
//! on. Read [`hub`] first, then [`scene`] (what there is to see) and `client::cursor` (who gets what next).
//!
//! Tasks: one accepts viewers (`server`), one accepts grabbers (`ingest`), and each connection has one of its own, which
//! ends with it or when the bridge closes. What is waited for: newer scenes, and sockets.
//!
//! [`Listening`] is the whole process; [`Bridge`] is the part that fits into another server.

mod access;
mod arrival;
mod bridge;
mod camera;
mod camera_set;
mod client;
mod control;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
pub mod hub;
mod ingest;
mod json;
mod ledger;
mod listening;
mod log_limit;
mod meta;
mod one_line;
mod options;
mod places;
#[cfg(test)]
mod probed;
mod proxies;
mod publisher;
mod rate;
mod recording;
mod refusals;
mod reload;
mod round_trip;
mod routes;
pub mod scene;
mod server;
mod skips;
mod small_frame;
mod socket_file;
mod socket_options;
mod takeover;
mod tally;
#[cfg(test)]
mod test_bundles;
mod tls;
mod unix_time;
mod websocket;
mod write_deadline;

pub use bridge::Bridge;
pub use camera::{Camera, Newest};
pub use camera_set::CameraSet;
pub use cameracast_config::{Network, Secret, TlsFiles, TokenError, Tokens};
pub use control::{Refused, Request};
pub use frame_bundle;
pub use listening::{CannotStart, Listening};
pub use meta::Meta;
pub use options::Options;
pub use publisher::{CannotPublish, Publisher};
pub use recording::{Every, Missed, RECORDER_BYTES, RECORDER_QUEUE};
pub use reload::NotReloaded;
pub use round_trip::RoundTrip;
pub use routes::ClientAddress;
pub use small_frame::{BadSize, Fit, NoSmallFrame, Size, SmallFrameCounts, Undecodable};
pub use socket_file::SocketTaken;
pub use tls::{BadCertificate, Certificate};
