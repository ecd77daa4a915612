use super::*;

const MS: Duration = Duration::from_millis(1);

fn camera_at(fps: f64) -> Actual {
    Actual { fps: Some(fps), ..Actual::default() }
}

fn streaming(start: Instant, actual: &Actual) -> Supervisor {
    let mut supervisor = Supervisor::new(start, 1);
    assert_eq!(supervisor.step(start), Step::Open);
    supervisor.opened(start, actual);
    supervisor.frame(start);
    assert_eq!(supervisor.state(), State::Streaming);
    supervisor
}

/// Steps on until something other than grabbing is asked; gives the time until then and the step.
fn silence_until_something_happens(supervisor: &mut Supervisor, start: Instant, at_most: Duration) -> (Duration, Step) {
    let mut now = start;
    loop {
        match supervisor.step(now) {
            Step::Grab(_) if now - start < at_most => now += 10 * MS,
            step => return (now - start, step),
        }
    }
}

#[test]
fn a_camera_that_goes_silent_is_stalled_after_a_second_and_opened_anew() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(100.0));
    let (silence, step) = silence_until_something_happens(&mut supervisor, start, 10_000 * MS);
    assert_eq!(step, Step::Close);
    assert!((1000 * MS..1100 * MS).contains(&silence), "{silence:?}");
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Stalled, Some(Cause::Stalled)));
    let Step::Rest(Some(until)) = supervisor.step(start + silence) else { panic!("it rests before the next try") };
    assert!(until - (start + silence) <= FIRST_PAUSE);
    assert_eq!(supervisor.step(until), Step::Open);
    supervisor.opened(until, &camera_at(100.0));
    supervisor.frame(until + MS);
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
}

#[test]
fn a_camera_at_one_frame_in_two_seconds_is_not_stalled_between_its_frames() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(0.5));
    let (silence, _) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
    assert!((8000 * MS..8100 * MS).contains(&silence), "{silence:?}");
}

#[test]
fn a_camera_that_becomes_slower_while_it_streams_is_given_time_for_its_next_frame() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(30.0));
    supervisor.declared(Some(0.25));
    let (silence, _) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
    assert!((16_000 * MS..16_100 * MS).contains(&silence), "{silence:?}");
}

#[test]
fn the_measured_rate_counts_where_the_camera_names_none_or_a_wrong_one() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(1000.0));
    let mut now = start;
    for _ in 0..100 {
        now += 500 * MS;
        assert_eq!(supervisor.step(now), Step::Grab(GRAB));
        supervisor.frame(now);
    }
    let (silence, _) = silence_until_something_happens(&mut supervisor, now, 60_000 * MS);
    assert!(silence > 1900 * MS, "{silence:?}");
}

#[test]
fn a_camera_that_waits_for_its_trigger_is_never_stalled() {
    let start = Instant::now();
    let mut supervisor = Supervisor::new(start, 1);
    let triggered = Actual { triggered: true, ..camera_at(100.0) };
    supervisor.opened(start, &triggered);
    assert_eq!(supervisor.state(), State::Waiting);
    assert_eq!(supervisor.step(start + 3600 * 1000 * MS), Step::Grab(GRAB_ARMED));
    supervisor.frame(start + 3600 * 1000 * MS);
    assert_eq!(supervisor.state(), State::Streaming);
    assert_eq!(supervisor.step(start + 7200 * 1000 * MS), Step::Grab(GRAB_ARMED));
    assert_eq!(supervisor.state(), State::Waiting, "a bundle would wait for a camera that is said to stream");
}

#[test]
fn a_camera_that_opens_and_never_sends_is_named_so() {
    let start = Instant::now();
    let mut supervisor = Supervisor::new(start, 1);
    supervisor.opened(start, &camera_at(30.0));
    let (silence, step) = silence_until_something_happens(&mut supervisor, start, 60_000 * MS);
    assert_eq!(step, Step::Close);
    assert!((3000 * MS..3100 * MS).contains(&silence), "{silence:?}");
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Stalled, Some(Cause::NoFrames)));
    supervisor.opened(start + silence, &camera_at(30.0));
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Opening, Some(Cause::NoFrames)));
    supervisor.frame(start + silence);
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
}

/// Incomplete frames every 10 ms for `span`, with a step after each.
fn incomplete_for(supervisor: &mut Supervisor, start: Instant, span: Duration) -> Instant {
    let mut now = start;
    while now < start + span {
        now += 10 * MS;
        supervisor.incomplete_frame(now);
        assert_eq!(supervisor.step(now), Step::Grab(GRAB), "nothing is gained by opening it anew");
    }
    now
}

#[test]
fn a_camera_whose_frames_all_come_incomplete_never_streams_is_named_so_and_stays_open() {
    let start = Instant::now();
    let mut supervisor = Supervisor::new(start, 1);
    supervisor.opened(start, &camera_at(100.0));
    let now = incomplete_for(&mut supervisor, start, 2900 * MS);
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Opening, None), "the first may yet come");
    let now = incomplete_for(&mut supervisor, now, 60_000 * MS);
    let incomplete = (State::Stalled, Some(Cause::IncompleteFrames));
    assert_eq!((supervisor.state(), supervisor.cause()), incomplete);
    assert_eq!(supervisor.faults(), Faults { stalls: 1, reopened: 0 });
    supervisor.frame(now);
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
}

