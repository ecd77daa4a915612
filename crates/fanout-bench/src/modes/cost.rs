//! What one server costs beside the others: every number of viewers, both loads, all servers in each round.

use crate::load::{LARGE, Load, SMALL};
use crate::plan::Plan;
use crate::sample::{Case, Sample, sample};
use crate::server::{Kind, Stage};
use crate::spread::Spread;
use crate::verdict::Verdict;

struct Row {
    load: Load,
    viewers: usize,
    kind: Kind,
    sample: Sample,
}

/// All rows in the order in which they were measured; round after round.
struct Rows(Vec<Row>);

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!(
        "\n## Cost\nround load            viewers server           CPU s/GB  core used   lost  delivered  on time    p50 ms   p99 ms   RSS MB"
    );
    let mut rows = Rows(Vec::new());
    for round in 0..plan.rounds {
        for &load in &plan.loads {
            for &viewers in &plan.viewers {
                let mut kinds = Kind::ALL;
                kinds.rotate_left(round % Kind::ALL.len());
                for kind in kinds {
                    let Plan { warm_up, measured, .. } = *plan;
                    let case = Case { kind, greeting: kind.greeting(), load, viewers, warm_up, measured };
                    let sample = sample(stage, case)?;
                    print_row(round, &case, &sample);
                    rows.0.push(Row { load, viewers, kind, sample });
                }
            }
        }
    }
    rows.print_ratios(plan);
    Ok(rows.verdicts(plan))
}

pub(crate) fn print_row(round: usize, case: &Case, sample: &Sample) {
    print_row_of(case.kind.name(), round, case, sample);
}

/// The same under another name.
pub(crate) fn print_row_of(name: &str, round: usize, case: &Case, sample: &Sample) {
    let Sample { cpu_s_per_gb, delivered, on_time, p50_ms, p99_ms, rss_kb, core_used, core_lost } = sample;
    println!(
        "{:<5} {:<15} {:>7} {:<15} {cpu_s_per_gb:>9.4} {:>9.1}% {:>5.1}% {:>9.2}% {:>7.2}% {p50_ms:>9.2} {p99_ms:>8.2} {:>8.2}",
        round + 1,
        case.load.name,
        case.viewers,
        name,
        core_used * 100.0,
        core_lost * 100.0,
        delivered * 100.0,
        on_time * 100.0,
        rss_kb / 1000.0
    );
}

impl Rows {
    fn values(&self, load: Load, viewers: usize, kind: Kind, of: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let rows = self.0.iter().filter(|row| (row.load, row.viewers, row.kind) == (load, viewers, kind));
        rows.map(|row| of(&row.sample)).collect()
    }

    fn spread(&self, load: Load, viewers: usize, kind: Kind, of: impl Fn(&Sample) -> f64) -> Option<Spread> {
        Spread::of(self.values(load, viewers, kind, of))
    }

    /// The bridge's cost over another's, round by round.
    fn ratio(&self, load: Load, viewers: usize, than: Kind) -> Option<Spread> {
        let cost = |kind| self.values(load, viewers, kind, |sample| sample.cpu_s_per_gb);
        Spread::of(cost(Kind::Bridge).into_iter().zip(cost(than)).map(|(ours, theirs)| ours / theirs))
    }

    fn print_ratios(&self, plan: &Plan) {
        println!("\n### Medians over {} rounds (minimum–maximum); ratios are paired within their round", plan.rounds);
        for &load in &plan.loads {
            for &viewers in &plan.viewers {
                println!("{}, {viewers} viewers", load.name);
                for than in [Kind::Bare, Kind::Axum] {
                    if let Some(ratio) = self.ratio(load, viewers, than) {
                        println!("  CPU per GB, ws-bridge over {:<16} {ratio}", than.name());
                    }
                }
                for kind in Kind::ALL {
                    let Some(cost) = self.spread(load, viewers, kind, |sample| sample.cpu_s_per_gb) else { continue };
                    let of = |of: fn(&Sample) -> f64| self.spread(load, viewers, kind, of).unwrap_or(cost);
                    println!(
                        "  {:<16} CPU s/GB {cost:<26.4} on time % {:<26} p50 ms {:<22} p99 ms {:<22} RSS MB {:.1}",
                        kind.name(),
                        of(|sample| sample.on_time * 100.0),
                        of(|sample| sample.p50_ms),
                        of(|sample| sample.p99_ms),
                        of(|sample| sample.rss_kb / 1000.0)
                    );
                }
            }
        }
    }

    fn verdicts(&self, plan: &Plan) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (load, limit) in [(LARGE, 1.10), (SMALL, 1.15)] {
            for viewers in [100, 400] {
                for (than, limit) in [(Kind::Bare, limit), (Kind::Axum, 0.80)] {
                    let what = format!("CPU per GB over {}'s, {viewers} viewers, {}", than.name(), load.name);
                    let ratio = self.ratio(load, viewers, than);
                    verdicts.extend(ratio.map(|ratio| Verdict::at_most(1, what, ratio.median, limit, "")));
                }
            }
        }
        verdicts.extend(self.memory_a_viewer(plan));
        verdicts
    }

    /// From 100 viewers to the most that were measured.
    fn memory_a_viewer(&self, plan: &Plan) -> Option<Verdict> {
        let most = plan.viewers.iter().copied().max().filter(|most| *most > 100)?;
        let rss = |viewers| self.values(LARGE, viewers, Kind::Bridge, |sample| sample.rss_kb);
        let each = rss(100).into_iter().zip(rss(most)).map(|(few, many)| (many - few) / (most - 100) as f64);
        let each = Spread::of(each)?;
        Some(Verdict::at_most(3, format!("RSS a viewer, from 100 to {most} viewers"), each.median, 20.0, " KB"))
    }
}
