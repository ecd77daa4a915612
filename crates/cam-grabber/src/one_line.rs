//! How the cameras are, in one line: for `systemctl status`.

use std::collections::BTreeMap;

use crate::cameras::Cameras;

impl Cameras {
    /// How many there are and how they are, in one line.
    pub fn in_one_line(&self) -> String {
        line(self.all().iter().map(|camera| camera.health()).map(|health| health.in_words()))
    }
}

fn line(states: impl Iterator<Item = String>) -> String {
    let mut cameras: BTreeMap<String, usize> = BTreeMap::new();
    states.for_each(|state| *cameras.entry(state).or_default() += 1);
    if cameras.is_empty() {
        return "No camera".into();
    }
    let counted: Vec<_> = cameras.iter().map(|(state, count)| format!("{count} {state}")).collect();
    format!("Cameras: {}", counted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_in_the_same_state_are_counted_together() {
        let states = ["streaming", "lost: no device", "streaming"].map(str::to_owned);
        assert_eq!(line(states.into_iter()), "Cameras: 1 lost: no device, 2 streaming");
        assert_eq!(line(std::iter::empty()), "No camera");
    }
}
