//! Holds the readers of other languages, in `proto/tests`, to the same vectors.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

#[path = "common/vectors.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod vectors;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use vectors::{paths, proto};

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic"];

fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_owned();
    command.output().unwrap_or_else(|error| {
        panic!("{} has to be installed for this test (Debian: gcc, g++, python3): {error}", program.display())
    })
}

fn compile(compiler: &str, options: &[&str], name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(compiler);
    command.args(options).args(WARNINGS).arg("-I").arg(proto());
    command.arg(proto().join("tests/vectors.c")).arg("-o").arg(&program);
    let output = run(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// The reader says that it agrees with each vector, and that it does not with one that was changed.
fn agrees_with_the_vectors(name: &str, reader: impl Fn() -> Command) {
    let every: Vec<PathBuf> = ["good", "malformed", "packets"].into_iter().flat_map(paths).collect();
    let output = run(reader().args(&every));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let agreed: Vec<String> = every.iter().map(|path| format!("agrees    {}", path.display())).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), agreed);

    for path in changed_vectors(name) {
        let output = run(reader().arg(&path));
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.starts_with(&format!("DISAGREES {}", path.display())), "{said}");
    }
}

/// Copies of three vectors, each changed so that it is no longer what it says.
fn changed_vectors(name: &str) -> [PathBuf; 3] {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("changed-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let change = |vector: &str, from: &str, to: &str| {
        let original = proto().join("vectors").join(vector);
        let text = fs::read_to_string(&original).unwrap();
        assert!(text.contains(from), "{vector} has no {from:?}");
        let copy = folder.join(original.file_name().unwrap());
        fs::write(&copy, text.replacen(from, to, 1)).unwrap();
        if let Ok(json) = fs::read(original.with_extension("json")) {
            fs::write(copy.with_extension("json"), json).unwrap();
        }
        copy
    };
    [
        change("good/one-camera.hex", "ffd9", "ffd8"),
        change("malformed/sender-twice.hex", "# error: block twice", "# error: camera twice"),
        change("packets/bundle.hex", "# packets: bundle", "# packets: control"),
    ]
}

#[test]
fn c_agrees_with_the_vectors() {
    // With the sanitizers: a read past the end of a payload ends the program.
    let sanitized = ["-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let program = compile("gcc", &sanitized, "vectors-c");
    agrees_with_the_vectors("c", || {
        let mut command = Command::new(&program);
        command.env("ASAN_OPTIONS", "detect_leaks=0"); // looking for leaks needs ptrace, which some containers refuse
        command
    });
}

#[test]
fn cpp_agrees_with_the_vectors() {
    let program = compile("g++", &["-std=c++17", "-x", "c++"], "vectors-cpp");
    agrees_with_the_vectors("cpp", || Command::new(&program));
}

#[test]
fn python_agrees_with_the_vectors() {
    agrees_with_the_vectors("python", || {
        let mut command = Command::new("python3");
        command.arg(proto().join("tests/vectors.py"));
        command
    });
}
