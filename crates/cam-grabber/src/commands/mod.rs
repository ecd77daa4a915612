//! What `cam-grabber` can be told on its command line. Each gives the process's exit code.

mod check;
mod list;
mod run;

pub(crate) use check::check;
pub(crate) use list::list;
pub(crate) use run::run;

/// Ended as asked.
pub(crate) const DONE: u8 = 0;
/// Failed while running.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage or configuration.
pub(crate) const USAGE: u8 = 2;
