//! The log: lines that a person reads, or JSON for programs, one object an event.

mod queue;

use std::io::IsTerminal;
use std::time::Duration;

use clap::ValueEnum;
use queue::Queue;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

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

/// How long whoever takes the log may take for the last lines.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The log on standard error. Nobody waits for who takes it: what is said faster is left out, and told as one line.
#[derive(Debug)]
pub struct Log(Queue);

impl Log {
    /// Begins to log to standard error.
    ///
    /// # Errors
    /// It has begun already, or there is no thread for it.
    pub fn start(filter: Filter, format: Format) -> Result<Self, String> {
        let told = |lines| tracing::warn!(lines, "left out of the log, which nobody took fast enough");
        let queue = Queue::to(std::io::stderr(), told).map_err(|error| format!("no thread for the log: {error}"))?;
        start(filter, format, std::io::stderr().is_terminal(), queue.clone())?;
        Ok(Self(queue))
    }

    /// Waits until what was said is written, for a moment at most.
    pub fn finish(&self) {
        self.0.finish(LAST_WORDS);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Begins to log to a writer that never waits; `colours` are for text alone.
///
/// # Errors
/// It has begun already.
pub fn start<W>(filter: Filter, format: Format, colours: bool, writer: W) -> Result<(), String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match format {
        Format::Text => log.with_ansi(colours).try_init(),
        // The fields of an event beside its time and level: `jq 'select(.camera == 3)'`.
        Format::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    started.map_err(|error| error.to_string())
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
        start("info".parse().unwrap(), Format::Json, true, move || writer.clone()).unwrap();
        tracing::info!(camera = 3, name = "North \"gate\"", "stalled");
        tracing::debug!("not this");
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
