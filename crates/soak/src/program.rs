//! A program that is started again and again; what it says goes into one file.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use end_to_end::Signal;
use rustix::process::{Pid, kill_process};

/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(5);

pub(crate) struct Program {
    name: String,
    log: PathBuf,
    command: Box<dyn Fn() -> Result<Command> + Send + Sync>,
    child: Option<Child>,
}

impl Program {
    /// A program that is not started yet.
    pub(crate) fn new(name: &str, logs: &Path, command: impl Fn() -> Result<Command> + Send + Sync + 'static) -> Self {
        let log = logs.join(format!("{}.log", name.replace(' ', "-")));
        Self { name: name.to_owned(), log, command: Box::new(command), child: None }
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = (self.command)()?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().with_context(|| format!("{} does not start", self.name))?);
        Ok(())
    }

    fn child(&mut self) -> Result<&mut Child> {
        self.child.as_mut().with_context(|| format!("{} does not run", self.name))
    }

    pub(crate) fn pid(&mut self) -> Result<Pid> {
        Ok(Pid::from_child(self.child()?))
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Result<()> {
        kill_process(self.pid()?, signal).with_context(|| format!("{} takes no signal", self.name))
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.child()?.wait()?;
        self.child = None;
        Ok(())
    }

    /// Ends it as a service manager would.
    ///
    /// # Errors
    /// It did not end in that time, or not with exit code 0.
    pub(crate) async fn end(&mut self, within: Duration) -> Result<()> {
        self.signal(Signal::TERM)?;
        let status = self.ended(within).await?;
        anyhow::ensure!(status.success(), "{} ended with {status} after SIGTERM", self.name);
        Ok(())
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child()?.try_wait()? {
                self.child = None;
                return Ok(status);
            }
            if begin.elapsed() > within {
                bail!("{} still runs after {within:?}", self.name);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// # Errors
    /// It ended, and nobody asked it to.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child()?.try_wait()? {
            bail!("{} ended by itself: {status}; it said: {}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Lines of its log that tell of a panic, or that it cannot be read.
    pub(crate) fn panics(&self) -> Vec<String> {
        let log = match self.said() {
            Ok(log) => log,
            Err(error) => return vec![format!("{error:#}")],
        };
        let panics = log.lines().filter(|line| line.contains("panicked at"));
        panics.map(|line| format!("{}: {line}", self.name)).collect()
    }

    fn last_words(&self) -> String {
        self.said().unwrap_or_default().lines().last().unwrap_or("nothing").to_owned()
    }

    /// All that it has said; libraries in C say it in any encoding.
    fn said(&self) -> Result<String> {
        let log = std::fs::read(&self.log).with_context(|| format!("the log of {}", self.name))?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = kill_process(Pid::from_child(child), Signal::KILL);
            let _ = child.wait();
        }
    }
}

/// A program that is started in a hurry, and ended with what holds it.
pub(crate) fn quiet(command: &mut Command) -> Result<Child> {
    let nowhere = File::options().write(true).open("/dev/null")?;
    Ok(command.stdin(Stdio::null()).stdout(nowhere.try_clone()?).stderr(nowhere).spawn()?)
}
