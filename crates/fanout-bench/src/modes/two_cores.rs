//! Whether a bridge that has two cores uses both. It shares one of them with the viewers here, so what counts is not how
//! much it gets done, but that both of its threads write.

use crate::clock::{now_us, us};
use crate::connect::Greeting;
use crate::crowd::Crowd;
use crate::feeder::Feeder;
use crate::load::LARGE;
use crate::machine;
use crate::plan::Plan;
use crate::server::{Kind, Server, Stage};
use crate::spread::Spread;
use crate::tally::Window;
use crate::verdict::Verdict;

const VIEWERS: usize = 200;
/// Of two threads that do the same, one may get less of a core that is shared.
const LEAST_SHARE: f64 = 0.2;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## Two cores: {VIEWERS} viewers of {} of a ws-bridge that may use both", LARGE.name);
    let mut shares = Vec::new();
    for round in 0..plan.rounds {
        machine::wait_for_quiet(stage.cores, stage.patience)?;
        let both = [stage.cores.server, stage.cores.clients];
        let server = Server::start_on(&both, stage, Kind::Bridge, VIEWERS)?;
        let mut crowd = Crowd::connect(server.address, Greeting::WebSocket, VIEWERS, LARGE.bundle()?)?;
        let _feeder = Feeder::start(&server.socket(), LARGE)?;
        crowd.begin(Window::default());
        crowd.read_until(now_us() + us(plan.warm_up))?;

        let before = machine::thread_seconds(server.pid())?;
        crowd.read_until(now_us() + us(plan.measured))?;
        let after = machine::thread_seconds(server.pid())?;
        let mut spent: Vec<f64> =
            after.iter().map(|(thread, spent)| spent - before.get(thread).copied().unwrap_or_default()).collect();
        spent.sort_by(|a, b| b.total_cmp(a));
        let all: f64 = spent.iter().sum();
        let of_all: Vec<String> = spent.iter().map(|spent| format!("{:.0} %", 100.0 * spent / all)).collect();
        println!("round {}: {all:.2} s of processor time, by thread {}", round + 1, of_all.join(" "));
        shares.push(spent.get(1).map_or(0.0, |second| second / all));
    }
    let Some(share) = Spread::of(shares) else { return Ok(Vec::new()) };
    println!("share of the second thread {share}");
    let what = "share of the work that the second of two cores does";
    Ok(vec![Verdict::at_least(8, what, 100.0 * share.median, 100.0 * LEAST_SHARE, " %")])
}
