//! Who was turned away, and why: counted since the bridge started, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why somebody was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// All places for viewers are taken.
    MaxClients,
    /// All places for viewers of one address are taken.
    MaxClientsPerAddress,
    /// Too many connections are open.
    Connections,
    /// A token that is not the right one, or too many of them.
    WrongToken,
    /// A page from elsewhere.
    Origin,
    /// Who asks may not change cameras.
    Control,
    /// A grabber of a user who may not connect.
    User,
    /// Too many grabbers.
    MaxGrabbers,
    /// A grabber that sent what cannot be read.
    Malformed,
    /// A grabber with a camera that another one has.
    CameraTaken,
}

impl Reason {
    pub(crate) const ALL: [Self; 10] = [
        Self::MaxClients,
        Self::MaxClientsPerAddress,
        Self::Connections,
        Self::WrongToken,
        Self::Origin,
        Self::Control,
        Self::User,
        Self::MaxGrabbers,
        Self::Malformed,
        Self::CameraTaken,
    ];

    /// Who is turned away for it, and the reason in a word.
    pub(crate) fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::MaxClients => ("client", "max_clients"),
            Self::MaxClientsPerAddress => ("client", "max_clients_per_address"),
            Self::Connections => ("client", "connections"),
            Self::WrongToken => ("client", "wrong_token"),
            Self::Origin => ("client", "origin"),
            Self::Control => ("client", "control"),
            Self::User => ("grabber", "user"),
            Self::MaxGrabbers => ("grabber", "max_grabbers"),
            Self::Malformed => ("grabber", "malformed"),
            Self::CameraTaken => ("grabber", "camera_taken"),
        }
    }
}

/// How many, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; Reason::ALL.len()]);

impl Refusals {
    pub(crate) fn count(&self, reason: Reason) {
        self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, reason: Reason) -> u64 {
        self.0[reason as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_place_and_words_of_its_own() {
        let refusals = Refusals::default();
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            (0..=place).for_each(|_| refusals.count(reason));
        }
        let counts = Reason::ALL.map(|reason| refusals.of(reason));
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let words: std::collections::BTreeSet<_> = Reason::ALL.into_iter().map(Reason::in_words).collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }
}
