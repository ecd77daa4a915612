//! The inbox, in every order in which GStreamer's threads and the camera's can come to it.

use std::sync::Arc;
use std::time::Duration;

use cameracast_service::sync::every_order::{in_every_order, join, spawn};

use super::super::numbers::Numbers;
use super::*;
use crate::capture::Cause;

/// Nobody looks at it: what waits here waits until it is woken.
const TIMEOUT: Duration = Duration::from_secs(1);

fn over() -> CameraError {
    CameraError::new(Cause::Lost, "over".to_owned())
}

fn push(inbox: &Inbox, frames: usize) {
    (0..frames).for_each(|_| inbox.push(gst::Sample::builder().build(), None));
}

#[test]
fn each_frame_is_taken_in_turn_or_counted_and_the_end_comes_last() {
    gst::init().unwrap();
    in_every_order(|| {
        let inbox = Arc::new(Inbox::new(Numbers::own()));
        let pipeline = spawn({
            let inbox = inbox.clone();
            move || {
                push(&inbox, FRAMES + 1);
                inbox.end(over());
            }
        });
        let mut taken = Vec::new();
        loop {
            match inbox.next(TIMEOUT) {
                Next::Frame(frame) => taken.push(frame.number),
                Next::Ended(_) => break,
                Next::Nothing => panic!("woken for nothing"),
            }
        }
        join(pipeline);
        assert!(taken.is_sorted(), "{taken:?}");
        assert_eq!(taken.last(), Some(&(FRAMES as u64)), "the newest is not the one that goes");
        assert_eq!(taken.len() as u64 + inbox.lost().0, FRAMES as u64 + 1, "{taken:?}");
    });
}

#[test]
fn who_waits_for_the_first_frame_and_for_the_caps_is_woken_by_them() {
    gst::init().unwrap();
    in_every_order(|| {
        let inbox = Arc::new(Inbox::new(Numbers::own()));
        let pipeline = spawn({
            let inbox = inbox.clone();
            move || {
                inbox.set_caps(gst::Caps::new_empty());
                push(&inbox, 1);
            }
        });
        assert!(inbox.wait_for_caps(TIMEOUT).unwrap().is_some());
        inbox.wait_for_frame(TIMEOUT).unwrap();
        assert!(matches!(inbox.next(TIMEOUT), Next::Frame(Arrived { number: 0, .. })), "it stays there");
        join(pipeline);
    });
}

#[test]
fn an_end_wakes_who_waits_for_what_will_not_come() {
    gst::init().unwrap();
    in_every_order(|| {
        let inbox = Arc::new(Inbox::new(Numbers::own()));
        let pipeline = spawn({
            let inbox = inbox.clone();
            move || inbox.end(over())
        });
        assert!(inbox.wait_for_caps(TIMEOUT).is_err());
        assert!(inbox.wait_for_frame(TIMEOUT).is_err());
        join(pipeline);
    });
}
