//! What both processes have in common as services that run for months: their log, what SIGHUP means, and what they tell
//! the manager that started them.
//!
//! [`log`] writes for a person or for programs. [`Hangups`] tells a reload from a closed terminal. [`ServiceManager`]
//! tells when the process is ready, how it is, and that it still moves; the watchdog is fed by progress alone: a
//! [`Pulse`] beats in a loop that has to move, [`Movement`] tells when all of them have. [`sync`] has the locks of which
//! tests try every order.

mod hangup;
pub mod log;
mod manager;
mod pulse;
pub mod sync;

pub use hangup::{Hangups, Meaning};
pub use manager::ServiceManager;
pub use pulse::{Beats, Movement, Pulse};
