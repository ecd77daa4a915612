//! The vectors of `proto/vectors`, as their README describes them.
#![allow(clippy::unwrap_used, reason = "in a test, what cannot be ends it")]

use std::fs;
use std::path::{Path, PathBuf};

/// One `.hex` file.
pub(crate) struct Vector {
    pub(crate) path: PathBuf,
    comments: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Vector {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let (comments, hex): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
        let digits: Vec<u32> = hex
            .concat()
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_digit(16).unwrap_or_else(|| panic!("{}: {c:?} is no hex digit", path.display())))
            .collect();
        assert!(digits.len().is_multiple_of(2), "{}: an odd number of hex digits", path.display());
        Self {
            path: path.to_owned(),
            comments: comments.into_iter().map(str::to_owned).collect(),
            bytes: digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect(),
        }
    }

    /// What the file says behind `# key: `.
    pub(crate) fn told(&self, key: &str) -> Option<&str> {
        self.comments[1..].iter().find_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": "))
    }

    pub(crate) fn name(&self) -> &str {
        self.path.file_stem().and_then(|stem| stem.to_str()).unwrap()
    }
}

/// Copies in `folder` of vectors that are no longer what they say: no reader may agree with them.
pub(crate) fn changed(folder: &Path) -> Vec<PathBuf> {
    let changes = [
        ("good/one-camera", "ffd9", "ffd8"),
        ("good/one-camera", "e803", "e903"),
        ("malformed/sender-twice", "# error: block twice", "# error: camera twice"),
    ];
    let change = |(at, (name, from, to)): (usize, (&str, &str, &str))| {
        let original = proto().join("vectors").join(format!("{name}.hex"));
        let text = fs::read_to_string(&original).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        let copy = folder.join(format!("changed-{at}.hex"));
        fs::write(&copy, text.replacen(from, to, 1)).unwrap();
        if let Ok(json) = fs::read(original.with_extension("json")) {
            fs::write(copy.with_extension("json"), json).unwrap();
        }
        copy
    };
    changes.into_iter().enumerate().map(change).collect()
}

pub(crate) fn proto() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto").canonicalize().unwrap()
}

/// The paths of all vectors in `good`, `malformed` or `packets`, in order.
pub(crate) fn paths(folder: &str) -> Vec<PathBuf> {
    let folder = proto().join("vectors").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .collect();
    assert!(!paths.is_empty(), "no vectors in {}", folder.display());
    paths.sort();
    paths
}
