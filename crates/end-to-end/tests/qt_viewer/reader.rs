//! frame_bundle_reader.hpp agrees with the vectors, by every compiler that people build it with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use end_to_end::skipped;

use crate::vectors::{changed, paths, proto};
use crate::viewer::source;

const WARNINGS: [&str; 6] = ["-std=c++17", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"];

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
    let every = [paths("good"), paths("malformed")].concat();
    let output = read(&every)?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let agreed: Vec<String> = every.iter().map(|path| format!("agrees    {}", path.display())).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), agreed);

    let folder = tempfile::tempdir()?;
    for copy in changed(folder.path()) {
        let output = read(std::slice::from_ref(&copy))?;
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
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
