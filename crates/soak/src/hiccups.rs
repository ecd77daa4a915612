//! The machine's own pauses: who only sleeps for a moment, and wakes too late, was kept from running by nobody's fault.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::board::Board;

const NAP: Duration = Duration::from_millis(5);
/// What is late by less is no pause.
const LATE: Duration = Duration::from_millis(20);

/// Tells the board of every pause, as it is felt in the tasks in which viewers watch.
pub(crate) async fn watch(board: Arc<Board>) {
    loop {
        let begin = Instant::now();
        tokio::time::sleep(NAP).await;
        let end = Instant::now();
        if end - begin > NAP + LATE {
            board.hiccup(begin + NAP, end);
        }
    }
}
