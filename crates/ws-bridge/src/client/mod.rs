//! One client over a WebSocket: what it gets next (pure: `viewer`, with its `cursor` and `pace`, or `recorder`; `remux`),
//! how it gets it (`socket`, which asks a `feed` and writes to any `stream`), and what is known about it (`registry`).

mod alarm;
mod asked;
mod connection;
mod cursor;
mod fan;
mod feed;
mod outgoing;
mod pace;
mod recorder;
mod registry;
mod remux;
mod socket;
mod stream;
mod time;
mod viewer;

pub(crate) use alarm::Alarm;
pub(crate) use asked::Asked;
pub(crate) use connection::Connection;
pub(crate) use cursor::{Cursor, Update};
pub(crate) use fan::Fan;
pub(crate) use feed::BundleFeed;
pub(crate) use outgoing::{Body, Outgoing};
pub(crate) use pace::{FASTEST, Pace, SLOWEST};
pub(crate) use recorder::Recorder;
pub(crate) use registry::{Client, Clients};
pub(crate) use socket::{End, Feed, Socket};
pub(crate) use stream::ClientStream;
pub(crate) use viewer::Viewer;
