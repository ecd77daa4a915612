//! The log: lines that a person reads, or JSON for programs, one object an event.

mod queue;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::convert::Infallible;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

pub use queue::{Out, Queue};
pub use tracing_subscriber::EnvFilter as Filter;

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for a person
    #[default]
    Text,
    /// One JSON object an event
    Json,
}

/// What to log: a level, and others for single modules, as in `info,cam_grabber=debug`.
///
/// # Errors
/// It is no filter. A word alone that is no level would be the name of a module, and all others would be silent.
pub fn filter(text: &str) -> Result<Filter, String> {
    let is_level = |part: &str| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok();
    if let Some(word) = text.split(',').map(str::trim).find(|part| !part.is_empty() && !is_level(part)) {
        return Err(format!("{word} is no level; allowed: error, warn, info, debug, trace, off, and MODULE=LEVEL"));
    }
    Filter::try_new(text).map_err(|error| error.to_string())
}

/// How long whoever takes the log may take for the last lines; a thread on a busy machine needs some of it to begin.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// The log of a process, panics included. Nobody waits for who takes it: what is said faster is left out, and told as one
/// line. The end waits for the last lines, for a moment.
pub struct Log {
    finish: Box<dyn Fn(&str)>,
}

impl Log {
    /// Begins to log to standard error.
    ///
    /// # Errors
    /// It has begun already, or there is no thread for it.
    pub fn start(filter: Filter, format: Format) -> Result<Self, String> {
        let colours = std::io::stderr().is_terminal();
        let out = StandardError { by_itself: log(Filter::new("warn"), format, colours, std::io::stderr) };
        let queue = Queue::to(out).map_err(|error| format!("no thread for the log: {error}"))?;
        Self::start_on(queue, filter, format, colours)
    }

    /// Begins to log into a queue; `colours` are for text alone.
    ///
    /// # Errors
    /// It has begun already.
    pub fn start_on<T>(queue: Queue<T>, filter: Filter, format: Format, colours: bool) -> Result<Self, String>
    where
        T: Clone + Send + 'static,
    {
        dispatcher::set_global_default(log(filter, format, colours, queue.clone()))
            .map_err(|error| error.to_string())?;
        tell_panics(log(Filter::new("error"), format, colours, queue.clone()));
        Ok(Self { finish: Box::new(move |last_words| queue.finish(last_words, LAST_WORDS)) })
    }

    /// Says a sentence as it is, after all that was logged.
    pub fn end_with(&self, sentence: impl Display) {
        (self.finish)(&format!("{sentence}\n"));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        (self.finish)("");
    }
}

/// A log to a writer.
fn log<W>(filter: Filter, format: Format, colours: bool, writer: W) -> Dispatch
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        Format::Text => log.with_ansi(colours).into(),
        // The fields of an event beside its time and level: `jq 'select(.camera == 3)'`.
        Format::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).into(),
    }
}

/// Has panics logged, whatever else is filtered out: by itself a panic waits for who takes standard error.
fn tell_panics(log: Dispatch) {
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.to_string().replacen('\n', " ", 1); // between the place and the message
        let backtrace = Backtrace::capture(); // with RUST_BACKTRACE=1
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        dispatcher::with_default(&log, || match backtrace.status() {
            BacktraceStatus::Captured => tracing::error!(thread, "{said}\n{backtrace}"),
            _ => tracing::error!(thread, "{said}"),
        });
    }));
}

struct StandardError {
    /// Of the thread that writes, which needs no queue, and has no filter: to count what is lost and not tell it is no use.
    by_itself: Dispatch,
}

impl Out for StandardError {
    type Shown = Infallible;

    fn line(&mut self, line: &[u8]) {
        let _ = std::io::stderr().write_all(line); // who took the log may be gone, which is not our trouble
    }

    fn show(&mut self, shown: Infallible) {
        match shown {}
    }

    fn left_out(&mut self, lines: u64) {
        let tell = || tracing::warn!(lines, "left out of the log, which nobody took fast enough");
        dispatcher::with_default(&self.by_itself, tell);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<u8>>>);

    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_filter_has_levels_and_what_is_none_is_refused() {
        for good in ["info", "WARN", "off", "info,cam_grabber=debug", "ws_bridge::client=trace,error"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        let refused = filter("info,inof").unwrap_err();
        assert!(refused.starts_with("inof is no level; allowed: error"), "{refused}");
        assert!(filter("cam_grabber=loud").is_err());
    }

    #[test]
    fn an_event_in_json_is_one_object_with_its_fields() {
        let said = Said::default();
        let writer = said.clone();
        let log = log("info".parse().unwrap(), Format::Json, true, move || writer.clone());
        dispatcher::with_default(&log, || {
            tracing::info!(camera = 3, name = "North \"gate\"", "stalled");
            tracing::debug!("not this");
        });
        let said = said.0.lock().unwrap().clone();
        let lines: Vec<serde_json::Value> = said
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let [level, camera, name, message] = ["level", "camera", "name", "message"].map(|key| &lines[0][key]);
        assert_eq!((level, camera), (&"INFO".into(), &3.into()));
        assert_eq!((name, message), (&"North \"gate\"".into(), &"stalled".into()));
        assert!(lines[0]["timestamp"].is_string() && lines[0]["target"].is_string());
    }
}
