//! Gathers what is wrong, each with its line, and leaves out what only follows from another mistake.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::Problem;

/// The problems of one text.
#[derive(Default)]
pub(crate) struct Report {
    /// Byte offsets at which lines begin.
    line_starts: Vec<usize>,
    /// Lines that begin a table.
    headers: BTreeSet<usize>,
    /// Lines that are no TOML: what was recovered of them is a guess.
    broken: BTreeSet<usize>,
    problems: Vec<Problem>,
}

impl Report {
    /// The text whose places are meant from now on; its lines are those of the text before.
    pub(crate) fn set_text(&mut self, text: &str) {
        let headers = (1..).zip(text.lines()).filter(|(_, line)| line.trim_start().starts_with('['));
        self.headers = headers.map(|(number, _)| number).collect();
        self.line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    }

    /// The line, from 1, of a byte.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).max(1)
    }

    /// These lines are no TOML; the mistake stands in the first of them. The first mistake of a line is the one told.
    pub(crate) fn broken(&mut self, lines: RangeInclusive<usize>, message: String) {
        self.problem(*lines.start(), message);
        self.broken.extend(lines);
    }

    /// Something is wrong in this line.
    pub(crate) fn problem(&mut self, line: usize, message: String) {
        if !self.broken.contains(&line) {
            self.problems.push(Problem { line, message });
        }
    }

    /// The table that begins in this line lacks a key, unless one of its lines is broken: the key may stand there.
    pub(crate) fn missing(&mut self, header: usize, message: String) {
        let end = self.headers.range(header + 1..).next().copied().unwrap_or(usize::MAX);
        if self.broken.range(header..end).next().is_none() {
            self.problem(header, message);
        }
    }

    /// All problems in the order of their lines.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}
