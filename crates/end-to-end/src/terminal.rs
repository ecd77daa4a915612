//! A terminal: a real pty, and in front of it a screen that shows what a person would see.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::sync::watch;

use crate::process::behind;

/// Rows above the window that can still be looked at.
const SCROLLBACK: usize = 1000;

/// The window; a process draws in it through its standard error.
pub struct Terminal {
    name: String,
    screen: watch::Receiver<vt100::Parser>,
    /// The process's end: while it is open, there is something to read.
    _end: OwnedFd,
}

impl Terminal {
    /// A window of that size.
    ///
    /// # Errors
    /// The system has no pty.
    pub fn open(columns: u16, rows: u16) -> Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?.into_string()?;
        tcsetwinsize(&ours, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let end = ioctl_tiocgptpeer(&ours, flags)?;
        let (seen, screen) = watch::channel(vt100::Parser::new(rows, columns, SCROLLBACK));
        thread::spawn(move || look(ours.into(), &seen));
        Ok(Self { name, screen, _end: end })
    }

    /// The same command, with its standard error on this terminal.
    pub fn command(&self, command: &Command) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"exec 2>"$0"; exec "$@""#, &self.name]).env("TERM", "xterm");
        behind(shell, command)
    }

    /// The rows of the window, from the top.
    fn rows(&self) -> Vec<String> {
        rows(self.screen.borrow().screen())
    }

    /// All rows, those above the window and then those in it, as soon as they are as expected; `what` names that in
    /// messages.
    ///
    /// # Errors
    /// They were not in time.
    pub async fn until(
        &mut self,
        what: &str,
        within: Duration,
        is_so: impl Fn(&[String]) -> bool,
    ) -> Result<Vec<String>> {
        let all_rows = |screen: &vt100::Screen| [rows_above(screen), rows(screen)].concat();
        let seen = self.screen.wait_for(|parser| is_so(&all_rows(parser.screen())));
        let waited = tokio::time::timeout(within, seen).await.map(|seen| seen.map(|parser| all_rows(parser.screen())));
        match waited {
            Ok(seen) => seen.with_context(|| format!("the terminal was closed without {what}")),
            Err(_) => Err(anyhow!("no {what} within {within:?}; the window shows\n{}", self.rows().join("\n"))),
        }
    }
}

fn rows(screen: &vt100::Screen) -> Vec<String> {
    screen.rows(0, screen.size().1).collect()
}

/// The rows that have left the window at its top, from the first.
fn rows_above(screen: &vt100::Screen) -> Vec<String> {
    let mut screen = screen.clone();
    screen.set_scrollback(usize::MAX);
    let above = screen.scrollback();
    let top_row = |back: usize| {
        screen.set_scrollback(back);
        rows(&screen).into_iter().next()
    };
    (1..=above).rev().filter_map(top_row).collect()
}

fn look(mut pty: File, seen: &watch::Sender<vt100::Parser>) {
    let mut drawn = [0; 4096];
    // An error where nobody has the other end open any more.
    while let Ok(bytes) = pty.read(&mut drawn) {
        seen.send_modify(|parser| parser.process(&drawn[..bytes]));
    }
}
