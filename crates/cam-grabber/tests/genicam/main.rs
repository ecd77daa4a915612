//! Real GigE Vision streams on the loopback interface.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod clocks;
mod control;
mod fake_camera;
mod faults;
mod gvsp;
mod settings;
mod streaming;
mod taking;
