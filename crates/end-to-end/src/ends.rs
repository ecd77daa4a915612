//! How our programs ended, where that is asked for: a sanitizer looks at a program's end for what it leaked, and a program
//! that is killed has none. `scripts/test-sanitized` asks, by the file that [`VARIABLE`] names.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const VARIABLE: &str = "CAMERACAST_ENDS";
/// A grabber gives its cameras 1.5 s; the sanitizer reads all memory after that.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(10);

const OURS: [&str; 2] = ["cam-grabber", "ws-bridge"];

/// Where it is noted how this program ends, if that is.
fn file_for(name: &str) -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from).filter(|_| OURS.contains(&name))
}

/// Lets a program of ours end by itself instead of being killed, where its end is looked at.
pub(crate) fn ask(name: &str, child: &mut Child) {
    if file_for(name).is_none() {
        return;
    }
    let pid = Pid::from_child(child);
    for signal in [Signal::TERM, Signal::CONT] {
        let _ = kill_process(pid, signal); // gone by itself: then its status is there
    }
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        if let Ok(Some(status)) = child.try_wait() {
            return note(name, status);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Notes that a program has ended, in a line: its name, and its status as the system tells it.
pub(crate) fn note(name: &str, status: ExitStatus) {
    let Some(file) = file_for(name) else { return };
    let line = format!("{name} {status}\n");
    let written =
        || -> io::Result<()> { OpenOptions::new().create(true).append(true).open(&file)?.write_all(line.as_bytes()) };
    if let Err(error) = written() {
        println!("{}: {error}", file.display());
    }
}
