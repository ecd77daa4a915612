//! What both processes have in common as programs that run for months: their log ([`log`]), and what SIGHUP means
//! ([`hangup`]).

pub mod hangup;
pub mod log;

pub use hangup::{Hangups, Meaning};
pub use log::Format;
