//! `frame_bundle.gd` reads the vectors of the contract as every other reader does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use end_to_end::{Ended, Process};

use crate::godot::{LIMIT, Screen, on_project, repository};

async fn read(vectors: &[PathBuf]) -> Result<Ended> {
    let mut command = on_project(&repository().join("examples/godot-viewer"), Screen::None);
    command.args(["--no-header", "--script", "tests/vectors.gd", "--"]).args(vectors);
    Process::start("vectors.gd", &mut command)?.ended(LIMIT).await
}

fn all_in(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = repository().join("proto/vectors").join(folder).canonicalize()?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|extension| extension == "hex")));
    }
    paths.sort();
    Ok(paths)
}

/// A copy of a vector that is no longer what it says.
fn changed(vector: &str, from: &str, to: &str, folder: &Path) -> Result<PathBuf> {
    let original = repository().join("proto/vectors").join(vector);
    let text = fs::read_to_string(&original)?;
    ensure!(text.contains(from), "{vector} has no {from:?}");
    let copy = folder.join(original.file_name().context("a file")?);
    fs::write(&copy, text.replacen(from, to, 1))?;
    if let Ok(json) = fs::read(original.with_extension("json")) {
        fs::write(copy.with_extension("json"), json)?;
    }
    Ok(copy)
}

#[tokio::test]
async fn gdscript_agrees_with_the_vectors() -> Result<()> {
    let (bundles, packets) = ([all_in("good")?, all_in("malformed")?].concat(), all_in("packets")?);
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
    for (vector, from, to) in [
        ("good/one-camera.hex", "ffd9", "ffd8"),
        ("malformed/sender-twice.hex", "# error: block twice", "# error: camera twice"),
    ] {
        let path = changed(vector, from, to, folder.path())?;
        let ended = read(std::slice::from_ref(&path)).await?;
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        ensure!(ended.stdout.starts_with(&format!("DISAGREES {}", path.display())), "{}", ended.stdout);
    }
    Ok(())
}
