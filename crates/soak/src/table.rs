//! What happened, by kinds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::faults::{Class, Fault, Recovery};

/// What became of one kind of fault.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    faults: u64,
    recovered: u64,
    nearest: Nearest,
}

/// The recovery that came nearest to what is stated, and what is.
#[derive(Clone, Copy, Debug, Default)]
struct Nearest {
    worst: Duration,
    within: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Table(BTreeMap<Fault, Row>);

impl Table {
    pub(crate) fn note(&mut self, fault: Fault, recovery: Option<Recovery>) {
        let row = self.0.entry(fault).or_default();
        row.faults += 1;
        let Some(Recovery { took, within }) = recovery else { return };
        row.recovered += 1;
        if took.as_secs_f64() * row.nearest.within.as_secs_f64()
            >= row.nearest.worst.as_secs_f64() * within.as_secs_f64()
        {
            row.nearest = Nearest { worst: took, within };
        }
    }

    /// Faults of some classes.
    pub(crate) fn count(&self, classes: &[Class]) -> u64 {
        self.0.iter().filter(|(fault, _)| classes.contains(&fault.class())).map(|(_, row)| row.faults).sum()
    }

    pub(crate) fn kinds(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<8} {:<40} {:>6} {:>9} {:>12} {:>8}", "of", "what", "faults", "recovered", "worst", "stated")?;
        for (fault, Row { faults, recovered, nearest }) in &self.0 {
            let class = format!("{:?}", fault.class()).to_lowercase();
            let words = fault.words();
            let (worst, within) = (nearest.worst.as_secs_f64(), nearest.within.as_secs_f64());
            writeln!(f, "{class:<8} {words:<40} {faults:>6} {recovered:>9} {worst:>10.2} s {within:>6.1} s")?;
        }
        Ok(())
    }
}
