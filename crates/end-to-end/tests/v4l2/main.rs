//! The real programs on real V4L2 devices, `vivid`'s and USB webcams, unplugged, broken and taken away.
//!
//! They run one after the other in the machine that `scripts/v4l2-machine` boots; `scripts/test --full` does that, with
//!
//! ```sh
//! cargo --config "target.'cfg(unix)'.runner = ['$PWD/scripts/v4l2-machine', '--devices', '3']" \
//!   test -p end-to-end --test v4l2 -- --test-threads 1
//! ```
//!
//! Anywhere else they fail: they would pull the cameras of whoever works there.

mod faults;
mod plugging;
mod setting;
mod stage;
mod streaming;
mod vivid;
mod webcam;
mod webcams;
