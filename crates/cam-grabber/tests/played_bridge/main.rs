//! The real binary, connected to a bridge that this test plays.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bridge;
mod control;
mod refusals;

use std::io::Write;

use frame_bundle::control::Stages;

use crate::bridge::{Bridge, Heard, pattern, pipeline};

#[tokio::test]
async fn each_frame_in_the_socket_is_told_with_how_long_every_stage_took() {
    let mut bridge = Bridge::start(&pattern(0)).await;
    bridge
        .state_where(0, |camera| {
            let Some(Stages { select_us, wait_us, encode_us, write_us }) = &camera.stages else { return false };
            let counts = [select_us, wait_us, encode_us, write_us].map(|stage| stage.count);
            assert_eq!(counts, [encode_us.count; 4]);
            assert!(encode_us.count <= camera.encoded, "of {} encoded", camera.encoded);
            assert!(encode_us.sum > 0);
            encode_us.count > 10
        })
        .await;
}

#[tokio::test]
async fn a_log_that_nobody_takes_stops_no_picture() {
    let (_never_read, mut pipe) = std::io::pipe().unwrap();
    pipe.write_all(&[b'.'; 65_536]).unwrap(); // all that it holds
    let mut bridge = Bridge::start_with(&(pattern(0) + &pipeline(1, "nothing ! like this")), |command| {
        command.env("CAMERACAST_LOG", "trace").stderr(pipe)
    })
    .await;
    bridge.state_where(1, |camera| camera.state == "lost").await;
    bridge.frames(0, 90).await;
}

#[tokio::test]
async fn a_source_that_holds_its_frames_back_for_longer_than_a_stall_takes_is_not_stalled() {
    // Of 2 frames a second a stall takes 2 s: a busy machine may hold them up for one beside.
    let late = "[[camera]]\nid = 0\nsource = \"gstreamer\"\n\
                device = \"videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120,framerate=2/1 \
                ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 min-threshold-time=2500000000\"\n";
    let mut bridge = Bridge::start(late).await;
    let mut frames = 0;
    while frames < 8 {
        match bridge.hear().await {
            Heard::Bundle(_) => frames += 1,
            Heard::State(cameras) => {
                assert!(cameras.iter().all(|camera| camera.state == "opening" || camera.state == "streaming"));
            }
            Heard::Result { .. } => {}
        }
    }
}

#[tokio::test]
async fn a_picture_too_large_for_the_bridge_is_left_out_and_counted_and_the_other_cameras_go_on() {
    let snow = "[[camera]]\nid = 0\nsource = \"gstreamer\"\njpeg_quality = 100\n\
                device = \"videotestsrc is-live=true pattern=snow \
                ! video/x-raw,format=GRAY8,width=1920,height=1080,framerate=10/1\"\n";
    let mut bridge = Bridge::start(&format!("[bridge]\nmax_bundle_mib = 1\n{snow}{}", pattern(1))).await;
    bridge.state_where(0, |camera| camera.dropped.get("larger than max_bundle_mib").is_some_and(|n| *n > 3)).await;
    bridge.frame_where(1, |_| true).await;
}
