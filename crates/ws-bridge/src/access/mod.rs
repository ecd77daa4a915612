//! Tokens: what a request shows, what that lets it do, and how fast somebody may try others.

mod shown;
mod tries;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use axum::extract::Request;
use cameracast_config::Tokens;

pub(crate) use shown::{By, Shown, cookie};
pub(crate) use tries::TooMany;
use tries::Tries;

/// What the token of a request lets it do. It is in the request's extensions once it has been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    View,
    Control,
}

impl Right {
    /// What the request may do by its token, if it has shown one that is right.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        request.extensions().get().copied()
    }
}

#[derive(Debug)]
pub(crate) struct Access {
    tokens: RwLock<Tokens>,
    tries: Mutex<Tries>,
}

impl Access {
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { tokens: RwLock::new(tokens), tries: Mutex::default() }
    }

    /// Other tokens hold from now on. Nobody who watches by an old one has to go.
    pub(crate) fn follow(&self, tokens: Tokens) {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    fn tokens(&self) -> RwLockReadGuard<'_, Tokens> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is any token; where there is none, nobody looks at what requests show.
    pub(crate) fn has_tokens(&self) -> bool {
        let tokens = self.tokens();
        tokens.view.is_some() || tokens.control.is_some()
    }

    /// Whether one has to show a token to watch.
    pub(crate) fn guards_view(&self) -> bool {
        self.tokens().view.is_some()
    }

    /// Whether one has to show a token to change cameras.
    pub(crate) fn guards_control(&self) -> bool {
        self.tokens().control.is_some()
    }

    /// What the token lets one do; `None` where it is wrong.
    pub(crate) fn right_of(&self, shown: &Shown) -> Option<Right> {
        let tokens = self.tokens();
        let matches = |token: &[u8]| {
            // Both are compared, so that the time tells nothing.
            let is = |secret: &Option<cameracast_config::Secret>| secret.as_ref().is_some_and(|s| s.matches(token));
            let (view, control) = (is(&tokens.view), is(&tokens.control));
            control.then_some(Right::Control).or(view.then_some(Right::View))
        };
        shown.tokens.iter().filter_map(|token| matches(token)).max()
    }

    /// How long somebody from there has to wait for the answer to a token.
    ///
    /// # Errors
    /// Too many wrong ones came from there: nothing is said about this one.
    pub(crate) fn wait(&self, from: Option<IpAddr>, is_right: bool, now: Instant) -> Result<Duration, TooMany> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).wait(from, is_right, now)
    }
}

#[cfg(test)]
mod tests {
    use cameracast_config::Secret;

    use super::*;

    fn right(access: &Access, tokens: &[&str]) -> Option<Right> {
        let tokens = tokens.iter().map(|token| token.as_bytes().to_vec()).collect();
        access.right_of(&Shown { tokens, by: By::Header })
    }

    #[test]
    fn a_token_gives_the_right_that_it_is_for() {
        let access = Access::new(Tokens { view: Secret::new("see"), control: Secret::new("turn") });
        assert_eq!(right(&access, &["see"]), Some(Right::View));
        assert_eq!(right(&access, &["turn"]), Some(Right::Control));
        assert_eq!(right(&access, &["old", "see", "turn"]), Some(Right::Control));
        for wrong in ["", "se", "seen", "SEE", "see "] {
            assert_eq!(right(&access, &[wrong]), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_token_that_is_not_there_is_matched_by_nothing() {
        let access = Access::new(Tokens::default());
        assert!(!access.has_tokens() && right(&access, &[""]).is_none());
        let control = Access::new(Tokens { view: None, control: Secret::new("turn") });
        assert!(control.has_tokens() && control.guards_control() && !control.guards_view());
        assert_eq!(right(&control, &["", "turn"]), Some(Right::Control));
    }
}
