//! The last lines of a terminal, redrawn in place; the log goes on above them.

use std::borrow::Cow;
use std::io::{self, Stderr, Write};

use cameracast_service::log::{Out, Queue};

use super::cells;

/// A terminal on standard error. Clones draw on the same one.
#[derive(Clone, Debug)]
pub struct Screen(Queue<Vec<String>>);

impl Screen {
    /// The terminal on standard error, if there is one that can move its cursor.
    pub fn find() -> Option<Self> {
        let terminal = io::stderr();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if !io::IsTerminal::is_terminal(&terminal) || dumb {
            return None;
        }
        Queue::to(Drawer { terminal, shown: Vec::new(), drawn: 0 }).ok().map(Self)
    }

    /// Shows these lines in the place of those that were shown.
    pub fn show(&self, lines: Vec<String>) {
        self.0.show(lines);
    }

    /// The way to it, for the log.
    pub fn queue(&self) -> Queue<Vec<String>> {
        self.0.clone()
    }
}

struct Drawer {
    terminal: Stderr,
    /// What is to be seen, and how many lines of it there was room for.
    shown: Vec<String>,
    drawn: usize,
}

// A terminal that is gone is not our trouble.
impl Out for Drawer {
    type Shown = Vec<String>;

    fn line(&mut self, line: &[u8]) {
        let shown = self.shown.clone();
        let _ = self.replace(line, shown);
    }

    fn show(&mut self, shown: Vec<String>) {
        let _ = self.replace(&[], shown);
    }

    fn left_out(&mut self, lines: u64) {
        self.line(format!("… {lines} lines left out: the terminal took nothing\n").as_bytes());
    }
}

impl Drawer {
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
