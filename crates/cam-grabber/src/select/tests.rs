use super::*;
use crate::rate::Rate;

const MS: Duration = Duration::from_millis(1);

/// Cameras that deliver at fixed moments, watched over simulated time.
struct World {
    start: Instant,
    select: Select,
    cameras: Vec<Simulated>,
    bundles: Vec<(Duration, Group)>,
}

struct Simulated {
    id: u8,
    live: bool,
    stream_fps: Option<f64>,
    /// Capture times still to come, and when each arrives.
    coming: Vec<(Duration, u64)>,
    fresh: Vec<u64>,
    depth: usize,
    rate: Rate,
    /// How long a frame that has arrived is held back by its source.
    late_by: Duration,
}

fn camera(id: u8, fps: f64, phase: Duration) -> Simulated {
    let coming = (0..(fps * 20.0) as u32).map(|n| {
        let at = phase + Duration::from_secs_f64(f64::from(n) / fps);
        (at, at.as_micros() as u64 + 1_000_000)
    });
    Simulated {
        id,
        live: true,
        stream_fps: None,
        coming: coming.collect(),
        fresh: vec![],
        depth: 1,
        rate: Rate::default(),
        late_by: Duration::ZERO,
    }
}

fn stream(fps: f64, bundle: BundleMode) -> Stream {
    Stream { fps, bundle, ..Stream::default() }
}

impl World {
    fn new(stream: &Stream, mut cameras: Vec<Simulated>) -> Self {
        if stream.bundle == BundleMode::Synchronized {
            cameras.iter_mut().for_each(|camera| camera.depth = 6);
        }
        Self { start: Instant::now(), select: Select::new(stream), cameras, bundles: vec![] }
    }

    /// Runs for `span` in steps of a tenth of a millisecond, and wakes only when it was asked to.
    fn run(mut self, span: Duration) -> Self {
        let mut wake_at = Some(self.start);
        let mut on_arrival = true;
        let mut now = self.start;
        while now < self.start + span {
            let mut arrived = false;
            for camera in &mut self.cameras {
                while camera.coming.first().is_some_and(|(at, _)| self.start + *at + camera.late_by <= now) {
                    let (at, time) = camera.coming.remove(0);
                    camera.fresh.push(time);
                    camera.rate.frame(self.start + at);
                    let surplus = camera.fresh.len().saturating_sub(camera.depth);
                    camera.fresh.drain(..surplus);
                    arrived = true;
                }
            }
            while (arrived && on_arrival) || wake_at.is_some_and(|at| at <= now) {
                arrived = false;
                let views: Vec<View> = self.cameras.iter().map(Simulated::view).collect();
                (wake_at, on_arrival) = match self.select.decide(now, &views) {
                    Decision::Take(group) => {
                        for camera in &mut self.cameras {
                            let up_to = group.get(&camera.id).copied().unwrap_or(0);
                            camera.fresh.retain(|time| *time > up_to);
                        }
                        self.bundles.push((now - self.start, group));
                        (Some(now), false)
                    }
                    Decision::Sleep(until) => {
                        assert!(until > now, "it sleeps towards the future");
                        (Some(until), false)
                    }
                    Decision::Await(until) => {
                        assert!(until.is_none_or(|until| until > now), "it waits for the future");
                        (until, true)
                    }
                };
            }
            now += MS / 10;
        }
        self
    }

    /// Bundles a second after the first second.
    fn rate(&self) -> f64 {
        let counted: Vec<_> = self.bundles.iter().filter(|(at, _)| *at >= 1000 * MS).collect();
        let span = counted[counted.len() - 1].0 - counted[0].0;
        (counted.len() - 1) as f64 / span.as_secs_f64()
    }

    fn longest_gap(&self) -> Duration {
        self.bundles.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap()
    }

    /// How old the frames were when they were taken, over all bundles after the first second.
    fn ages(&self) -> Vec<Duration> {
        let old = |at: Duration, time: u64| at.saturating_sub(Duration::from_micros(time - 1_000_000));
        let settled = self.bundles.iter().filter(|(at, _)| *at >= 1000 * MS);
        settled.flat_map(|(at, group)| group.values().map(|time| old(*at, *time))).collect()
    }
}

impl Simulated {
    fn view(&self) -> View {
        let offer = Offer { fresh: self.fresh.clone(), rate: self.rate.clone() };
        View { camera: self.id, live: self.live, stream_fps: self.stream_fps, offer }
    }
}

