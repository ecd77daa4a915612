//! Grabbers that do wrong end their own connection; everybody else goes on.

use serde_json::json;

use crate::feeder::{bundle, packet};
use crate::support::Bridge;

#[tokio::test]
async fn what_is_malformed_closes_only_its_own_connection_and_is_named_in_the_log() {
    let bridge = Bridge::start().await;
    let mut good = bridge.feeder().await;
    let mut viewer = bridge.viewer("").await;
    let pid = format!("pid={}", std::process::id());

    let mut of_version_2 = bundle(0, &[(9, b"x")]);
    of_version_2[4] = 2;
    let mut past_the_end = bundle(0, &[(9, b"x")]);
    past_the_end.pop();
    let wrong = [
        (packet(0xDEAD_BEE0, b""), "packet magic 0xdeadbee0"),
        (packet(0xDEAD_BEEF, b"short"), "too few for a bundle header"),
        (packet(0xDEAD_BEEF, &of_version_2), "bundle version 2"),
        (packet(0xDEAD_BEEF, &past_the_end), "frame 0 needs 17 bytes, 16 are left"),
        (packet(0xDEAD_BEEF, &bundle(0, &[(9, b"x"), (9, b"y")])), "camera id 9 stands twice"),
        (packet(0xDEAD_BEEF, &bundle(0, &[])), "camera_count is 0"),
        ([0xDEAD_BEEF_u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat(), "4294967295 bytes"),
        ([0xDEAD_C0DE_u32.to_le_bytes(), 65_537_u32.to_le_bytes()].concat(), "65537 bytes"),
        (packet(0xDEAD_C0DE, b"{\"type\":\"state\"}"), "control message"),
    ];
    for (seq, (bytes, check)) in wrong.iter().enumerate() {
        let mut bad = bridge.feeder().await;
        bad.send_raw(bytes).await;
        bad.closed().await;
        bridge.logs(&[check, &pid, "uid=", &format!("connection={}", seq + 2)]).await;

        let sent = bundle(seq as u64, &[(0, b"still here")]);
        good.send(&sent).await;
        assert_eq!(viewer.bundle().await, sent);
    }
}

#[tokio::test]
async fn of_two_grabbers_with_the_same_camera_the_older_keeps_it() {
    let bridge = Bridge::start().await;
    let (mut older, mut newer) = (bridge.feeder().await, bridge.feeder().await);
    let mut viewer = bridge.viewer("").await;
    let first = bundle(0, &[(0, b"older")]);
    older.send(&first).await;
    assert_eq!(viewer.bundle().await, first);

    newer.send(&bundle(0, &[(5, b"newer"), (0, b"newer")])).await;
    newer.closed().await;
    bridge.logs(&["camera 0", "connection 1", "connection 2"]).await;

    let second = bundle(1, &[(0, b"older")]);
    older.send(&second).await;
    assert_eq!(viewer.bundle().await, second);
    let again = bundle(0, &[(5, b"newer")]);
    bridge.feeder().await.send(&again).await;
    assert_eq!(viewer.bundle().await, again);
}

#[tokio::test]
async fn a_newer_grabber_that_was_faster_has_to_give_the_camera_back() {
    let bridge = Bridge::start().await;
    let (mut older, mut newer) = (bridge.feeder().await, bridge.feeder().await);
    let mut viewer = bridge.viewer("").await;
    newer.send(&bundle(0, &[(0, b"newer")])).await;
    viewer.bundle().await;
    let state =
        json!({"type": "state", "session": "1", "demo": false, "cameras": [{"camera": 0, "state": "streaming"}]});
    older.say(&state).await;
    newer.closed().await;
    bridge.logs(&["camera 0", "connection 1", "connection 2"]).await;
}

#[tokio::test]
async fn a_grabber_that_comes_back_at_once_gets_its_camera_again() {
    let bridge = Bridge::start().await;
    let mut viewer = bridge.viewer("").await;
    for life in 0..20 {
        let sent = bundle(life, &[(0, b"again")]);
        let mut feeder = bridge.feeder().await;
        feeder.send(&sent).await;
        assert_eq!(viewer.bundle().await, sent);
    }
}

#[tokio::test]
async fn a_grabber_that_never_reads_and_goes_is_an_ordinary_end() {
    let bridge = Bridge::start().await;
    let mut viewer = bridge.viewer("").await;
    let sent = bundle(0, &[(0, b"x")]);
    let mut feeder = bridge.feeder().await;
    feeder.send(&sent).await;
    drop(feeder); // with our hello unread: the bridge sees a reset
    assert_eq!(viewer.bundle().await, sent);
    bridge.logs(&["INFO", "grabber gone", "connection=1"]).await;
}

#[tokio::test]
async fn a_bundle_larger_than_configured_is_refused() {
    let bridge = Bridge::start_with("[bridge]\nmax_bundle_mib = 1\n").await;
    let mut viewer = bridge.viewer("").await;
    let mut feeder = bridge.feeder().await;
    let fits = bundle(0, &[(0, &vec![0; (1 << 20) - 40])]);
    assert_eq!(fits.len(), 1 << 20);
    feeder.send(&fits).await;
    assert!(viewer.bundle().await == fits);
    feeder.send_raw(&[0xDEAD_BEEF_u32.to_le_bytes(), (1_u32 + (1 << 20)).to_le_bytes()].concat()).await;
    feeder.closed().await;
    bridge.logs(&["packet of 1048577 bytes, at most 1048576"]).await;
}
