//! examples/qt-viewer, built as its README says, under Xvfb.

mod bars;
mod colours;
mod damage;
mod liveness;
mod pictures;
mod played_bridge;
mod reader;
mod refusals;
#[path = "../../../frame-bundle/tests/common/vectors.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod vectors;
mod viewer;
