//! What the other faces cost beside the WebSocket with bundles: MJPEG and the webcam protocol, one camera, all in each
//! round. With one camera a bundle is the picture with 40 bytes before it, so that all three carry the same.

use anyhow::Context;

use super::cost::print_row_of;
use crate::connect::{Greeting, until_known};
use crate::crowd::Crowd;
use crate::feeder::Announced;
use crate::load::ONE;
use crate::machine;
use crate::plan::Plan;
use crate::sample::{Case, Sample, measure};
use crate::server::{Kind, Server, Stage};
use crate::spread::Spread;
use crate::verdict::Verdict;

const VIEWERS: usize = 200;
const FACES: [(&str, Greeting); 3] =
    [("/stream/0", Greeting::Stream), ("/", Greeting::WebSocket), ("/camera/0", Greeting::Camera)];
const LIMIT: f64 = 1.15;

pub(crate) fn run(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Verdict>> {
    println!("\n## MJPEG: {VIEWERS} viewers of one camera of ws-bridge, {}, beside as many WebSockets", ONE.name);
    let mut costs: [Vec<f64>; 3] = Default::default();
    for round in 0..plan.rounds {
        let mut order: Vec<_> = FACES.into_iter().zip(&mut costs).collect();
        order.rotate_left(round % FACES.len());
        for ((name, greeting), costs) in order {
            let Plan { warm_up, measured, .. } = *plan;
            let case = Case { kind: Kind::Bridge, greeting, load: ONE, viewers: VIEWERS, warm_up, measured };
            let sample = watch(stage, case)?;
            print_row_of(name, round, &case, &sample);
            costs.push(sample.cpu_s_per_gb);
        }
    }
    let [stream, bundles, jpegs] = &costs;
    let mut verdicts = Vec::new();
    for (name, than) in [("/", bundles), ("/camera/0", jpegs)] {
        let ratio = Spread::of(stream.iter().zip(than).map(|(ours, theirs)| ours / theirs)).context("no round")?;
        println!("CPU per GB, MJPEG over the WebSocket {name}: {ratio}");
        let what = format!("CPU per GB of /stream over the WebSocket {name}, {VIEWERS} viewers");
        verdicts.push(Verdict::at_most(9, what, ratio.median, LIMIT, ""));
    }
    Ok(verdicts)
}

/// Measures one face; its viewers come when the camera is known and nothing of it has been sent.
fn watch(stage: &Stage, case: Case) -> anyhow::Result<Sample> {
    machine::wait_for_quiet(stage.cores, stage.patience)?;
    let server = Server::start(stage, case.kind, case.viewers)?;
    let grabber = Announced::to(&server.socket())?;
    until_known(server.address)?;
    let expected = case.greeting.form().expected(case.load)?;
    let mut crowd = Crowd::connect(server.address, case.greeting, case.viewers, expected)?;
    let _feeder = grabber.start(case.load)?;
    measure(stage, &server, &mut crowd, case)
}
