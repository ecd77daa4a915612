//! What is wrong with a file.

use std::fmt::{self, Display};
use std::path::Path;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: usize,
    /// One sentence: what is wrong, and what is allowed.
    pub message: String,
}

/// All mistakes of a file, in the order of their lines; never empty. Displayed one a line: `line 3: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// One a line, each as `FILE:LINE: …`, which editors and terminals can follow.
    pub(crate) fn in_file(&self, file: &Path) -> impl Display {
        self.lines(move |line| format!("{}:{line}", file.display()))
    }

    fn lines(&self, place: impl Fn(usize) -> String) -> impl Display {
        fmt::from_fn(move |f| {
            for (index, Problem { line, message }) in self.0.iter().enumerate() {
                let line_end = if index == 0 { "" } else { "\n" };
                write!(f, "{line_end}{}: {message}", place(*line))?;
            }
            Ok(())
        })
    }
}

impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(|line| format!("line {line}")).fmt(f)
    }
}

impl std::error::Error for Problems {}
