//! curl, as a person or a script uses it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Deserializer, Value};
use tempfile::NamedTempFile;

use crate::{PATIENCE, Process};

/// curl's exit code where `--max-time` was over: how every endless answer ends.
const TIME_IS_OVER: i32 = 28;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; of an endless one, what came in time.
    pub body: Vec<u8>,
    headers: Value,
}

impl Answer {
    /// A header by its name in lower case; several of one name are put together, with commas.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers[name].as_array()?;
        Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, which its type has to say it is.
    ///
    /// # Errors
    /// It is not.
    pub fn json(&self) -> Result<Value> {
        let kind = self.header("content-type").unwrap_or_default();
        ensure!(kind.starts_with("application/json"), "status {}, type {kind}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}

/// Runs `curl ARGUMENTS`, and waits for the whole answer.
///
/// # Errors
/// There is no curl, or no answer.
pub async fn curl(arguments: &[&str]) -> Result<Answer> {
    run(arguments, 0).await
}

/// Runs `curl ARGUMENTS` on an endless answer, and gives what came within that time.
///
/// # Errors
/// There is no curl, or no answer, or it ended before.
pub async fn curl_for(time: Duration, arguments: &[&str]) -> Result<Answer> {
    let seconds = time.as_secs_f64().to_string();
    run(&[&["--max-time", &seconds], arguments].concat(), TIME_IS_OVER).await
}

async fn run(arguments: &[&str], code: i32) -> Result<Answer> {
    let body = NamedTempFile::new()?;
    let mut command = Process::client("curl");
    command.args(["--silent", "--show-error", "--write-out", "%{json}\n%{header_json}", "--output"]);
    command.arg(body.path()).args(arguments);
    let ended = Process::start(&format!("curl {}", arguments.join(" ")), &mut command)?.ended(PATIENCE).await?;
    let body = std::fs::read(body.path())?;
    if ended.code != code {
        let begin = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        bail!("curl {arguments:?} ended with {}, not {code}: {}{begin}", ended.code, ended.stderr);
    }

    let mut said = Deserializer::from_str(&ended.stdout).into_iter::<Value>();
    let (about, headers) = (said.next().context("nothing about the answer")??, said.next().context("no headers")??);
    let status = about["http_code"].as_u64().and_then(|code| code.try_into().ok()).context("no status")?;
    Ok(Answer { status, body, headers })
}
