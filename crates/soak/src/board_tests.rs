//! What a violation is, and what is none.

use super::*;

const CAMERA: Camera = Camera { site: Site::Steady, id: 0 };
const OTHER: Camera = Camera { site: Site::Steady, id: 1 };
const PATIENCE: Patience = Patience { pause: Duration::from_millis(500), age: Duration::from_millis(300) };

/// A viewer of two cameras, and a moment so many ms after the first.
fn watched() -> (Board, ViewerId, impl Fn(u64) -> Moment) {
    watched_with(PATIENCE)
}

fn watched_with(patience: Patience) -> (Board, ViewerId, impl Fn(u64) -> Moment) {
    let board = Board::default();
    let viewer = board.viewer("a viewer", Site::Steady, &[0, 1], patience);
    board.connected(viewer);
    let begin = Moment::now();
    let after = move |ms| Moment { at: begin.at + Duration::from_millis(ms), unix_us: begin.unix_us + 1000 * ms };
    (board, viewer, after)
}

fn violated(board: &Board) -> String {
    board.violations().1.join("; ")
}

#[test]
fn a_camera_that_pauses_is_a_violation_and_one_that_does_not_is_none() {
    let (board, viewer, after) = watched();
    for ms in [0, 400, 800, 1300] {
        board.saw(viewer, CAMERA, after(ms).unix_us, after(ms));
    }
    assert_eq!(violated(&board), "");
    board.saw(viewer, CAMERA, after(1900).unix_us, after(1900));
    assert!(violated(&board).contains("camera 0 paused for 600ms"), "{}", violated(&board));
}

#[test]
fn a_picture_is_not_of_the_future() {
    let (board, viewer, after) = watched();
    board.saw(viewer, CAMERA, after(50).unix_us, after(0));
    assert_eq!(violated(&board), "");
    board.saw(viewer, CAMERA, after(500).unix_us, after(100));
    assert!(violated(&board).contains("camera 0 is to be taken in 400ms only"), "{}", violated(&board));
}

#[test]
fn only_the_camera_that_is_hurt_is_excused() {
    let (board, viewer, after) = watched();
    let excused = board.excuse(vec![CAMERA], Hurt::Pauses);
    // The excuse begins a while after the first moment.
    for ms in [1000, 6000] {
        board.saw(viewer, CAMERA, after(ms).unix_us, after(ms));
    }
    assert_eq!(violated(&board), "");
    for ms in [1000, 6000] {
        board.saw(viewer, OTHER, after(ms).unix_us, after(ms));
    }
    assert!(violated(&board).contains("camera 1 paused"), "{}", violated(&board));
    board.disconnected(viewer, "reset");
    assert!(violated(&board).contains("the connection ended: reset"), "{}", violated(&board));
    drop(excused);
}

#[test]
fn only_what_is_excused_of_a_pause_is() {
    let (board, viewer, after) = watched();
    drop(board.excuse(vec![CAMERA], Hurt::Pauses));
    // Within the grace, and 650 ms beyond it; where this thread was held up, both may be beyond it.
    let until = (Instant::now() - after(0).at + GRACE).as_millis() as u64;
    for ms in [until - 100, until + 650] {
        board.saw(viewer, CAMERA, after(ms).unix_us, after(ms));
    }
    assert!(violated(&board).contains("paused for 750ms"), "{}", violated(&board));
}

#[test]
fn an_old_picture_is_not_excused_by_a_fault_that_is_over() {
    let (board, viewer, after) = watched();
    drop(board.excuse(vec![CAMERA], Hurt::Pauses));
    board.saw(viewer, CAMERA, after(0).unix_us, after(3000));
    assert!(violated(&board).contains("3s old"), "{}", violated(&board));
}

#[test]
fn an_excuse_ends_when_all_is_seen_again() {
    let (board, viewer, after) = watched();
    drop(board.excuse(vec![CAMERA], Hurt::Pauses));
    for ms in [2000, 2600] {
        board.saw(viewer, CAMERA, after(ms).unix_us, after(ms));
    }
    assert!(violated(&board).contains("paused for 600ms"), "{}", violated(&board));
}

#[test]
fn what_the_machine_itself_paused_is_held_against_nobody() {
    let (board, viewer, after) = watched();
    board.saw(viewer, CAMERA, after(0).unix_us, after(0));
    board.hiccup(after(100).at, after(450).at);
    board.saw(viewer, CAMERA, after(150).unix_us, after(700));
    assert_eq!(violated(&board), "");
    board.saw(viewer, CAMERA, after(700).unix_us, after(1050));
    assert!(violated(&board).contains("350ms old"), "{}", violated(&board));
}

#[test]
fn an_old_picture_and_one_from_before_are_violations() {
    let (board, viewer, after) = watched();
    board.saw(viewer, CAMERA, after(0).unix_us, after(400));
    assert!(violated(&board).contains("400ms old"), "{}", violated(&board));
    let (board, viewer, after) = watched();
    board.saw(viewer, CAMERA, after(10).unix_us, after(20));
    board.saw(viewer, CAMERA, after(9).unix_us, after(30));
    assert!(violated(&board).contains("went back in time"), "{}", violated(&board));
}

#[tokio::test]
async fn a_camera_is_seen_again_when_every_viewer_has_a_picture_from_after_that() {
    // The wait looks at the real time: far more of it may pass.
    let patience = Patience { pause: Duration::from_secs(50), ..PATIENCE };
    let (board, viewer, after) = watched_with(patience);
    let second = board.viewer("another viewer", Site::Steady, &[0], patience);
    for viewer in [viewer, second] {
        board.saw(viewer, CAMERA, after(0).unix_us, after(0));
    }
    let missing = |since| board.state().missing(&[CAMERA], since, after(22).at);
    board.saw(viewer, CAMERA, after(20).unix_us, after(20));
    assert_eq!(missing(after(10)).unwrap(), "camera 0 by another viewer of the Steady bridge");
    board.saw(second, CAMERA, after(21).unix_us, after(21));
    assert_eq!(missing(after(10)), None);
    board.until_seen(&[vec![CAMERA]], after(10), Duration::ZERO).await.unwrap();
    // Nobody has seen anything since.
    assert!(board.state().missing(&[CAMERA], after(10), after(60_000).at).is_some());
}
