//! What encryption costs: as many viewers over TLS as over plain connections, in each round. There is no target: every
//! viewer's bytes have to be encrypted for it alone, so that nothing is shared but the picture.

use super::cost::print_row_of;
use crate::connect::Greeting;
use crate::load::LARGE;
use crate::plan::Plan;
use crate::sample::{Case, sample};
use crate::server::{Kind, Stage};
use crate::spread::Spread;
use crate::verdict::Verdict;

const VIEWERS: usize = 100;
const WAYS: [(&str, Kind, Greeting); 2] =
    [("plain", Kind::Bridge, Greeting::WebSocket), ("TLS", Kind::Encrypted, Greeting::TlsWebSocket)];

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## TLS: {VIEWERS} viewers of ws-bridge, encrypted and plain, {}", LARGE.name);
    let mut ratios = Vec::new();
    for round in 0..plan.rounds {
        let mut costs = Vec::new();
        for (name, kind, greeting) in WAYS {
            let Plan { warm_up, measured, .. } = *plan;
            let case = Case { kind, greeting, load: LARGE, viewers: VIEWERS, warm_up, measured };
            let sample = sample(stage, case)?;
            print_row_of(name, round, &case, &sample);
            costs.push(sample.cpu_s_per_gb);
        }
        ratios.extend(costs.first().zip(costs.last()).map(|(plain, tls)| tls / plain));
    }
    if let Some(ratio) = Spread::of(ratios) {
        println!("CPU per GB, TLS over plain: {ratio}");
    }
    Ok(Vec::new())
}
