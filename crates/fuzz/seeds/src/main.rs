//! Writes the inputs that fuzzing begins with: `cameracast-fuzz-seeds FOLDER` makes a folder in it for each target. They
//! come from the golden vectors, the example configuration, what the tests of the crates read, small JPEGs made here, and
//! hand-picked texts beside this file's folder.

mod hex;
mod literals;
mod pictures;
mod websocket;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// What is before a stream: in one piece; byte by byte; header, then a large piece, by turns.
const CUTS: [&[u8]; 3] = [&[0], &[1, 0], &[2, 7, 140]];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("the folder to write to is missing")?;
    let seeds = Seeds { folder: folder.into() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let vectors = root.join("proto/vectors");

    for stream in hex::all_in(&vectors.join("packets"))? {
        seeds.put_cut("packets", &stream)?;
        // Without the packet's header: what the stream carries.
        seeds.put("control", stream.get(8..).unwrap_or_default())?;
    }
    for payload in hex::all_in(&vectors.join("good"))?.into_iter().chain(hex::all_in(&vectors.join("malformed"))?) {
        seeds.put("bundles", &payload)?;
    }

    for message in include_str!("../control.jsonl").lines() {
        seeds.put("control", message.as_bytes())?;
    }
    for literal in literals::all_in(&root.join("crates/frame-bundle/tests"))? {
        if literal.starts_with('{') {
            seeds.put("control", literal.as_bytes())?;
        }
    }

    for stream in websocket::streams() {
        seeds.put_cut("websocket", &stream)?;
    }

    let example = fs::read_to_string(root.join("examples/cameracast.toml"))?;
    seeds.put("configuration", example.as_bytes())?;
    seeds.put("configuration", uncommented(&example).as_bytes())?;
    for literal in literals::all_in(&root.join("crates/config/src/tests"))? {
        let tables = ["", "[stream]\n", "[bridge]\n", "[[camera]]\nid = 0\n"];
        for table in tables.iter().filter(|table| table.is_empty() || literal.contains('=')) {
            seeds.put("configuration", format!("{table}{literal}").as_bytes())?;
        }
    }

    for request in include_str!("../requests.txt").split("\n---\n") {
        seeds.put("queries", request.as_bytes())?;
    }
    for folder in ["routes", "routes/snapshot", "access", "client"] {
        for literal in literals::all_in(&root.join("crates/ws-bridge/src").join(folder))? {
            match literal.chars().next() {
                Some('/') => seeds.put("queries", format!("GET {literal}\nhost: localhost:8765\n\n").as_bytes())?,
                Some('{') => seeds.put("queries", format!("GET /\n\n{literal}").as_bytes())?,
                _ => {}
            }
        }
    }

    pictures::all()?.iter().try_for_each(|picture| seeds.put("jpegs", picture))?;
    Ok(())
}

/// The example with every setting taken out of its comment: `#key` is a setting, `# text` is prose.
fn uncommented(example: &str) -> String {
    let setting = |line: &'_ str| line.strip_prefix('#').is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '));
    let lines = example.lines().map(|line| if setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// Files of seeds.
struct Seeds {
    folder: PathBuf,
}

impl Seeds {
    /// A file named by what is in it, so that the same seed is there once.
    fn put(&self, target: &str, seed: &[u8]) -> Result<(), Box<dyn Error>> {
        // FNV-1a.
        let hash = seed.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{hash:016x}")), seed)?;
        Ok(())
    }

    /// A stream for a target that cuts it.
    fn put_cut(&self, target: &str, stream: &[u8]) -> Result<(), Box<dyn Error>> {
        CUTS.iter().try_for_each(|cut| self.put(target, &[cut, stream].concat()))
    }
}
