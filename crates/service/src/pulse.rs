//! Progress as something that can be seen from outside: a loop that moves beats, and one that is stuck does not.
//!
//! A loop that waits for its turn is well, however long that takes: it wakes now and then to say so. One that does not come
//! back from a piece of work, or for which there is no thread any more, says nothing.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often a loop that waits says that it does.
const WAITING_BEAT: Duration = Duration::from_millis(500);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The pulse of a loop; clones are the same pulse.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// The loop's own end of it, to be made on the runtime.
    pub fn beats(&self) -> Beats {
        let mut waiting = interval(WAITING_BEAT);
        waiting.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Beats { pulse: self.clone(), waiting }
    }

    fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What makes a loop's pulse beat: it belongs to the task whose progress it shows.
#[derive(Debug)]
pub struct Beats {
    pulse: Pulse,
    waiting: Interval,
}

impl Beats {
    /// Waits for something that may take any time, and beats meanwhile; what is not waited for in this way is work, which
    /// has to end.
    pub async fn while_waiting<T>(&mut self, waited_for: impl Future<Output = T>) -> T {
        let mut waited_for = pin!(waited_for);
        loop {
            tokio::select! {
                biased;
                done = &mut waited_for => {
                    self.pulse.beat();
                    return done;
                }
                _ = self.waiting.tick() => self.pulse.beat(),
            }
        }
    }
}

/// Whether several loops move, all of them.
#[derive(Debug)]
pub struct Movement<const LOOPS: usize> {
    pulses: [Pulse; LOOPS],
    seen: [u64; LOOPS],
}

impl<const LOOPS: usize> Movement<LOOPS> {
    /// Looks at these from now on.
    pub fn of(pulses: [Pulse; LOOPS]) -> Self {
        let seen = std::array::from_fn(|at| pulses[at].count());
        Self { pulses, seen }
    }

    /// Waits until every loop has moved since this was true last.
    pub async fn of_all(&mut self) {
        while !self.have_all_moved() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn have_all_moved(&mut self) -> bool {
        let now = std::array::from_fn(|at| self.pulses[at].count());
        let moved = now.iter().zip(&self.seen).all(|(now, seen)| now != seen);
        if moved {
            self.seen = now;
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{Instant, sleep, timeout};

    use super::*;

    #[test]
    fn one_loop_that_stands_still_is_enough() {
        let (pipeline, uplink) = (Pulse::default(), Pulse::default());
        let mut movement = Movement::of([pipeline.clone(), uplink.clone()]);
        assert!(!movement.have_all_moved());
        for _ in 0..3 {
            pipeline.beat();
            assert!(!movement.have_all_moved());
        }
        uplink.beat();
        assert!(movement.have_all_moved());
        assert!(!movement.have_all_moved(), "nothing has moved since");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_waits_for_ever_is_well() {
        let pulse = Pulse::default();
        let mut beats = pulse.beats();
        tokio::spawn(async move { beats.while_waiting(pending::<()>()).await });
        let mut movement = Movement::of([pulse]);
        for _ in 0..100 {
            timeout(2 * WAITING_BEAT, movement.of_all()).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_come_back_from_its_work_is_not() {
        let pulse = Pulse::default();
        let mut beats = pulse.beats();
        tokio::spawn(async move {
            beats.while_waiting(sleep(Duration::from_secs(5))).await;
            pending::<()>().await; // work
        });
        let mut movement = Movement::of([pulse]);
        let began = Instant::now();
        while timeout(Duration::from_secs(60), movement.of_all()).await.is_ok() {}
        let lasted = began.elapsed() - Duration::from_secs(60);
        assert!(lasted >= Duration::from_secs(5) && lasted < Duration::from_secs(6), "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_comes_at_once_and_each_turn_beats() {
        let pulse = Pulse::default();
        let mut beats = pulse.beats();
        let began = Instant::now();
        for turn in 0..1000 {
            assert_eq!(beats.while_waiting(async { turn }).await, turn);
        }
        assert_eq!((began.elapsed(), pulse.count()), (Duration::ZERO, 1000));
    }
}
