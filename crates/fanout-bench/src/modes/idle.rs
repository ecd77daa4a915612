//! What viewers cost while there is nothing to see: nobody polls, nothing ticks.

use crate::clock::{now_us, us};
use crate::connect::Greeting;
use crate::crowd::Crowd;
use crate::load::LARGE;
use crate::machine;
use crate::plan::Plan;
use crate::server::{Kind, Server, Stage};
use crate::tally::Window;
use crate::verdict::Verdict;

const VIEWERS: usize = 500;
/// A thousandth of a core, which is nothing: only a server that wakes up for nobody's sake spends more.
const NOTHING: f64 = 0.001;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## Idle: {VIEWERS} viewers of ws-bridge and no bundle");
    machine::wait_for_quiet(stage.cores, stage.patience)?;
    let server = Server::start(stage, Kind::Bridge, VIEWERS)?;
    let mut crowd = Crowd::connect(server.address, Greeting::WebSocket, VIEWERS, LARGE.bundle()?)?;
    crowd.begin(Window::default());
    crowd.read_until(now_us() + us(plan.warm_up))?;

    let (spent, began) = (machine::cpu_seconds(server.pid())?, now_us());
    crowd.read_until(began + us(plan.idle))?;
    let spent = machine::cpu_seconds(server.pid())? - spent;
    let lasted = (now_us() - began) as f64 / 1e6;
    println!("{:.2} ms of processor time in {lasted:.0} s", spent * 1000.0);
    let what = format!("a core's time for {VIEWERS} viewers and no bundle");
    Ok(vec![Verdict::at_most(8, what, 100.0 * spent / lasted, 100.0 * NOTHING, " %")])
}
