//! Slow viewers among good ones: what the good ones notice of it, and how old the pictures of the slow ones are.

use super::cost::print_row;
use crate::clock::{now_us, us};
use crate::crowd::Crowd;
use crate::feeder::Feeder;
use crate::load::LARGE;
use crate::machine;
use crate::plan::Plan;
use crate::sample::{Case, Sample, measure};
use crate::server::{Kind, Server, Stage};
use crate::slow_viewers::{Group, Seen, SlowViewers};
use crate::spread::Spread;
use crate::tally::{Window, percentile_ms};
use crate::verdict::Verdict;

const GOOD: usize = 80;
const MEGABYTE: usize = 0;
const STOPPED: usize = 2;
const GROUPS: [Group; 3] =
    [Group { viewers: 10, speed: 1_000_000 }, Group { viewers: 5, speed: 100_000 }, Group { viewers: 5, speed: 0 }];

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!(
        "\n## Slow viewers: {GOOD} good ones alone, and with 10 at 1 MB/s, 5 at 100 KB/s and 5 that do not read (second line)"
    );
    let (mut delivered, mut slower, mut age, mut growth, mut resets) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..plan.rounds {
        let case = |kind: Kind| Case {
            kind,
            greeting: kind.greeting(),
            load: LARGE,
            viewers: GOOD,
            warm_up: plan.warm_up,
            measured: plan.slow,
        };
        let (alone, _) = among(stage, case(Kind::Bridge), &[])?;
        print_row(round, &case(Kind::Bridge), &alone);
        let (with, mut seen) = among(stage, case(Kind::Bridge), &GROUPS)?;
        print_row(round, &case(Kind::Bridge), &with);
        let ages = print_ages(&mut seen);
        delivered.push(with.delivered * 100.0);
        slower.push(with.p99_ms / alone.p99_ms);
        resets.extend(seen.get(STOPPED).map(|stopped| stopped.resets as f64));
        if let Some(Ages { p99_ms, first_half_p99_ms, second_half_p99_ms }) = ages.get(MEGABYTE) {
            age.push(*p99_ms);
            growth.push(second_half_p99_ms - first_half_p99_ms);
        }
    }
    println!("for comparison, the same slow viewers of axum's own WebSocket, without those that do not read:");
    let Plan { warm_up, slow, .. } = *plan;
    let kind = Kind::Axum;
    let case = Case { kind, greeting: kind.greeting(), load: LARGE, viewers: GOOD, warm_up, measured: slow };
    let (with, mut seen) = among(stage, case, &GROUPS[..2])?;
    print_row(0, &case, &with);
    print_ages(&mut seen);

    let medians = [delivered, slower, age, growth, resets].map(Spread::of);
    let [Some(delivered), Some(slower), Some(age), Some(growth), Some(resets)] = medians else { return Ok(Vec::new()) };
    println!("good viewers: delivered {delivered:.2} %, p99 with slow ones over p99 without {slower}");
    println!("viewers that do not read: reset {resets:.0} times");
    println!("viewers at 1 MB/s: age p99 {age:.0} ms, second half minus first half {growth:.0} ms");
    Ok(vec![
        Verdict::at_least(4, "good viewers among slow ones: bundles delivered", delivered.min, 100.0, " %"),
        Verdict::at_most(4, "good viewers' p99 with slow ones over without", slower.median, 1.2, ""),
        Verdict::at_most(4, "age p99 of pictures at 1 MB/s", age.median, 350.0, " ms"),
        Verdict::at_most(4, "growth of that age from the first half to the second", growth.median, 35.0, " ms"),
        // Each of them at least once; or it would be no wonder that nobody notices them.
        Verdict::at_least(4, "resets of viewers that do not read", resets.min, GROUPS[STOPPED].viewers as f64, ""),
    ])
}

/// How old pictures were when they had come whole.
struct Ages {
    p99_ms: f64,
    first_half_p99_ms: f64,
    second_half_p99_ms: f64,
}

/// Measures the good viewers while the slow ones watch, too.
fn among(stage: &Stage, case: Case, groups: &[Group]) -> anyhow::Result<(Sample, Vec<Seen>)> {
    machine::wait_for_quiet(stage.cores, stage.patience)?;
    let server = Server::start(stage, case.kind, case.viewers)?;
    let mut crowd = Crowd::connect(server.address, case.greeting, case.viewers, case.load.bundle()?)?;
    let begin_us = now_us() + us(case.warm_up);
    let window = Window { begin_us, end_us: begin_us + us(case.measured), period_us: us(case.load.period()) };
    let slow = SlowViewers::connect(server.address, case.greeting, groups, window)?;
    let _feeder = Feeder::start(&server.socket(), case.load)?;
    let sample = measure(stage, &server, &mut crowd, case)?;
    Ok((sample, slow.stop()?))
}

fn print_ages(seen: &mut [Seen]) -> Vec<Ages> {
    let mut all = Vec::new();
    for (Group { viewers, speed }, Seen { tally, resets }) in GROUPS.iter().zip(seen) {
        let latencies = &mut tally.latencies;
        let bundles = latencies.len();
        let (first, second) = latencies.split_at_mut(bundles / 2);
        let (first_half_p99_ms, second_half_p99_ms) = (percentile_ms(first, 0.99), percentile_ms(second, 0.99));
        let (p50_ms, p99_ms) = (percentile_ms(latencies, 0.5), percentile_ms(latencies, 0.99));
        println!(
            "      {viewers:>2} at {:>4} KB/s: {bundles} bundles, age p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms (first half {first_half_p99_ms:.0}, second half {second_half_p99_ms:.0}), {resets} resets",
            speed / 1000
        );
        all.push(Ages { p99_ms, first_half_p99_ms, second_half_p99_ms });
    }
    all
}
