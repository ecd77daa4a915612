//! The last lines of a terminal, redrawn in place; the log goes on above them.
//!
//! A thread of its own writes: a terminal that takes nothing (Ctrl-S, a hung connection) must not stop a picture. What
//! does not fit its queue of [`QUEUE`] entries is left out, and the next entry says how much of the log that was.

use std::borrow::Cow;
use std::io::{self, Stderr, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::cells;

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
        let drawer = Drawer { terminal, shown: Vec::new(), drawn: 0, left_out: Arc::clone(&left_out) };
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
    /// What is to be seen, and how many lines of it there was room for.
    shown: Vec<String>,
    drawn: usize,
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
        let (columns, rows) = size(&self.terminal);
        let mut out = Vec::new();
        if self.drawn > 0 {
            write!(out, "\x1b[{}F", self.drawn)?;
        }
        out.extend_from_slice(b"\x1b[J");
        out.extend_from_slice(stays);
        // The cursor stands below the last line.
        let fitting = fitting(&lines, rows.saturating_sub(1));
        for line in &fitting {
            writeln!(out, "{}", cells::cut(line, columns))?;
        }
        self.drawn = fitting.len();
        self.shown = lines;
        self.terminal.write_all(&out)
    }
}

/// Columns and rows. Some terminals, serial ones among them, say that they have none.
fn size(terminal: &Stderr) -> (usize, usize) {
    let (columns, rows) = rustix::termios::tcgetwinsize(terminal).map_or((0, 0), |size| (size.ws_col, size.ws_row));
    let or = |said: u16, usual: usize| if said == 0 { usual } else { usize::from(said) };
    (or(columns, 80), or(rows, 24))
}

/// As many lines as there is room for; the last one then says how many more there are.
fn fitting(lines: &[String], room: usize) -> Vec<Cow<'_, str>> {
    let whole = if lines.len() <= room { lines.len() } else { room.saturating_sub(1) };
    let more = (lines.len() > room && room > 0)
        .then(|| Cow::from(format!("    … {} more cameras; a higher window shows them", lines.len() - whole)));
    lines[..whole].iter().map(|line| Cow::from(line.as_str())).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_more_cameras_than_rows_the_last_line_says_how_many() {
        let lines: Vec<String> = (0..5).map(|camera| format!("camera {camera}")).collect();
        assert_eq!(fitting(&lines, 5), lines);
        let four = fitting(&lines, 4);
        assert_eq!(four.len(), 4);
        assert_eq!(four[2], "camera 2");
        assert!(four[3].contains("2 more cameras"), "{four:?}");
        assert!(fitting(&lines, 1)[0].contains("5 more cameras"));
        assert!(fitting(&lines, 0).is_empty());
        assert!(fitting(&[], 0).is_empty());
    }
}
