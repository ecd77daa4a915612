//! What was to be reached, and whether it was.

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

/// One line each.
pub(crate) fn print(verdicts: &[Verdict]) {
    println!("\n## What was to be reached");
    for Verdict { item, what, figure, target, met } in verdicts {
        let met = if *met { "met" } else { "NOT MET" };
        println!("{item}. {what:<64} {figure:>12}  {target:>12}  {met}");
    }
}