#[test]
fn a_lone_fast_camera_is_streamed_evenly_and_every_frame_leaves_as_it_arrives() {
    for fps in [100.0, 400.0, 60.0, 31.0] {
        let world = World::new(&stream(30.0, BundleMode::Latest), vec![camera(0, fps, 3 * MS)]).run(5000 * MS);
        assert!((world.rate() - 30.0).abs() < 0.3, "{} bundles/s at {fps}", world.rate());
        assert!(world.ages().iter().all(|age| *age <= MS), "{:?} at {fps}", world.ages().iter().max());
    }
}

#[test]
fn a_lone_slow_camera_gives_all_of_its_frames_as_they_arrive() {
    for fps in [25.0, 30.0, 1.0] {
        let world = World::new(&stream(30.0, BundleMode::Latest), vec![camera(0, fps, 3 * MS)]).run(8000 * MS);
        assert!((world.rate() - fps).abs() < 0.01 * fps, "{} bundles/s at {fps}", world.rate());
        assert!(world.ages().iter().all(|age| *age <= MS));
    }
}

#[test]
fn three_cameras_at_the_streams_rate_go_together_whatever_their_phases() {
    let cameras = vec![camera(0, 30.0, MS), camera(1, 30.0, 9 * MS), camera(2, 30.0, 14 * MS)];
    let world = World::new(&stream(30.0, BundleMode::Latest), cameras).run(5000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.3);
    let whole = world.bundles.iter().filter(|(_, group)| group.len() == 3).count();
    assert!(whole + 2 >= world.bundles.len(), "{whole} of {} bundles hold all three", world.bundles.len());
}

#[test]
fn a_camera_slower_than_the_stream_delays_no_bundle() {
    let cameras = vec![camera(0, 300.0, MS), camera(1, 2.0, MS)];
    let world = World::new(&stream(30.0, BundleMode::Latest), cameras).run(5000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.3);
    assert!(world.longest_gap() <= 51 * MS, "{:?}", world.longest_gap());
    let slow: Vec<_> = world.bundles.iter().filter_map(|(_, group)| group.get(&1)).collect();
    assert!(slow.len() >= 9, "{} frames of the slow camera", slow.len());
    assert!(slow.windows(2).all(|pair| pair[0] < pair[1]), "no frame is streamed twice");
}

#[test]
fn complete_waits_for_every_live_camera_but_not_for_ever() {
    let complete = Stream { max_wait_ms: Some(15.0), ..stream(30.0, BundleMode::Complete) };
    let cameras = vec![camera(0, 100.0, MS), camera(1, 25.0, 7 * MS)];
    let world = World::new(&complete, cameras).run(4000 * MS);
    let waited: Vec<_> = world.bundles.iter().filter(|(_, group)| group.len() == 1).collect();
    assert!(!waited.is_empty(), "a camera at 25 FPS cannot be in every one of 30 bundles/s");
    assert!(world.longest_gap() <= 50 * MS, "{:?}", world.longest_gap());

    let patient = Stream { max_wait_ms: Some(100.0), ..complete };
    let cameras = vec![camera(0, 100.0, MS), camera(1, 25.0, 7 * MS)];
    let world = World::new(&patient, cameras).run(4000 * MS);
    assert!(world.bundles.iter().all(|(_, group)| group.len() == 2), "all cameras are in every bundle");
    assert!((world.rate() - 25.0).abs() < 0.3, "{}", world.rate());
}

#[test]
fn a_camera_that_is_gone_is_never_waited_for() {
    for mode in [BundleMode::Latest, BundleMode::Complete, BundleMode::Synchronized] {
        let mut gone = camera(1, 30.0, MS);
        (gone.live, gone.coming) = (false, vec![]);
        let patient = Stream { max_wait_ms: Some(1000.0), ..stream(30.0, mode) };
        let world = World::new(&patient, vec![camera(0, 120.0, MS), gone]).run(3000 * MS);
        assert!((world.rate() - 30.0).abs() < 0.3, "{} bundles/s in {mode:?}", world.rate());
    }
}

#[test]
fn a_live_camera_that_falls_silent_delays_no_bundle_but_the_first() {
    let mut dying = camera(1, 120.0, MS);
    dying.coming.retain(|(at, _)| *at < 2000 * MS);
    let cameras = vec![camera(0, 400.0, MS), dying];
    let world = World::new(&stream(30.0, BundleMode::Latest), cameras).run(4000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.5, "{}", world.rate());
    assert!(world.longest_gap() <= 51 * MS, "{:?}", world.longest_gap());
    let after = world.bundles.iter().filter(|(at, _)| *at > 2100 * MS);
    let late = after.filter(|(at, _)| {
        let into_period = at.as_secs_f64() * 30.0;
        into_period - into_period.floor() > 0.25 && into_period.ceil() - into_period > 0.25
    });
    assert_eq!(late.count(), 0, "bundles leave at their time again");
}

