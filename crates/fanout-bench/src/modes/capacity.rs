//! The largest number of viewers at which 99 % of the bundles are on time, of each server in each round.

use crate::load::LARGE;
use crate::plan::Plan;
use crate::sample::{Case, sample};
use crate::server::{Kind, Stage};
use crate::spread::Spread;
use crate::verdict::Verdict;

const ENOUGH: f64 = 0.99;
/// Where the search begins, and how far it goes until it has passed the limit.
const BEGIN: usize = 800;
const STRIDE: usize = 200;
const MOST: usize = 4000;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## Capacity: viewers of {} of whom 99 % of the bundles are on time, on one core", LARGE.name);
    let mut found: [Vec<f64>; 3] = Default::default();
    for round in 0..plan.rounds {
        let mut order: Vec<_> = Kind::ALL.into_iter().zip(&mut found).collect();
        order.rotate_left(round % Kind::ALL.len());
        for (kind, found) in order {
            let largest = search(plan.step, |viewers| holds(stage, plan, kind, viewers))?;
            println!("round {} {:<16} {largest}", round + 1, kind.name());
            found.push(largest as f64);
        }
    }
    let [bare, bridge, axum] = found;
    let ratio = |than: &[f64]| Spread::of(bridge.iter().zip(than).map(|(ours, theirs)| ours / theirs));
    for (kind, found) in Kind::ALL.into_iter().zip([&bare, &bridge, &axum]) {
        if let Some(found) = Spread::of(found.iter().copied()) {
            println!("{:<16} {found:.0}", kind.name());
        }
    }
    let (Some(to_bare), Some(to_axum)) = (ratio(&bare), ratio(&axum)) else { return Ok(Vec::new()) };
    println!("ws-bridge over the bare write loop {to_bare}, over axum WebSocket {to_axum}");
    Ok(vec![Verdict::at_least(2, "viewers on time over the bare write loop's", to_bare.median, 0.9, "")])
}

fn holds(stage: &Stage, plan: &Plan, kind: Kind, viewers: usize) -> anyhow::Result<bool> {
    let Plan { warm_up, probe, .. } = *plan;
    let case = Case { kind, greeting: kind.greeting(), load: LARGE, viewers, warm_up, measured: probe };
    let sample = sample(stage, case)?;
    println!(
        "  {:<16} {viewers:>5} viewers: {:>6.2} % on time, p99 {:.1} ms, core used {:.0} %, lost {:.0} %",
        kind.name(),
        sample.on_time * 100.0,
        sample.p99_ms,
        sample.core_used * 100.0,
        sample.core_lost * 100.0
    );
    Ok(sample.on_time >= ENOUGH)
}

/// The largest multiple of `step` that holds, if all smaller ones do and no larger one does.
fn search(step: usize, mut holds: impl FnMut(usize) -> anyhow::Result<bool>) -> anyhow::Result<usize> {
    let (mut good, mut bad) = (0, None);
    let mut at = BEGIN;
    loop {
        if holds(at)? {
            good = at;
        } else {
            bad = Some(at);
        }
        at = match bad {
            Some(bad) if bad - good <= step => return Ok(good),
            Some(bad) if good == 0 && bad > STRIDE => bad - STRIDE,
            Some(bad) => good + (bad - good) / 2 / step * step,
            None if good >= MOST => return Ok(good),
            None => good + STRIDE,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_that_holds_is_found() {
        for limit in [60, 100, 775, 800, 1049, 1050, 2600] {
            let found = search(25, |viewers| Ok(viewers <= limit)).unwrap();
            assert_eq!(found, limit / 25 * 25, "{limit}");
        }
        assert_eq!(search(25, |_| Ok(true)).unwrap(), MOST);
        assert_eq!(search(25, |_| Ok(false)).unwrap(), 0);
    }
}
