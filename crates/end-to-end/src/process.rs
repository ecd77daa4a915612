//! A process that a test started: heard, signalled by its id, never left behind.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, kill_process, kill_process_group};
use tokio::sync::watch;

use crate::ends;

pub use rustix::process::Signal;

/// Which of its two outputs a process wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pipe {
    Stdout,
    Stderr,
}

/// All that a process has said so far.
#[derive(Default)]
struct Output {
    lines: Vec<(Pipe, String)>,
    open_pipes: usize,
}

impl Output {
    fn of(&self, pipe: Pipe) -> String {
        self.lines.iter().filter(|(from, _)| *from == pipe).map(|(_, line)| format!("{line}\n")).collect()
    }
}

/// A running program. Dropped, it is killed with all that it started, and its output goes into the test's.
pub struct Process {
    name: String,
    child: Child,
    output: watch::Receiver<Output>,
}

/// How a process ended, and all that it said.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; 128 and the signal where one ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Process {
    /// A command for [`Process::start`] that ends when the test does, even where the test itself is killed.
    pub fn command(program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program.as_ref()).env("NO_COLOR", "1");
        command
    }

    /// The same for a program that asks the bridge: a proxy that the machine may have is not for this machine's own address.
    pub fn client(program: impl AsRef<Path>) -> Command {
        let mut command = Self::command(program);
        command.env("no_proxy", "*").env("NO_PROXY", "*");
        command
    }

    /// Starts `command`, which is called `name` in messages.
    ///
    /// # Errors
    /// There is no such program.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("{name} does not start"))?;
        let (heard, output) = watch::channel(Output::default());
        let pipes: [(Pipe, Option<Box<dyn Read + Send>>); 2] = [
            (Pipe::Stdout, child.stdout.take().map(|pipe| Box::new(pipe) as _)),
            (Pipe::Stderr, child.stderr.take().map(|pipe| Box::new(pipe) as _)),
        ];
        for (pipe, reader) in pipes.into_iter().filter_map(|(pipe, reader)| Some((pipe, reader?))) {
            heard.send_modify(|output| output.open_pipes += 1);
            let heard = heard.clone();
            thread::spawn(move || listen(pipe, reader, &heard));
        }
        Ok(Self { name: name.to_owned(), child, output })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the first line, said or yet to be said, that holds `what`.
    ///
    /// # Errors
    /// It was not said `within` that time, or the process ended without saying it.
    pub async fn wait_for_line(&self, what: &str, within: Duration) -> Result<String> {
        self.wait_for_line_where(what, within, |line| line.contains(what)).await
    }

    /// Waits for the first line, said or yet to be said, of which something is true; `what` names it in messages.
    ///
    /// # Errors
    /// It was not said `within` that time, or the process ended without saying it.
    pub async fn wait_for_line_where(
        &self,
        what: &str,
        within: Duration,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let find = |output: &Output| output.lines.iter().map(|(_, line)| line).find(|line| is_it(line)).cloned();
        let mut output = self.output.clone();
        let said = output.wait_for(|output| output.open_pipes == 0 || find(output).is_some());
        let said = tokio::time::timeout(within, said)
            .await
            .map_err(|_| anyhow!("{} did not say «{what}» within {within:?}", self.name))?;
        find(&*said?).with_context(|| format!("{} ended without saying «{what}»", self.name))
    }

    /// Sends a signal to this process alone.
    ///
    /// # Errors
    /// The process is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal).with_context(|| format!("{} takes no signal", self.name))
    }

    /// Waits for the process to end by itself, and for all of its output.
    ///
    /// # Errors
    /// It still runs after that time.
    pub async fn ended(&mut self, within: Duration) -> Result<Ended> {
        let silent = self.output.wait_for(|output| output.open_pipes == 0);
        if tokio::time::timeout(within, silent).await.is_err() {
            bail!("{} still runs after {within:?}", self.name);
        }
        let status = self.child.wait()?;
        ends::note(&self.name, status);
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
        let output = self.output.borrow();
        Ok(Ended { code, stdout: output.of(Pipe::Stdout), stderr: output.of(Pipe::Stderr) })
    }

    /// Ends the process as a crash would, and reaps it.
    ///
    /// # Errors
    /// The process was gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.child.wait()?;
        Ok(())
    }

    /// Memory that the process holds at this moment, in bytes.
    ///
    /// # Errors
    /// The process is gone.
    pub fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib =
            resident.and_then(|size| size.trim().strip_suffix(" kB")).context("no VmRSS: a process that ended")?;
        Ok(kib.parse::<u64>()? * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(None)) {
            ends::ask(&self.name, &mut self.child);
        }
        // The group first, while its leader is not yet reaped and its id cannot be anybody else's.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = self.child.wait();
        }
        // Shown by `cargo test` for tests that fail.
        let output = self.output.borrow();
        if !output.lines.is_empty() {
            println!("── what {} (pid {}) said:", self.name, self.pid());
        }
        for (_, line) in &output.lines {
            println!("   {line}");
        }
    }
}

/// `outer`, which takes a program and its arguments as its own last ones, with `inner` as that program.
pub(crate) fn behind(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(variable, value),
            None => outer.env_remove(variable),
        };
    }
    outer
}

/// Whether a line of text holds this number, and not as a part of another one.
pub fn names(line: &str, number: u32) -> bool {
    line.split(|c: char| !c.is_ascii_digit()).any(|word| word == number.to_string())
}

fn listen(pipe: Pipe, reader: impl Read, heard: &watch::Sender<Output>) {
    for line in BufReader::new(reader).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
        heard.send_modify(|output| output.lines.push((pipe, line)));
    }
    heard.send_modify(|output| output.open_pipes -= 1);
}
