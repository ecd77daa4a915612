//! Who may meet on the Unix socket: the same user, root, and who is listed in `allowed_uids`. Real processes of different
//! users, which only root can start.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use anyhow::{Result, ensure};
use end_to_end::{
    PATIENCE, Place, Process, User, WsClient, http_get, names, pattern_camera, skipped, status_of_cameras,
};

const NOBODY: User = User::NOBODY;
/// In the group of root's sockets, but not root.
const NOBODY_OF_ROOTS_GROUP: User = User { gid: User::ROOT.gid, ..NOBODY };

fn allowing(uids: &[u32]) -> Result<Place> {
    let place = Place::new(&format!("allowed_uids = {uids:?}\n{}", pattern_camera(0)))?;
    place.open_to_everyone()?;
    Ok(place)
}

fn cannot_run(test: &str) -> Result<bool> {
    if !User::is_root() {
        skipped(test, "it starts processes of other users, which needs root")?;
    }
    Ok(!User::is_root())
}

#[tokio::test]
async fn a_grabber_of_another_user_is_turned_away_with_a_line_that_names_it_unless_it_is_allowed() -> Result<()> {
    if cannot_run("credentials: a grabber of another user")? {
        return Ok(());
    }
    let place = allowing(&[])?;
    let bridge = place.bridge().await?;
    let grabber = place.start_as(NOBODY_OF_ROOTS_GROUP, "cam-grabber", &[])?;
    let line = bridge.process.wait_for_line("grabber turned away", PATIENCE).await?;
    ensure!(line.contains("allowed_uids") && names(&line, NOBODY.uid) && names(&line, grabber.pid()), "{line}");
    grabber.wait_for_line("its log says why", PATIENCE).await?;
    assert_eq!(status_of_cameras(bridge.address).await?, [] as [serde_json::Value; 0]);
    let (_, metrics) = http_get(bridge.address, "/metrics").await?;
    let counted = metrics.lines().find(|line| line.contains(r#"who="grabber",reason="user""#));
    ensure!(counted.is_some_and(|line| !line.ends_with(" 0")), "{counted:?}");

    let place = allowing(&[33, NOBODY.uid])?;
    let bridge = place.bridge().await?;
    let _grabber = place.start_as(NOBODY_OF_ROOTS_GROUP, "cam-grabber", &[])?;
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_grabber_that_may_not_open_the_socket_says_what_to_do() -> Result<()> {
    if cannot_run("credentials: a socket that may not be opened")? {
        return Ok(());
    }
    let place = allowing(&[NOBODY.uid])?;
    let _bridge = place.bridge().await?;
    let grabber = place.start_as(NOBODY, "cam-grabber", &[])?;
    let line = grabber.wait_for_line("may not be opened", PATIENCE).await?;
    ensure!(line.contains(&place.socket().display().to_string()) && line.contains("allowed_uids"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_grabber_gives_nothing_to_a_bridge_of_another_user_unless_it_is_allowed() -> Result<()> {
    if cannot_run("credentials: a bridge of another user")? {
        return Ok(());
    }
    let place = allowing(&[])?;
    let bridge = place.bridge_of(NOBODY).await?;
    let grabber = place.grabber(&[])?;
    let line = grabber.wait_for_line("belongs to uid", PATIENCE).await?;
    ensure!(line.contains("allowed_uids") && names(&line, NOBODY.uid), "{line}");
    // Root may connect: it is the grabber that leaves.
    bridge.process.wait_for_line("grabber gone", PATIENCE).await?;
    assert_eq!(status_of_cameras(bridge.address).await?, [] as [serde_json::Value; 0]);

    let place = allowing(&[NOBODY.uid])?;
    let bridge = place.bridge_of(NOBODY).await?;
    let _grabber = place.grabber(&[])?;
    WsClient::connect(bridge.address).await?.next_bundle(PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_bridge_leaves_the_socket_of_another_user_alone_and_says_what_to_do() -> Result<()> {
    if cannot_run("credentials: a socket file of another user")? {
        return Ok(());
    }
    let refused = |place: &Place| place.start_as(NOBODY, "ws-bridge", &["--listen", "127.0.0.1:0"]);

    let place = allowing(&[])?;
    let live = place.bridge().await?;
    told_whose_it_is(&place, refused(&place)?).await?;
    assert_eq!(status_of_cameras(live.address).await?, [] as [serde_json::Value; 0]);

    // Left over; and once so that anybody could connect, and only the folder protects it.
    for mode in [0o755, 0o777] {
        let place = allowing(&[])?;
        drop(UnixListener::bind(place.socket())?);
        fs::set_permissions(place.socket(), fs::Permissions::from_mode(mode))?;
        told_whose_it_is(&place, refused(&place)?).await?;
        // Its own user's bridge replaces it.
        place.bridge().await?;
    }
    Ok(())
}

async fn told_whose_it_is(place: &Place, mut bridge: Process) -> Result<()> {
    let before = fs::symlink_metadata(place.socket())?.ino();
    let ended = bridge.ended(PATIENCE).await?;
    let told = ended.stdout + &ended.stderr;
    assert_eq!(ended.code, 1, "{told}");
    for part in [&*place.socket().display().to_string(), "user id 0", "user id 65534", "remove the file", "--socket"] {
        ensure!(told.contains(part), "no «{part}» in: {told}");
    }
    assert_eq!(fs::symlink_metadata(place.socket())?.ino(), before, "the file is another one");
    Ok(())
}
