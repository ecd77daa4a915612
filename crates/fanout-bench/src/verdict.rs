//! What was to be reached, and whether it was.

use std::fmt;

/// One figure with its target.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Number of the demand.
    item: u8,
    what: String,
    figure: String,
    target: String,
    met: bool,
}

impl Verdict {
    /// A figure that must not be more than `limit`.
    pub(crate) fn at_most(item: u8, what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::new(item, what, format!("{figure:.2}{unit}"), format!("≤ {limit:.2}{unit}"), figure <= limit)
    }

    /// A figure that must not be less than `limit`.
    pub(crate) fn at_least(item: u8, what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::new(item, what, format!("{figure:.2}{unit}"), format!("≥ {limit:.2}{unit}"), figure >= limit)
    }

    fn new(item: u8, what: impl Into<String>, figure: String, target: String, met: bool) -> Self {
        Self { item, what: what.into(), figure, target, met }
    }
}

/// One line each, then those that were not met once more; gives whether all were.
pub(crate) fn print(verdicts: &[Verdict]) -> bool {
    println!("\n## What was to be reached");
    for verdict @ Verdict { met, .. } in verdicts {
        let met = if *met { "met" } else { "NOT MET" };
        println!("{verdict}  {met}");
    }
    let missed = missed(verdicts);
    missed.iter().for_each(|verdict| eprintln!("NOT MET: {verdict}"));
    missed.is_empty()
}

fn missed(verdicts: &[Verdict]) -> Vec<&Verdict> {
    verdicts.iter().filter(|verdict| !verdict.met).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, what, figure, target, .. } = self;
        write!(f, "{item}. {what:<64} {figure:>12}  {target:>12}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_reached_or_could_not_be_measured_is_not_met() {
        let verdicts = [
            Verdict::at_most(1, "cost", 1.0, 1.0, ""),
            Verdict::at_most(2, "age", 1.01, 1.0, " ms"),
            Verdict::at_least(3, "viewers", 0.9, 0.9, ""),
            Verdict::at_least(4, "share", 0.89, 0.9, ""),
            Verdict::at_most(5, "latency of nobody", f64::NAN, 1.0, " ms"),
        ];
        assert_eq!(missed(&verdicts).iter().map(|verdict| verdict.item).collect::<Vec<_>>(), [2, 4, 5]);
    }
}
