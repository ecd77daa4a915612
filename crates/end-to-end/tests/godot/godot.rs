//! Godot as a process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{Process, screenshots};

/// How long a script may take, each of its checks having a deadline of its own.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// Where Godot draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Nowhere.
    None,
    /// On one of Xvfb's, by OpenGL in software.
    Xvfb,
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Godot on a project.
pub(crate) fn on_project(project: &Path, screen: Screen) -> Command {
    let mut command = Process::client(repository().join("scripts/godot"));
    command.current_dir(repository());
    if screen == Screen::None {
        command.arg("--headless");
    }
    command.arg("--path").arg(project);
    command
}

/// A script of the viewer's tests, with a bridge's address.
pub(crate) fn script(name: &str, screen: Screen, address: &str) -> Result<Process> {
    let mut command = on_project(&repository().join("examples/godot-viewer"), screen);
    command.args(["--max-fps", "60", "--script", &format!("tests/{name}.gd"), "--", address]);
    let folder = screenshots()?.join("godot");
    std::fs::create_dir_all(&folder)?;
    command.arg(folder);
    Process::start(&format!("{name}.gd, {screen:?}"), &mut command)
}

/// Waits until a script has ended, all of its checks being so.
pub(crate) async fn all_is_so(mut script: Process) -> Result<()> {
    let ended = script.ended(LIMIT).await?;
    let said = &ended.stdout;
    for figure in said.lines().filter_map(|line| line.strip_prefix("figure: ")) {
        writeln!(std::io::stderr(), "     {figure}")?;
    }
    let failed: Vec<_> = said.lines().filter(|line| line.starts_with("FAILED")).collect();
    ensure!(failed.is_empty() && ended.code == 0, "code {}: {}", ended.code, failed.join("\n"));
    ensure!(said.lines().any(|line| line.starts_with("ok ")), "it checked nothing");
    // Errors of the engine itself may be what a script is about; mistakes in scripts and what they leave behind never are.
    for mistake in ["SCRIPT ERROR", "Parse Error", "leaked", "still in use"] {
        ensure!(!ended.stderr.contains(mistake), "{}", ended.stderr);
    }
    Ok(())
}
