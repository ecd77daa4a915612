use std::sync::mpsc;

use cameracast_config::{Source, Stream};

use super::*;
use crate::capture::Cause;
use crate::supervisor::State;

fn pattern(id: u8, fps: f64) -> Camera {
    Camera { fps: Some(fps), ..Camera::new(id, Source::Pattern) }
}

#[test]
fn what_has_changed_is_changed_and_the_rest_is_left_alone() {
    let before = [pattern(0, 30.0), pattern(1, 30.0), pattern(2, 30.0)];
    let next = [pattern(3, 30.0), pattern(1, 15.0), pattern(0, 30.0)];
    let changes = Changes::between(&before, &next, &[0, 1, 2], false);
    let expected = Changes { removed: vec![2], changed: vec![pattern(1, 15.0)], added: vec![pattern(3, 30.0)] };
    assert_eq!(changes, expected);
    assert_eq!(changes.to_string(), "camera 1 changed, camera 3 added, camera 2 removed");
    assert_eq!(Changes::between(&next, &next, &[0, 1, 3], false).to_string(), "no camera has changed");
}

#[test]
fn cameras_that_were_found_stay_until_some_are_configured() {
    assert_eq!(Changes::between(&[], &[], &[0, 1], true), Changes::default());
    let named = Changes::between(&[], &[pattern(1, 30.0)], &[0, 1], false);
    assert_eq!(named, Changes { removed: vec![0], changed: vec![pattern(1, 30.0)], added: vec![] });
    let no_more = Changes::between(&[pattern(1, 30.0)], &[], &[1], false);
    assert_eq!(no_more, Changes { removed: vec![1], ..Changes::default() });
}

#[test]
fn a_camera_of_which_it_is_not_known_what_it_does_is_told_again_or_removed() {
    let section = [pattern(1, 30.0)];
    let again = Changes::between(&[], &section, &[1], false);
    assert_eq!(again, Changes { changed: section.to_vec(), ..Changes::default() });
    let no_more = Changes::between(&[], &[], &[1], false);
    assert_eq!(no_more, Changes { removed: vec![1], ..Changes::default() });
}

/// Reads what the test sends.
fn of_what_comes(cameras: &[Camera]) -> (Reload, mpsc::SyncSender<Vec<Camera>>) {
    let config = |cameras| Config { cameras, ..Config::default() };
    let (next, files) = mpsc::sync_channel(1);
    let files = std::sync::Mutex::new(files);
    let read = move || Ok(config(files.lock().unwrap().recv().unwrap()));
    let running = Cameras::start(cameras, &Stream::default());
    (Reload::new(running, config(cameras.to_vec()), read), next)
}

#[tokio::test]
async fn while_a_reload_is_under_way_who_can_come_again_is_sent_away_and_a_signal_waits() {
    let (reload, next) = of_what_comes(&[pattern(0, 30.0)]);
    let begin = |reload: Reload| tokio::spawn(async move { reload.now().await });
    let first = begin(reload.clone());
    while reload.in_force.try_lock().is_ok() {
        tokio::task::yield_now().await;
    }
    let second = begin(reload.clone());
    assert!(reload.now_or_never().await.unwrap_err().contains("a reload is under way"));
    next.send(vec![pattern(0, 15.0)]).unwrap();
    assert_eq!(first.await.unwrap(), Ok(None));
    next.send(vec![pattern(0, 10.0)]).unwrap();
    assert_eq!(second.await.unwrap(), Ok(None));
    assert_eq!(reload.cameras.all()[0].settings().fps, Some(10.0));
    next.send(vec![pattern(0, 5.0)]).unwrap();
    assert_eq!(reload.now_or_never().await, Ok(None));
}

#[tokio::test]
async fn a_source_that_cannot_be_is_refused_and_the_camera_goes_on_even_as_a_stopped_one() {
    let (reload, next) = of_what_comes(&[pattern(0, 30.0)]);
    let camera = reload.cameras.all().remove(0);
    let until = async |state: State| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while camera.health().state != state {
            assert!(Instant::now() < deadline, "{state:?} was awaited, {:?} is", camera.health());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until(State::Streaming).await;
    let odd = Camera { width: Some(9000), height: Some(9000), ..pattern(0, 30.0) };
    let gray = "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=160,height=120";
    let other = Camera { source: Source::Gstreamer { pipeline: gray.into() }, ..pattern(0, 30.0) };

    let (reply, done) = oneshot::channel();
    reload.cameras.with(0, |handle| handle.tell(Command::Stop(reply))).unwrap().unwrap();
    done.await.unwrap().unwrap();
    until(State::Stopped).await;
    next.send(vec![odd.clone()]).unwrap();
    assert!(reload.now().await.unwrap_err().contains("camera 0 goes on as it was"));
    assert_eq!(camera.health().state, State::Stopped);

    next.send(vec![other.clone()]).unwrap();
    assert_eq!(reload.now().await, Ok(None));
    until(State::Streaming).await;
    next.send(vec![odd]).unwrap();
    assert!(reload.now().await.unwrap_err().contains("8192"));
    assert_eq!(camera.health().state, State::Streaming);
    assert_eq!(camera.settings(), other);

    // One that is not there may come.
    let absent = Camera { source: Source::V4l2 { device: "/dev/no-such-camera".into() }, ..pattern(0, 30.0) };
    next.send(vec![absent.clone()]).unwrap();
    assert_eq!(reload.now().await, Ok(None));
    until(State::Lost).await;
    assert_eq!((camera.settings(), camera.health().cause), (absent, Some(Cause::NoDevice)));
    next.send(vec![pattern(0, 30.0)]).unwrap();
    assert_eq!(reload.now().await, Ok(None));
    until(State::Streaming).await;
}

#[test]
fn what_needs_a_restart_is_named() {
    let before = Config::default();
    assert_eq!(needs_restart(&before, &before), None);
    let next = Config { socket: "/elsewhere".into(), allowed_uids: vec![7], ..Config::default() };
    let sentence = needs_restart(&before, &next).unwrap();
    assert_eq!(sentence, "socket and allowed_uids changed, which needs a restart of cam-grabber");
}
