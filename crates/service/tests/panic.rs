//! A panic is told in the log.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use cameracast_service::log::{Filter, Format, Log, Out, Queue};

struct Said(Sender<String>);

impl Out for Said {
    type Shown = ();

    fn line(&mut self, line: &[u8]) {
        let _ = self.0.send(String::from_utf8_lossy(line).into_owned()); // the test may be over
    }

    fn show(&mut self, (): ()) {}

    fn left_out(&mut self, _: u64) {}
}

#[test]
fn a_panic_is_logged_whatever_the_filter_says() {
    let (say, said) = channel();
    let log = Log::start_on(Queue::to(Said(say)).unwrap(), Filter::new("off"), Format::Json, false).unwrap();
    thread::Builder::new().name("worker".into()).spawn(|| panic!("on purpose")).unwrap().join().unwrap_err();
    drop(log);
    drop(std::panic::take_hook()); // the rest may fail as tests do
    let event: serde_json::Value = serde_json::from_str(&said.recv_timeout(Duration::from_secs(20)).unwrap()).unwrap();
    assert_eq!((&event["level"], &event["thread"]), (&"ERROR".into(), &"worker".into()));
    let message = event["message"].as_str().unwrap().lines().next().unwrap(); // a backtrace may follow
    let found = format!("panicked at {}:", file!());
    assert!(message.starts_with(&found) && message.ends_with(": on purpose"), "{message}");
}
