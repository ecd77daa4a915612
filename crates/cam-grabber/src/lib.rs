//! The process that turns cameras into FrameBundles. The way of a frame: [`capture`] → [`recent`] → [`select`] →
//! [`encode`] → [`uplink`]; [`pipeline`] wires them, read it first.

pub mod backoff;
pub mod camera;
pub mod cameras;
pub mod capture;
pub mod continuity;
pub mod control;
pub mod encode;
pub mod found;
pub mod live;
pub mod losses;
mod one_line;
pub mod pipeline;
pub mod rate;
pub mod recent;
pub mod reload;
pub mod report;
pub mod select;
pub mod settings;
pub mod stages;
pub mod supervisor;
pub mod uplink;
