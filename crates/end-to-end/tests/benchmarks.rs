//! What scripts and people rely on in the benchmarks: a target that is not met does not pass.

use std::path::Path;

use anyhow::{Result, ensure};
use end_to_end::{Ended, PATIENCE, Process};

/// Ends like a benchmark that has said these verdicts.
async fn benchmark(verdicts: &str) -> Result<Ended> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/bench");
    let script = format!("import sys, bench\n{verdicts}\nsys.exit(bench.exit_code())");
    let mut command = Process::command("python3");
    command.args(["-B", "-c", &script]).env("PYTHONPATH", bench);
    Process::start("a benchmark", &mut command)?.ended(PATIENCE).await
}

#[tokio::test]
async fn a_benchmark_whose_target_is_not_met_fails_and_says_which() -> Result<()> {
    let good = "bench.verdict('cost: 1.00', True, 'at most 1.05')\nbench.verdict('memory: 9 MB', None, 'none')";
    let ended = benchmark(good).await?;
    ensure!(ended.code == 0 && ended.stderr.is_empty(), "{ended:?}");

    let ended = benchmark(&format!("{good}\nbench.verdict('age: 400 ms', False, 'at most 350 ms')")).await?;
    assert_eq!(ended.code, 1);
    ensure!(ended.stdout.contains("cost: 1.00") && ended.stdout.contains("memory: 9 MB"), "no table: {ended:?}");
    ensure!(ended.stderr.contains("NOT MET: age: 400 ms; target: at most 350 ms"), "{ended:?}");
    Ok(())
}
