//! A process as a service: it tells the manager that started it when it is ready, how it is, and that it still moves.
//!
//! [`ServiceManager`] is the way there. The watchdog is fed by progress alone: a [`Pulse`] beats in a loop that has to
//! move, [`Movement`] tells when all of them have.

mod manager;
mod pulse;

pub use manager::ServiceManager;
pub use pulse::{Beats, Movement, Pulse};
