//! Which fault comes next: like cards, so that by chance no kind is left out and none comes three times in a row.

use fastrand::Rng;

use crate::faults::Fault;

#[derive(Debug)]
pub(crate) struct Deck {
    kinds: Vec<Fault>,
    left: Vec<Fault>,
}

impl Deck {
    pub(crate) fn of(kinds: impl Iterator<Item = Fault>) -> Self {
        Self { kinds: kinds.collect(), left: Vec::new() }
    }

    /// The next card; shuffles all of them when there is none. `None` where there are no kinds.
    pub(crate) fn draw(&mut self, rng: &mut Rng) -> Option<Fault> {
        if self.left.is_empty() {
            self.left.clone_from(&self.kinds);
            rng.shuffle(&mut self.left);
        }
        self.left.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_before_one_comes_again_and_a_seed_gives_the_same_order() {
        let draw = |seed| {
            let (mut deck, mut rng) = (Deck::of(Fault::ALL.iter().copied()), Rng::with_seed(seed));
            (0..2 * Fault::ALL.len()).filter_map(|_| deck.draw(&mut rng)).collect::<Vec<_>>()
        };
        let (mut first, same, other) = (draw(1), draw(1), draw(2));
        assert_eq!(first, same);
        assert_ne!(first, other);
        first.truncate(Fault::ALL.len());
        first.sort();
        assert_eq!(first, Fault::ALL);
    }
}
