//! frame_bundle_reader.hpp agrees with the vectors, by every compiler that people build it with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use end_to_end::skipped;

use crate::viewer::source;

const WARNINGS: [&str; 6] = ["-std=c++17", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"];

fn proto() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

fn run(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("{} does not start", command.get_program().display()))
}

/// Builds the program that holds the reader to the vectors.
fn compile(compiler: &str, options: &[&str]) -> Result<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reader-{compiler}"));
    let mut command = Command::new(compiler);
    command.args(WARNINGS).args(options).arg("-I").arg(source()).arg("-I").arg(proto());
    let output = run(command.arg(source().join("tests/vectors.cpp")).arg("-o").arg(&program))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(program)
}

/// It agrees with each vector, and does not with copies that were changed.
fn agrees_with_the_vectors(program: &Path) -> Result<()> {
    let read = |paths: &[PathBuf]| {
        // Looking for leaks needs ptrace, which some containers refuse.
        run(Command::new(program).args(paths).env("ASAN_OPTIONS", "detect_leaks=0"))
    };
    let mut every = Vec::new();
    for folder in ["good", "malformed"] {
        let before = every.len();
        for entry in fs::read_dir(proto().join("vectors").join(folder))? {
            every.extend(Some(entry?.path()).filter(|path| path.extension().is_some_and(|kind| kind == "hex")));
        }
        ensure!(every.len() > before, "no vectors in {folder}");
    }
    let output = read(&every)?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let agreed: Vec<String> = every.iter().map(|path| format!("agrees    {}", path.display())).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), agreed);

    let folder = tempfile::tempdir()?;
    for (vector, from, to) in [
        ("good/one-camera", "ffd9", "ffd8"),
        ("good/one-camera", "e803", "e903"),
        ("malformed/sender-twice", "# error: block twice", "# error: camera twice"),
    ] {
        let original = proto().join("vectors").join(format!("{vector}.hex"));
        let text = fs::read_to_string(&original)?;
        ensure!(text.contains(from), "{vector} has no {from:?}");
        let copy = folder.path().join("changed.hex");
        fs::write(&copy, text.replacen(from, to, 1))?;
        if let Ok(json) = fs::read(original.with_extension("json")) {
            fs::write(copy.with_extension("json"), json)?;
        }
        let output = read(std::slice::from_ref(&copy))?;
        assert_eq!(output.status.code(), Some(1), "{vector}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.starts_with(format!("DISAGREES {}", copy.display()).as_bytes()));
    }
    Ok(())
}

/// Whether a compiler is there that only `scripts/test --full` installs; says so where it is not.
fn is_there(compiler: &str, package: &str) -> Result<bool> {
    let there = Command::new(compiler).arg("--version").output().is_ok();
    if !there {
        let why = format!("{compiler} is not installed (scripts/test --full installs {package})");
        skipped(&format!("the Qt viewer's reader by {compiler}"), &why)?;
    }
    Ok(there)
}

#[test]
fn by_gcc_and_with_the_sanitizers() -> Result<()> {
    // A read past the end of a payload ends the program.
    agrees_with_the_vectors(&compile("g++", &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"])?)
}

#[test]
fn by_clang() -> Result<()> {
    if !is_there("clang++", "clang")? {
        return Ok(());
    }
    agrees_with_the_vectors(&compile("clang++", &[])?)
}

#[test]
fn mingw_w64_compiles_it_for_windows() -> Result<()> {
    let compiler = "x86_64-w64-mingw32-g++";
    if !is_there(compiler, "g++-mingw-w64-x86-64-posix")? {
        return Ok(());
    }
    // Compiled and linked; there is no Windows here to run it on.
    let program = compile(compiler, &["-static"])?;
    ensure!(program.with_extension("exe").is_file() || program.is_file());
    Ok(())
}
