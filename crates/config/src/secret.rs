//! What nobody may read in a log, a status or an error.

use std::fmt;

use subtle::ConstantTimeEq;

/// The longest secret, in bytes.
pub(crate) const LONGEST: usize = 256;

/// A token: 1 to 256 visible characters of ASCII. It has no `Display`, and its `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// `None` where a request could not carry the text: a header and an address take visible ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// Whether somebody knows it. How long that takes tells nothing but whether the length is right.
    pub fn matches(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// The secret itself, for those who have shown that they know it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_or_not_and_never_shown() {
        let secret = Secret::new("Open~Sesame+1").unwrap();
        assert!(secret.matches(b"Open~Sesame+1"));
        for wrong in ["", "Open~Sesame+", "Open~Sesame+2", "Open~Sesame+11", "open~sesame+1"] {
            assert!(!secret.matches(wrong.as_bytes()), "{wrong}");
        }
        assert!(!format!("{secret:?} {:#?}", Some(&secret)).contains("Sesame"));
    }

    #[test]
    fn what_no_request_could_carry_is_no_secret() {
        for text in ["", " ", "open sesame", "sesame\n", "öffne", &"x".repeat(257)] {
            assert!(Secret::new(text).is_none(), "{text:?}");
        }
        assert!(Secret::new(&"x".repeat(256)).is_some());
    }
}
