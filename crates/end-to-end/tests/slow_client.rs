//! A viewer that never reads. Alone in this file, because it measures what every bundle of ten seconds did.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Place, Tee, WsClient, cameras_of, pattern_camera};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_never_reads_does_not_change_what_another_one_receives() -> Result<()> {
    let place = Place::new(&[pattern_camera(0), pattern_camera(1), pattern_camera(2)].concat())?;
    let bridge = place.bridge().await?;
    let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
    let _grabber = place.grabber_on(tee.socket())?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 3).await?;

    // Connected, and then not read from.
    let _never_reads = WsClient::connect(bridge.address).await?;
    let received = viewer.bundles_for(Duration::from_secs(10)).await?;

    let seqs: Vec<u64> = received.iter().map(|(_, bundle)| bundle.seq()).collect();
    let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else { anyhow::bail!("nothing was received") };
    let sent = tee.bundles().range(first..=last).count();
    println!("{} of {sent} bundles received, seq {first} to {last}", seqs.len());

    ensure!(sent > 250, "only {sent} bundles were sent in 10 s");
    ensure!(seqs.array_windows().all(|[a, b]| a < b), "seq does not rise: {seqs:?}");
    // One in a hundred is the room for a machine that does other things, too.
    ensure!(seqs.len() * 100 >= sent * 99, "only {} of {sent} bundles were received", seqs.len());
    ensure!(received.iter().all(|(_, bundle)| !cameras_of(bundle).is_empty()));
    Ok(())
}
