//! examples/qt-viewer, built as its README says, under Xvfb.

mod bars;
mod damage;
mod pictures;
mod played_bridge;
mod reader;
mod viewer;
