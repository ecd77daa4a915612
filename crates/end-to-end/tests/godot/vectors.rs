//! `frame_bundle.gd` reads the vectors of the contract as every other reader does.

#[path = "../../../frame-bundle/tests/common/vectors.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod golden;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use end_to_end::{Ended, Process};

use self::golden::{changed, paths};
use crate::godot::{LIMIT, Screen, on_project, repository};

async fn read(vectors: &[PathBuf]) -> Result<Ended> {
    let mut command = on_project(&repository().join("examples/godot-viewer"), Screen::None);
    command.args(["--no-header", "--script", "tests/vectors.gd", "--"]).args(vectors);
    Process::start("vectors.gd", &mut command)?.ended(LIMIT).await
}

#[tokio::test]
async fn gdscript_agrees_with_the_vectors() -> Result<()> {
    let (bundles, packets) = ([paths("good"), paths("malformed")].concat(), paths("packets"));
    let ended = read(&[bundles.clone(), packets.clone()].concat()).await?;
    let agreed = bundles.iter().map(|path| format!("agrees    {}", path.display()));
    let passed_over = packets.iter().map(|path| format!("not applicable {}", path.display()));
    assert_eq!(ended.stdout.lines().collect::<Vec<_>>(), agreed.chain(passed_over).collect::<Vec<_>>());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // Without files it finds them by itself.
    let found = read(&[]).await?;
    assert_eq!((found.code, found.stdout.lines().count()), (0, bundles.len()));
    Ok(())
}

#[tokio::test]
async fn gdscript_disagrees_with_vectors_that_were_changed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for path in changed(folder.path()) {
        let ended = read(std::slice::from_ref(&path)).await?;
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        ensure!(ended.stdout.starts_with(&format!("DISAGREES {}", path.display())), "{}", ended.stdout);
    }
    Ok(())
}
