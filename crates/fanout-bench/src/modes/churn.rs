//! Memory over many visits, and over a long stay.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Context;

use crate::clock::{now_us, sleep_until, us};
use crate::connect::{Greeting, connect};
use crate::crowd::Crowd;
use crate::feeder::Feeder;
use crate::load::LARGE;
use crate::machine::rss_kb;
use crate::plan::Plan;
use crate::server::{Kind, Server, Stage};
use crate::spread::Spread;
use crate::tally::Window;
use crate::verdict::Verdict;

/// Visitors that are there at a time.
const AT_A_TIME: usize = 50;
/// Visits before the memory is looked at for the first time.
const FIRST: usize = 500;
const VIEWERS: usize = 200;
/// Between two looks at the memory.
const LOOK: Duration = Duration::from_secs(5);
const SETTLE: Duration = Duration::from_secs(2);
/// How far apart two figures of the same memory may lie.
const FLAT_KB: f64 = 2000.0;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## Memory of ws-bridge");
    let server = Server::start(stage, Kind::Bridge, VIEWERS)?;
    let feeder = Feeder::start(&server.socket(), LARGE)?;
    let after_visits = |visits| -> anyhow::Result<f64> {
        visit(&server, visits)?;
        sleep_until(now_us() + us(SETTLE));
        rss_kb(server.pid())
    };
    let before = after_visits(FIRST)?;
    let after = after_visits(plan.visits)?;
    println!("RSS after {FIRST} visits {before:.0} KB, after {} more {after:.0} KB", plan.visits);

    drop(feeder);
    let mut crowd = Crowd::connect(server.address, Greeting::WebSocket, VIEWERS, LARGE.bundle()?)?;
    let _feeder = Feeder::start(&server.socket(), LARGE)?;
    crowd.begin(Window::default());
    crowd.read_until(now_us() + us(plan.warm_up) + us(SETTLE))?;
    let mut looks = vec![rss_kb(server.pid())?];
    let end = now_us() + us(plan.soak);
    while now_us() < end {
        crowd.read_until(now_us() + us(LOOK))?;
        looks.push(rss_kb(server.pid())?);
    }
    let stay = Spread::of(looks.iter().copied()).context("no look at the memory")?;
    let grown = looks.last().zip(looks.first()).map_or(0.0, |(last, first)| last - first);
    println!(
        "RSS with {VIEWERS} viewers over {} s: {stay:.0} KB, from the first to the last look {grown:+.0} KB",
        plan.soak.as_secs()
    );
    Ok(vec![
        Verdict::at_most(6, format!("RSS change over {} visits", plan.visits), (after - before).abs(), FLAT_KB, " KB"),
        Verdict::at_most(
            6,
            format!("RSS range over {} s with {VIEWERS} viewers", plan.soak.as_secs()),
            stay.max - stay.min,
            FLAT_KB,
            " KB",
        ),
    ])
}

/// Visitors come, are greeted, and go while bundles are on their way to them.
fn visit(server: &Server, visits: usize) -> anyhow::Result<()> {
    let mut present = VecDeque::with_capacity(AT_A_TIME);
    for visit in 0..visits {
        if present.len() == AT_A_TIME {
            present.pop_front();
        }
        present.push_back(connect(server.address, Greeting::WebSocket).with_context(|| format!("visit {visit}"))?);
    }
    Ok(())
}
