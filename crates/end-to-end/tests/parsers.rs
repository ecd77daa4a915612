//! All readers of bundles that the project has, on all golden vectors: one table, which shows whether they agree.

#[path = "../../frame-bundle/tests/common/reading.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod reading;
#[path = "../../frame-bundle/tests/common/vectors.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod vectors;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use end_to_end::skipped;
use vectors::{Vector, changed, paths, proto};

/// What a reader says of each vector, by its path: `agrees`, `DISAGREES`, or nothing.
type Said = BTreeMap<PathBuf, String>;

/// A program that is given vectors and prints a line for each, as `proto/tests/vectors.py` does.
struct Reader {
    language: &'static str,
    program: Program,
}

enum Program {
    /// Nothing to start: it is in this test.
    Ours,
    Command(Command),
    /// And why.
    NotHere(&'static str),
}

fn readers() -> Result<[Reader; 5]> {
    let root = proto().join("..");
    let reader = |language, program| Reader { language, program };
    Ok([
        reader("Rust", Program::Ours),
        reader("C++", Program::Command(cpp(&root)?)),
        reader("GDScript", gdscript(&root)),
        reader("Python", command("python3", &root.join("examples/python/tests/vectors.py"))),
        reader("JavaScript", command("node", &root.join("crates/ws-bridge/viewer/tests/vectors.mjs"))),
    ])
}

fn command(interpreter: &str, script: &Path) -> Program {
    let mut command = Command::new(interpreter);
    command.arg(script);
    Program::Command(command)
}

fn cpp(root: &Path) -> Result<Command> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parsers-cpp");
    let viewer = root.join("examples/qt-viewer");
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++17", "-O1", "-I"]).arg(proto()).arg("-I").arg(&viewer).arg("-o").arg(&program);
    let output = compiler.arg(viewer.join("tests/vectors.cpp")).output().context("g++ does not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(Command::new(program))
}

fn gdscript(root: &Path) -> Program {
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("godot").join("complete");
    let project = root.join("examples/godot-viewer");
    if !fetched.exists() || !project.exists() {
        return Program::NotHere("Godot is not here (scripts/test --full fetches it)");
    }
    let mut godot = Command::new(root.join("scripts/godot"));
    godot.args(["--headless", "--no-header", "--path"]).arg(project);
    godot.args(["--script", "tests/vectors.gd", "--"]);
    Program::Command(godot)
}

fn ask(program: Program, every: &[PathBuf]) -> Result<Option<Said>> {
    let said = |(verdict, path): (&str, &str)| (PathBuf::from(path.trim()), verdict.to_owned());
    Ok(Some(match program {
        Program::NotHere(_) => return Ok(None),
        Program::Ours => every.iter().map(|path| (path.clone(), ours(path))).collect(),
        Program::Command(mut command) => {
            let output = command.args(every).output();
            let output = output.with_context(|| format!("{} does not start", command.get_program().display()))?;
            ensure!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout)?.lines().filter_map(|line| line.split_once(' ')).map(said).collect()
        }
    }))
}

fn ours(path: &Path) -> String {
    let vector = Vector::read(path);
    let agrees = reading::found(&vector) == reading::expected(&vector);
    if agrees { "agrees" } else { "DISAGREES" }.into()
}

#[test]
fn all_readers_agree_on_all_golden_vectors() -> Result<()> {
    let every: Vec<PathBuf> = ["good", "malformed"].into_iter().flat_map(paths).collect();
    let folder = tempfile::tempdir()?;
    let changed = changed(folder.path());
    let asked = [&every[..], &changed[..]].concat();
    let mut columns = Vec::new();
    for Reader { language, program } in readers()? {
        if let Program::NotHere(why) = program {
            skipped(&format!("{language}'s column of the table of readers"), why)?;
        }
        columns.push((language, ask(program, &asked).with_context(|| format!("the reader in {language}"))?));
    }

    let name = |path: &Path| path.strip_prefix(proto().join("vectors")).map(|name| name.display().to_string());
    let mut table = format!("\n{:55}", "vector");
    columns.iter().try_for_each(|(language, _)| write!(table, "{language:13}"))?;
    let mut wrong = Vec::new();
    for path in &every {
        write!(table, "\n{:55}", name(path)?)?;
        for (language, said) in &columns {
            let verdict = said.as_ref().map(|said| said.get(path).map_or("says nothing", String::as_str));
            write!(table, "{:13}", verdict.unwrap_or("not run here"))?;
            if verdict.is_some_and(|verdict| verdict != "agrees") {
                wrong.push(format!("{language}, {}", name(path)?));
            }
        }
    }
    for (language, said) in columns.iter().filter_map(|(language, said)| Some((language, said.as_ref()?))) {
        let agreed = changed.iter().filter(|path| said.get(*path).is_none_or(|verdict| verdict != "DISAGREES"));
        wrong.extend(agreed.map(|path| format!("{language}, {}, which was changed", path.display())));
    }
    // Past what cargo holds back of a test that passes.
    std::io::stderr().write_all(format!("{table}\n").as_bytes())?;
    ensure!(wrong.is_empty(), "not all agree: {wrong:#?}");
    Ok(())
}
