//! What is taken, what is refused and how, and that `examples/cameracast.toml` tells the truth.

mod accepted;
mod example;
mod files;
mod keys;
mod never_panics;
mod syntax;
mod tokens;
mod values;

use crate::{Config, Problem};

/// The example as it is delivered.
const EXAMPLE: &str = include_str!("../../../examples/cameracast.toml");

/// The example with every setting taken out of its comment: `#key` is a setting, `# text` is prose.
fn uncommented_example() -> String {
    let setting = |line: &'static str| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
    EXAMPLE.lines().map(|line| setting(line).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The same as a file can be: a token does not stand in two places.
fn possible_example() -> String {
    let elsewhere = |line: &&str| !line.starts_with("view_token_file") && !line.starts_with("control_token_file");
    uncommented_example().lines().filter(elsewhere).collect::<Vec<_>>().join("\n")
}

fn problems(text: &str) -> Vec<Problem> {
    Config::parse(text).map_or_else(|problems| problems.0, |_| Vec::new())
}

/// Each as "LINE: MESSAGE".
fn told(text: &str) -> Vec<String> {
    problems(text).iter().map(|problem| format!("{}: {}", problem.line, problem.message)).collect()
}

const TOP: &str = "";
const STREAM: &str = "[stream]";
const BRIDGE: &str = "[bridge]";

/// What is told of a table with this one line, which is the second of the file.
fn told_of(header: &str, line: &str) -> Vec<String> {
    told(&format!("{header}\n{line}"))
}

const GENICAM: &str = "source = 'genicam'\ndevice = 'x'\n";
const V4L2: &str = "source = 'v4l2'\ndevice = '/dev/video0'\n";
const GSTREAMER: &str = "source = 'gstreamer'\ndevice = 'videotestsrc'\n";

/// The lines begin in line 5.
fn told_in_camera(source: &str, lines: &str) -> Vec<String> {
    told(&format!("[[camera]]\nid = 0\n{source}{lines}"))
}
