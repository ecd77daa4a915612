//! The last lines of a terminal, redrawn in place; the log goes on above them.
//!
//! A thread of its own writes: a terminal that takes nothing (Ctrl-S, a hung connection) must not stop a picture. What
//! does not fit its queue of [`QUEUE`] entries is left out, and the next entry says how much of the log that was.

use std::io::{self, Stderr, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

const QUEUE: usize = 256;

/// A terminal on standard error. Clones draw on the same one; as a writer it takes the log.
#[derive(Clone, Debug)]
pub struct Screen {
    queue: SyncSender<Entry>,
    left_out: Arc<AtomicUsize>,
}

#[derive(Debug)]
enum Entry {
    Log(Vec<u8>),
    Lines(Vec<String>),
    /// Everything before has been written.
    Done(SyncSender<()>),
}

impl Screen {
    /// The terminal on standard error, if there is one that can move its cursor.
    pub fn find() -> Option<Self> {
        let terminal = io::stderr();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if !io::IsTerminal::is_terminal(&terminal) || dumb {
            return None;
        }
        let (queue, entries) = sync_channel(QUEUE);
        let left_out = Arc::new(AtomicUsize::new(0));
        let drawer = Drawer { terminal, shown: Vec::new(), left_out: Arc::clone(&left_out) };
        std::thread::Builder::new().name("screen".into()).spawn(move || drawer.run(&entries)).ok()?;
        Some(Self { queue, left_out })
    }

    /// Shows these lines in the place of those that were shown.
    pub fn show(&self, lines: Vec<String>) {
        // The next drawing is as good as this one.
        let _ = self.queue.try_send(Entry::Lines(lines));
    }

    /// Waits until what was said is on the terminal, at most for `patience`.
    pub fn finish(&self, patience: Duration) {
        let (done, is_done) = sync_channel(1);
        if self.queue.try_send(Entry::Done(done)).is_ok() {
            let _ = is_done.recv_timeout(patience);
        }
    }
}

impl Write for Screen {
    fn write(&mut self, log: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Entry::Log(log.to_vec())).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        Ok(log.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread that writes. It ends with the last [`Screen`].
struct Drawer {
    terminal: Stderr,
    shown: Vec<String>,
    left_out: Arc<AtomicUsize>,
}

impl Drawer {
    fn run(mut self, entries: &Receiver<Entry>) {
        // A terminal that is gone is not our trouble.
        while let Ok(entry) = entries.recv() {
            let _ = match entry {
                Entry::Log(log) => self.log(&log),
                Entry::Lines(lines) => self.replace(&[], lines),
                Entry::Done(done) => done.try_send(()).map_err(io::Error::other),
            };
        }
    }

    fn log(&mut self, log: &[u8]) -> io::Result<()> {
        let note = match self.left_out.swap(0, Ordering::Relaxed) {
            0 => Vec::new(),
            lines => format!("… {lines} lines left out: the terminal took nothing\n").into_bytes(),
        };
        let shown = self.shown.clone();
        self.replace(&[&note, log].concat(), shown)
    }

    /// One write, so that nothing flickers: up to the first line, clear to the end, what stays, the new lines.
    fn replace(&mut self, stays: &[u8], lines: Vec<String>) -> io::Result<()> {
        let columns = rustix::termios::tcgetwinsize(&self.terminal).map_or(80, |size| usize::from(size.ws_col));
        let mut out = Vec::new();
        if !self.shown.is_empty() {
            write!(out, "\x1b[{}F", self.shown.len())?;
        }
        out.extend_from_slice(b"\x1b[J");
        out.extend_from_slice(stays);
        for line in &lines {
            let fits: String = line.chars().take(columns).collect();
            writeln!(out, "{fits}")?;
        }
        self.shown = lines;
        self.terminal.write_all(&out)
    }
}
