//! SIGHUP has two meanings: whoever runs a service wants its configuration read again, and a terminal that is closed wants
//! what was started in it to end. They are told apart by whether the terminal is still there.

use std::fs;
use std::fs::File;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGHUP's bit in a mask of signals, of which the first has number 1.
const BIT: u64 = 1;

/// What a SIGHUP means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Read the configuration again.
    Reload,
    /// The terminal in which the process was started is gone.
    TerminalGone,
}

/// Each SIGHUP from now on.
#[derive(Debug)]
pub struct Hangups {
    signals: Signal,
    /// The process was started in a terminal, and not to outlive it.
    in_terminal: bool,
}

impl Hangups {
    /// Listens from now on.
    ///
    /// # Errors
    /// The signal cannot be caught.
    pub fn listen() -> io::Result<Self> {
        let in_terminal = has_terminal() && !is_ignored();
        Ok(Self { signals: signal(SignalKind::hangup())?, in_terminal })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Meaning {
        if self.signals.recv().await.is_none() {
            return std::future::pending().await; // there will be none
        }
        if self.in_terminal && !has_terminal() { Meaning::TerminalGone } else { Meaning::Reload }
    }
}

/// Whether the process has a controlling terminal, see tty(4).
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Whether SIGHUP was ignored when the process began, which is what nohup(1) does. See proc_pid_status(5).
fn is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & BIT != 0)
}
