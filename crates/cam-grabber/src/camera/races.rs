//! A camera's thread and the pipeline that waits for its frames, in every order.

use std::sync::Arc;

use cameracast_config::{Camera, Source, Stream};
use cameracast_service::sync::every_order::{block_on, in_every_order, join, spawn};
use tokio::sync::Notify;

use super::{Handle, Worker};
use crate::cameras::Cameras;
use crate::recent::Depth;
use crate::recent::races::frame;
use crate::select::Select;

#[test]
fn a_frame_wakes_the_pipeline_that_waits_for_it_or_is_about_to() {
    in_every_order(|| {
        let (stream, arrived) = (Stream::default(), Arc::new(Notify::new()));
        let camera = Camera::new(0, Source::Pattern);
        let (mut worker, commands) = Worker::new(&camera, stream.fps, Depth::Newest, arrived.clone());
        let shared = worker.shared.clone();
        let handle = Handle { shared: shared.clone(), commands, thread: std::thread::spawn(|| {}) };
        let cameras = Cameras::of(handle, stream.clone(), arrived);

        let camera = spawn(move || worker.frame(frame(1)));
        let selected = block_on(cameras.next_selection(&mut Select::new(&stream)));
        join(camera);
        let taken: Vec<u64> = selected.iter().map(|selected| selected.frame.number).collect();
        assert_eq!((taken, shared.recent.offer().fresh), (vec![1], vec![]));
    });
}
