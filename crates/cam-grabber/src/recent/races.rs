//! The slot, in every order in which a camera's thread and the pipeline can come to it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cameracast_service::sync::every_order::{in_every_order, join, spawn};

use super::{Depth, Recent};
use crate::capture::{CaptureTime, Clock, Frame, Layout, PixelFormat};

pub(crate) fn frame(number: u64) -> Frame {
    Frame {
        data: Bytes::new(),
        layout: Layout::packed(PixelFormat::Mono8, 0, 0),
        time: CaptureTime { arrived: Instant::now(), unix_us: number, clock: Clock::ARRIVAL },
        number,
    }
}

/// Puts frames 1 to `frames` and gives the numbers of those that had to make room.
fn put(recent: &Recent, frames: u64) -> Vec<u64> {
    (1..=frames).filter_map(|number| recent.put(frame(number))).map(|pushed_out| pushed_out.number).collect()
}

/// Takes the newest that is offered, as the pipeline does.
fn take(recent: &Recent) -> Option<u64> {
    let newest = *recent.offer().fresh.last()?;
    recent.take(newest).map(|frame| frame.number)
}

#[test]
fn the_newest_wins_and_each_frame_is_taken_once_or_given_back() {
    in_every_order(|| {
        let recent = Arc::new(Recent::new(Depth::Newest));
        let camera = spawn({
            let recent = recent.clone();
            move || put(&recent, 3)
        });
        let taken: Vec<u64> = (0..2).filter_map(|_| take(&recent)).collect();
        let pushed_out = join(camera);
        let left = recent.offer().fresh;

        assert!(taken.is_sorted(), "older than one before: {taken:?}");
        assert!(!pushed_out.contains(&3), "the newest of all never has to go");
        let mut all = [&taken[..], &pushed_out, &left].concat();
        all.sort_unstable();
        assert_eq!((all, recent.grabbed()), (vec![1, 2, 3], 3));
    });
}

#[test]
fn when_how_many_are_kept_changes_while_frames_come_the_newest_of_them_stay() {
    in_every_order(|| {
        let recent = Arc::new(Recent::new(Depth::ToPair));
        let camera = spawn({
            let recent = recent.clone();
            move || put(&recent, 3)
        });
        recent.set_depth(Depth::Newest);
        join(camera);
        assert_eq!((recent.offer().fresh, recent.grabbed()), (vec![3], 3));
    });
}

#[test]
fn a_camera_that_is_closed_while_its_frame_is_taken_leaves_none_behind() {
    in_every_order(|| {
        let recent = Arc::new(Recent::new(Depth::Newest));
        let camera = spawn({
            let recent = recent.clone();
            move || {
                let pushed_out = put(&recent, 2);
                recent.clear();
                pushed_out
            }
        });
        let taken = take(&recent);
        let pushed_out = join(camera);
        assert!(taken.is_none_or(|number| !pushed_out.contains(&number)), "{taken:?} was given back as well");
        assert!(recent.offer().fresh.is_empty());
    });
}
