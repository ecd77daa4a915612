//! schemathesis against the bridge's description of itself: whatever is asked, the answer is one that is described.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{Process, python};

use crate::stage::Stage;

const WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
async fn no_request_by_the_description_or_against_it_is_answered_otherwise_than_described() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    // What reads comes first: of a camera that was stopped, or made slow, a newer picture is waited for in vain for 5 s.
    run(&stage, ["--exclude-tag", "control"]).await?;
    run(&stage, ["--include-tag", "control"]).await
}

async fn run(stage: &Stage, which: [&str; 2]) -> Result<()> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/schemathesis.toml");
    let mut command = python::module("schemathesis.cli")?;
    // What it keeps goes with the place.
    command.current_dir(stage.place.file("")).arg("--config-file").arg(config);
    command.args(["--no-color", "run", &stage.http("/api/openapi.json")]).args(which);
    let ended = Process::start("schemathesis", &mut command)?.ended(WITHIN).await?;
    ensure!(ended.code == 0, "schemathesis found something:\n{}{}", ended.stdout, ended.stderr);
    Ok(())
}
