//! Viewers that offer compression, as browsers do, beside viewers that do not.

use super::cost::print_row;
use crate::connect::Greeting;
use crate::load::LARGE;
use crate::plan::Plan;
use crate::sample::{Case, sample};
use crate::server::{Kind, Stage};
use crate::spread::Spread;
use crate::verdict::Verdict;

const VIEWERS: usize = 100;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## permessage-deflate: {VIEWERS} viewers of ws-bridge, that offer it (second line) and that do not");
    let mut ratios = Vec::new();
    for round in 0..plan.rounds {
        let mut costs = Vec::new();
        for greeting in [Greeting::WebSocket, Greeting::OfferDeflate] {
            let Plan { warm_up, measured, .. } = *plan;
            let case = Case { kind: Kind::Bridge, greeting, load: LARGE, viewers: VIEWERS, warm_up, measured };
            let sample = sample(stage, case)?;
            print_row(round, &case, &sample);
            costs.push(sample.cpu_s_per_gb);
        }
        ratios.extend(costs.first().zip(costs.last()).map(|(without, with)| with / without));
    }
    let Some(ratio) = Spread::of(ratios) else { return Ok(Vec::new()) };
    println!("CPU per GB, with the offer over without: {ratio}");
    // The same, as far as that can be measured.
    Ok(vec![Verdict::at_most(5, "CPU per GB of viewers that offer permessage-deflate", ratio.median, 1.05, "")])
}