#[test]
fn a_fast_camera_that_a_busy_machine_holds_up_for_some_frames_is_waited_for() {
    let mut held_up = camera(1, 400.0, MS);
    held_up.coming.retain(|(at, _)| at.as_millis() % 50 >= 10);
    let world = World::new(&stream(30.0, BundleMode::Latest), vec![camera(0, 400.0, MS), held_up]).run(2000 * MS);
    assert!(world.bundles.iter().skip(2).all(|(_, group)| group.len() == 2));
}

#[test]
fn a_live_camera_without_a_frame_or_with_a_single_one_delays_no_bundle_but_the_first() {
    for frames in [0, 1] {
        let mut silent = camera(1, 30.0, 1000 * MS);
        silent.coming.truncate(frames);
        let patient = Stream { max_wait_ms: Some(1000.0), ..stream(30.0, BundleMode::Latest) };
        let world = World::new(&patient, vec![camera(0, 120.0, MS), silent]).run(4000 * MS);
        assert!(world.longest_gap() <= 101 * MS, "{frames} frames: {:?}", world.longest_gap());
        let late = world.bundles.windows(2).filter(|pair| pair[1].0 - pair[0].0 > 51 * MS);
        assert!(late.count() <= 1, "{frames} frames");
    }
}

#[test]
fn a_camera_with_a_rate_of_its_own_is_streamed_evenly_at_that_rate() {
    for (own, least_us, most_us) in [(15.0, 60_000, 72_000), (1.0, 980_000, 1_020_000)] {
        let mut slow = camera(1, 60.0, 2 * MS);
        slow.stream_fps = Some(own);
        let world = World::new(&stream(30.0, BundleMode::Latest), vec![camera(0, 60.0, MS), slow]).run(8000 * MS);
        let times: Vec<_> = world.bundles.iter().skip(3).filter_map(|(_, group)| group.get(&1)).collect();
        assert!(times.len() as f64 >= own * 7.0 - 2.0, "{} frames at {own}", times.len());
        let distances = times.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(distances.clone().all(|us| (least_us..=most_us).contains(&us)), "{:?}", distances.collect::<Vec<_>>());
    }
}

#[test]
fn a_lone_slow_camera_with_a_rate_of_its_own_loses_no_frame_to_jitter() {
    let mut slow = camera(0, 1.0, MS);
    slow.stream_fps = Some(1.0);
    for (n, (at, _)) in slow.coming.iter_mut().enumerate() {
        *at += if n % 2 == 0 { 20 * MS } else { Duration::ZERO };
    }
    let world = World::new(&stream(30.0, BundleMode::Latest), vec![slow]).run(10_000 * MS);
    assert!(world.bundles.len() >= 10, "{} of 10 frames", world.bundles.len());
}

#[test]
fn synchronized_pairs_by_capture_time_through_a_dropped_frame_and_a_slow_link() {
    let mut late = camera(1, 100.0, MS);
    for (n, (at, _)) in late.coming.iter_mut().enumerate() {
        *at += 12 * MS; // its frames take longer to arrive than the distance between two
        if n == 150 {
            *at = 3600 * 1000 * MS;
        }
    }
    late.coming.retain(|(at, _)| *at < 3600 * 1000 * MS);
    let together = Stream { max_wait_ms: Some(30.0), ..stream(30.0, BundleMode::Synchronized) };
    let world = World::new(&together, vec![camera(0, 100.0, MS), late]).run(5000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.5, "{}", world.rate());
    for (at, group) in world.bundles.iter().skip(1) {
        let (Some(first), Some(second)) = (group.get(&0), group.get(&1)) else {
            panic!("not whole at {at:?}: {group:?}")
        };
        assert!(first.abs_diff(*second) <= 5000, "{group:?}");
    }
}

#[test]
fn a_camera_that_dies_inside_a_synchronized_bundle_lets_the_others_go_on() {
    let mut dying = camera(1, 30.0, MS);
    dying.coming.truncate(60);
    let cameras = vec![camera(0, 30.0, MS), dying];
    let world = World::new(&stream(30.0, BundleMode::Synchronized), cameras).run(4000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.5, "{}", world.rate());
    assert!(world.longest_gap() <= 70 * MS, "{:?}", world.longest_gap());
}

#[test]
fn frames_that_arrived_long_before_they_were_handed_over_are_streamed_all_the_same() {
    let mut late = camera(0, 30.0, MS);
    late.late_by = 1500 * MS;
    let world = World::new(&stream(30.0, BundleMode::Latest), vec![late]).run(8000 * MS);
    assert!((world.rate() - 30.0).abs() < 0.3, "{} bundles/s", world.rate());
}
