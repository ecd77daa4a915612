//! Tests that cannot run on this machine, and say so where it is seen: cargo shows nothing of a test that passes.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Result;

/// Says that a test was skipped, and why. `scripts/test` names it in its last lines.
///
/// # Errors
/// The file in which `scripts/test` collects such lines cannot be written.
pub fn skipped(what: &str, why: &str) -> Result<()> {
    let line = format!("{what}: {why}\n");
    std::io::stderr().write_all(format!("SKIPPED {line}").as_bytes())?;
    if let Some(file) = std::env::var_os("CAMERACAST_SKIPPED_TESTS") {
        OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())?;
    }
    Ok(())
}