#[test]
fn a_camera_that_streamed_and_sends_nothing_whole_any_more_is_not_waited_for_after_a_second() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(100.0));
    let now = incomplete_for(&mut supervisor, start, 990 * MS);
    assert_eq!(supervisor.state(), State::Streaming);
    let now = incomplete_for(&mut supervisor, now, 100 * MS);
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Stalled, Some(Cause::IncompleteFrames)));

    // And when it then goes silent, it is opened anew like any other.
    let (silence, step) = silence_until_something_happens(&mut supervisor, now, 10_000 * MS);
    assert_eq!(step, Step::Close);
    assert!((1000 * MS..1100 * MS).contains(&silence), "{silence:?}");
    assert_eq!(supervisor.cause(), Some(Cause::Stalled));
    supervisor.opened(now + silence, &camera_at(100.0));
    assert_eq!(supervisor.faults(), Faults { stalls: 1, reopened: 1 });
}

#[test]
fn a_camera_of_which_some_frames_come_whole_streams() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(100.0));
    let mut now = start;
    for _ in 0..20 {
        now = incomplete_for(&mut supervisor, now, 900 * MS);
        supervisor.frame(now);
        assert_eq!(supervisor.state(), State::Streaming);
    }
    assert_eq!(supervisor.faults(), Faults::default());
}

#[test]
fn a_triggered_camera_is_named_after_four_incomplete_frames_in_a_row_and_not_after_one() {
    let start = Instant::now();
    let mut supervisor = Supervisor::new(start, 1);
    supervisor.opened(start, &Actual { triggered: true, ..camera_at(100.0) });
    let minute = |n: u32| start + n * 60_000 * MS;
    for trigger in 1..=4 {
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Waiting, None), "before trigger {trigger}");
        supervisor.incomplete_frame(minute(trigger));
        assert_eq!(supervisor.step(minute(trigger)), Step::Grab(GRAB_ARMED));
    }
    let incomplete = (State::Stalled, Some(Cause::IncompleteFrames));
    assert_eq!((supervisor.state(), supervisor.cause()), incomplete);
    assert_eq!(supervisor.step(minute(60)), Step::Grab(GRAB_ARMED));
    assert_eq!((supervisor.state(), supervisor.cause()), incomplete, "until one comes whole");
    supervisor.frame(minute(61));
    assert_eq!((supervisor.state(), supervisor.cause()), (State::Streaming, None));
}

#[test]
fn stalls_and_openings_after_a_fault_are_counted_and_what_somebody_asked_for_is_not() {
    let start = Instant::now();
    let mut supervisor = Supervisor::new(start, 1);
    supervisor.failed(start, Cause::NoDevice);
    supervisor.opened(start, &camera_at(100.0));
    supervisor.frame(start);
    supervisor.stop();
    assert_eq!(supervisor.step(start), Step::Close);
    supervisor.start(start);
    supervisor.opened(start, &camera_at(100.0));
    supervisor.reopen(start);
    supervisor.opened(start, &camera_at(100.0));
    assert_eq!(supervisor.faults(), Faults::default());
    supervisor.failed(start, Cause::ControlLost);
    assert_eq!(supervisor.step(start), Step::Close);
    supervisor.failed(start, Cause::NoDevice);
    supervisor.opened(start, &camera_at(100.0));
    assert_eq!(supervisor.faults(), Faults { stalls: 0, reopened: 1 });
}

#[test]
fn failures_back_off_to_two_seconds_and_keep_their_cause_while_it_is_tried_again() {
    let mut now = Instant::now();
    let mut supervisor = Supervisor::new(now, 1);
    let mut pauses = Vec::new();
    for _ in 0..6 {
        assert_eq!(supervisor.step(now), Step::Open);
        supervisor.failed(now, Cause::NoDevice);
        let Step::Rest(Some(until)) = supervisor.step(now) else { panic!("it rests") };
        assert_eq!((supervisor.state(), supervisor.cause()), (State::Lost, Some(Cause::NoDevice)));
        pauses.push(until - now);
        now = until;
    }
    assert!(pauses[0] <= FIRST_PAUSE && pauses[0] >= FIRST_PAUSE.mul_f64(0.8), "{pauses:?}");
    assert!(pauses[5] <= LONGEST_PAUSE && pauses[5] >= LONGEST_PAUSE.mul_f64(0.8), "{pauses:?}");
}

#[test]
fn a_good_minute_resets_the_back_off_and_a_shorter_while_does_not() {
    for (good, reset) in [(59, false), (61, true)] {
        let mut now = Instant::now();
        let mut supervisor = Supervisor::new(now, 1);
        for _ in 0..6 {
            supervisor.failed(now, Cause::NoDevice);
            now += LONGEST_PAUSE;
        }
        supervisor.opened(now, &camera_at(1.0));
        for _ in 0..=good {
            supervisor.frame(now);
            now += 1000 * MS;
        }
        supervisor.failed(now, Cause::Lost);
        assert_eq!(supervisor.step(now), Step::Close);
        let Step::Rest(Some(until)) = supervisor.step(now) else { panic!("it rests") };
        assert_eq!(until - now <= FIRST_PAUSE, reset, "after {good} good seconds");
    }
}

#[test]
fn a_stopped_camera_is_closed_rests_and_opens_at_once_when_started() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(30.0));
    supervisor.stop();
    assert_eq!(supervisor.step(start), Step::Close);
    assert_eq!(supervisor.step(start + 3600 * 1000 * MS), Step::Rest(None));
    assert_eq!(supervisor.state(), State::Stopped);
    let later = start + 7200 * 1000 * MS;
    supervisor.start(later);
    assert_eq!(supervisor.step(later), Step::Open);
    assert_eq!(supervisor.state(), State::Opening);
}

#[test]
fn a_failure_after_stop_does_not_start_it_again() {
    let start = Instant::now();
    let mut supervisor = streaming(start, &camera_at(30.0));
    supervisor.stop();
    supervisor.failed(start, Cause::Lost);
    assert_eq!(supervisor.state(), State::Stopped);
}
