//! One client that watches, over a WebSocket or an MJPEG stream: what it gets next (pure: `viewer`, with its `cursor`,
//! `pace` and `render`, or `recorder`; `remux`), how it gets it (`socket`, which asks a `feed` and writes to any `stream`;
//! `connection`, which its own task and a lane of the `fan` share; `visitor` is its whole stay), what it may change
//! (`camera_config`), and what is known about it (`registry`).

mod ahead;
mod alarm;
mod allowance;
mod asked;
mod camera_config;
mod camera_feed;
mod connection;
mod cursor;
mod face;
mod fan;
mod feed;
mod outgoing;
mod pace;
mod recorder;
mod registry;
mod remux;
mod render;
mod socket;
mod stream;
mod stream_feed;
mod time;
mod viewer;
mod visitor;
mod wire;

pub(crate) use alarm::Alarm;
pub(crate) use asked::Asked;
pub(crate) use camera_config::CameraConfig;
pub(crate) use camera_feed::CameraFeed;
pub(crate) use connection::Connection;
pub(crate) use cursor::{Cursor, Gives, Update};
pub(crate) use face::Face;
pub(crate) use fan::Fan;
#[cfg(test)]
pub(crate) use fan::Fanned;
pub(crate) use feed::BundleFeed;
#[cfg(fuzzing)]
pub(crate) use outgoing::SLICES;
pub(crate) use outgoing::{Body, Outgoing};
pub(crate) use pace::{FASTEST, Pace, SLOWEST};
pub(crate) use recorder::Recorder;
pub(crate) use registry::{Client, Clients, Watched};
#[cfg(fuzzing)]
pub(crate) use remux::message;
pub(crate) use render::{BOUNDARY, FIRST_BOUNDARY, Render};
pub(crate) use socket::{End, Feed, Moment, Socket};
pub(crate) use stream::{ClientStream, ViewerStream};
pub(crate) use stream_feed::{Parts, StreamFeed};
#[cfg(fuzzing)]
pub(crate) use time::answer as answer_time;
pub(crate) use viewer::Viewer;
pub(crate) use visitor::Visitor;
pub(crate) use wire::Wire;
