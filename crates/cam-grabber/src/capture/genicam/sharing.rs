//! Which cameras share a link at the moment. One table for the process: a camera that joins slows the others down.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::bandwidth::{Demand, Link};

/// A configured camera's place in the table, taken when it is first opened. It keeps it while it is lost, and leaves it
/// when it is configured no more.
#[derive(Debug)]
pub(super) struct Seat {
    camera: u8,
    /// A camera with changed settings takes the place over from itself.
    holder: u64,
}

/// Goes up with each change of the table, so that a camera sees in passing whether it has to look.
static CHANGES: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Default)]
struct Table {
    /// By the cameras' ids.
    seats: BTreeMap<u8, Seated>,
    /// For each interface the shortage that was said last: it is said again only when it is another one.
    said: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Seated {
    holder: u64,
    link: Link,
    demand: Demand,
}

impl Seat {
    /// For the camera with this id.
    pub(super) fn new(camera: u8) -> Self {
        static HOLDERS: AtomicU64 = AtomicU64::new(0);
        Self { camera, holder: HOLDERS.fetch_add(1, Ordering::Relaxed) }
    }

    /// The camera is on this link and needs that much. Gives what is to be said about it, if anything is.
    pub(super) fn take(&self, link: Link, demand: Demand) -> Option<String> {
        let mut table = table();
        let seated = Seated { holder: self.holder, link: link.clone(), demand };
        if table.seats.get(&self.camera) != Some(&seated) {
            table.seats.insert(self.camera, seated);
            CHANGES.fetch_add(1, Ordering::Relaxed);
        }
        let shortage = link.shortage(&table.on(&link));
        let before = match &shortage {
            Some(shortage) => table.said.insert(link.interface, shortage.clone()),
            None => table.said.remove(&link.interface),
        };
        shortage.filter(|shortage| before.as_ref() != Some(shortage))
    }

    /// It sends at another rate from now on. Gives what is to be said about it, if anything is.
    pub(super) fn at_rate(&self, fps: Option<f64>) -> Option<String> {
        let seated = table().seats.get(&self.camera).cloned()?;
        self.take(seated.link, seated.demand.at(fps))
    }

    /// What the camera is to pause after each packet, in ns: nothing where it has its link for itself. `None` before its
    /// place was taken.
    pub(super) fn packet_delay_ns(&self) -> Option<u64> {
        let table = table();
        let Seated { link, demand, .. } = table.seats.get(&self.camera)?;
        let all = table.on(link);
        Some(if all.len() > 1 { link.packet_delay_ns(demand, &all) } else { 0 })
    }

    /// The number of changes of the table so far.
    pub(super) fn changes() -> u64 {
        CHANGES.load(Ordering::Relaxed)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = table();
        if table.seats.get(&self.camera).is_some_and(|seated| seated.holder == self.holder) {
            table.seats.remove(&self.camera);
        }
        CHANGES.fetch_add(1, Ordering::Relaxed);
    }
}

impl Table {
    fn on(&self, link: &Link) -> Vec<&Demand> {
        let here = self.seats.values().filter(|seated| seated.link.interface == link.interface);
        here.map(|seated| &seated.demand).collect()
    }
}

fn table() -> MutexGuard<'static, Table> {
    static TABLE: Mutex<Table> = Mutex::new(Table { seats: BTreeMap::new(), said: BTreeMap::new() });
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each test has an interface and cameras of its own, as the table is the process's.
    fn link(interface: &str) -> Link {
        Link { interface: interface.into(), megabits: 1000.0, mtu: None }
    }

    fn demand(camera: &str, fps: f64) -> Demand {
        Demand::new(camera.into(), 640 * 480, 1500, Some(fps))
    }

    #[test]
    fn a_camera_alone_on_its_link_does_not_pause_and_two_do() {
        let (first, second) = (Seat::new(10), Seat::new(11));
        assert_eq!(first.packet_delay_ns(), None, "it was never opened");
        first.take(link("alone0"), demand("first", 100.0));
        assert_eq!(first.packet_delay_ns(), Some(0));

        let before = Seat::changes();
        second.take(link("alone0"), demand("second", 100.0));
        assert_ne!(Seat::changes(), before);
        assert_eq!(first.packet_delay_ns(), second.packet_delay_ns());
        assert!(first.packet_delay_ns() > Some(10_000));

        drop(second);
        assert_eq!(first.packet_delay_ns(), Some(0));
    }

    #[test]
    fn a_camera_that_becomes_faster_while_it_streams_takes_more_of_its_link() {
        let (first, second) = (Seat::new(50), Seat::new(51));
        first.take(link("faster0"), demand("first", 100.0));
        second.take(link("faster0"), demand("second", 100.0));
        let before = second.packet_delay_ns();
        assert_eq!(first.at_rate(Some(200.0)), None);
        assert!(first.packet_delay_ns() < second.packet_delay_ns() && second.packet_delay_ns() > before);
        assert!(first.at_rate(Some(400.0)).is_some());
        assert_eq!(Seat::new(52).at_rate(Some(400.0)), None, "it was never opened");
    }

    #[test]
    fn cameras_on_different_links_do_not_matter_to_each_other() {
        let (here, there) = (Seat::new(20), Seat::new(21));
        here.take(link("apart0"), demand("here", 100.0));
        there.take(link("apart1"), demand("there", 100.0));
        assert_eq!((here.packet_delay_ns(), there.packet_delay_ns()), (Some(0), Some(0)));
    }

    #[test]
    fn a_shortage_is_said_once_and_again_when_it_is_another_one() {
        let (first, second) = (Seat::new(30), Seat::new(31));
        assert_eq!(first.take(link("short0"), demand("first", 200.0)), None);
        let said = second.take(link("short0"), demand("second", 200.0)).unwrap();
        assert!(said.contains("first") && said.contains("second"), "{said}");
        assert_eq!(second.take(link("short0"), demand("second", 200.0)), None, "opened again");
        assert!(second.take(link("short0"), demand("second", 210.0)).is_some());
        assert_eq!(second.take(link("short0"), demand("second", 50.0)), None);
        assert!(second.take(link("short0"), demand("second", 210.0)).is_some());
    }

    #[test]
    fn a_camera_with_changed_settings_counts_once_and_one_whose_change_failed_counts_again() {
        let (other, before) = (Seat::new(40), Seat::new(41));
        other.take(link("changed0"), demand("other", 100.0));
        before.take(link("changed0"), demand("same", 200.0));
        let after = Seat::new(41);
        after.take(link("changed0"), demand("same", 100.0));
        assert_eq!(other.packet_delay_ns(), after.packet_delay_ns(), "both need the same now");
        drop(after);
        assert_eq!(other.packet_delay_ns(), Some(0));
        before.take(link("changed0"), demand("same", 200.0));
        assert!(other.packet_delay_ns() > before.packet_delay_ns());
    }
}
