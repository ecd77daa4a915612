//! The real binary, fed over its real socket by bytes made here, and watched by a WebSocket client that is not ours.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod access;
mod bundles;
mod camera;
mod control;
mod embedded;
mod faces;
mod feeder;
mod grabbers;
mod in_process;
mod limits;
mod metrics;
mod mjpeg;
mod multipart;
mod openapi;
mod process;
mod slow;
mod snapshot;
mod support;
mod websocket;
