//! What can be measured, a file each.

pub(crate) mod capacity;
pub(crate) mod churn;
pub(crate) mod cost;
pub(crate) mod deflate;
pub(crate) mod idle;
pub(crate) mod mjpeg;
pub(crate) mod slow;
pub(crate) mod tls;
pub(crate) mod two_cores;
