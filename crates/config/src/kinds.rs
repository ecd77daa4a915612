//! The kinds of values: how each is read, and what is said to be expected where another stands.

mod camera;

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::de::DeValue;

pub(crate) use camera::{Control, Feature};

use crate::Auto;
use crate::keys::nearest;
use crate::wording;

/// A kind of value.
pub(crate) trait Kind {
    type Value;

    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Mismatch>;

    /// Completes "… is expected".
    fn expected(&self) -> String;
}

/// How a value differs from what is expected.
pub(crate) enum Mismatch {
    /// It is of another type.
    Type,
    /// It is of the right type, and not allowed.
    Value,
    /// The same, and it was probably meant to be this.
    Near(&'static str),
    /// It is not allowed, and nobody may read it.
    Hidden,
}

/// `true` or `false`.
pub(crate) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn read(&self, value: &DeValue<'_>) -> Result<bool, Mismatch> {
        value.as_bool().ok_or(Mismatch::Type)
    }

    fn expected(&self) -> String {
        "true or false".into()
    }
}

/// A finite number in a range; the unit completes "from 1 to 2 …".
pub(crate) fn number(range: RangeInclusive<f64>, unit: &'static str) -> Number {
    Number { range, unit }
}

pub(crate) struct Number {
    range: RangeInclusive<f64>,
    unit: &'static str,
}

impl Kind for Number {
    type Value = f64;

    fn read(&self, value: &DeValue<'_>) -> Result<f64, Mismatch> {
        let number = match value {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(_) => integer(value).map(|integer| integer as f64),
            _ => return Err(Mismatch::Type),
        };
        number.filter(|number| self.range.contains(number)).ok_or(Mismatch::Value)
    }

    fn expected(&self) -> String {
        format!("a number {}", wording::span(&self.range, self.unit))
    }
}

/// A whole number in a range; the unit completes "from 1 to 2 …".
pub(crate) const fn whole<T>(range: RangeInclusive<T>, unit: &'static str) -> Whole<T> {
    Whole { range, unit }
}

pub(crate) struct Whole<T> {
    range: RangeInclusive<T>,
    unit: &'static str,
}

impl<T: TryFrom<i128> + PartialOrd + Display> Kind for Whole<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Mismatch> {
        match value {
            DeValue::Integer(_) => {}
            DeValue::Float(_) => return Err(Mismatch::Value),
            _ => return Err(Mismatch::Type),
        }
        let number = integer(value).and_then(|number| T::try_from(number).ok());
        number.filter(|number| self.range.contains(number)).ok_or(Mismatch::Value)
    }

    fn expected(&self) -> String {
        format!("a whole number {}", wording::span(&self.range, self.unit))
    }
}

/// One of several words.
pub(crate) struct OneOf<T: 'static>(pub(crate) &'static [(&'static str, T)]);

impl<T: Copy> Kind for OneOf<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Mismatch> {
        let word = value.as_str().ok_or(Mismatch::Type)?;
        let choice = self.0.iter().find(|(name, _)| *name == word);
        choice
            .map(|(_, value)| *value)
            .ok_or_else(|| nearest(word, self.0.iter().map(|(name, _)| *name)).map_or(Mismatch::Value, Mismatch::Near))
    }

    fn expected(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| format!("{name:?}")).collect();
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => names.concat(),
        }
    }
}

/// Text that means a `T`.
pub(crate) struct Text<T> {
    pub(crate) expected: &'static str,
    pub(crate) read: fn(&str) -> Option<T>,
}

impl<T> Kind for Text<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Mismatch> {
        let text = value.as_str().ok_or(Mismatch::Type)?;
        (self.read)(text).ok_or(Mismatch::Value)
    }

    fn expected(&self) -> String {
        self.expected.into()
    }
}

/// A value that no message shows.
pub(crate) struct Hidden<K>(pub(crate) K);

impl<K: Kind> Kind for Hidden<K> {
    type Value = K::Value;

    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Mismatch> {
        self.0.read(value).map_err(|mismatch| match mismatch {
            Mismatch::Type => Mismatch::Type,
            _ => Mismatch::Hidden,
        })
    }

    fn expected(&self) -> String {
        self.0.expected()
    }
}

/// A fixed value, or `"auto"`.
pub(crate) struct OrAuto<K>(pub(crate) K);

impl<K: Kind> Kind for OrAuto<K> {
    type Value = Auto<K::Value>;

    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Mismatch> {
        match value.as_str() {
            Some("auto") => Ok(Auto::Auto),
            Some(_) => Err(Mismatch::Value),
            None => self.0.read(value).map(Auto::Fixed),
        }
    }

    fn expected(&self) -> String {
        format!("{} or \"auto\"", self.0.expected())
    }
}

/// The number, however long it is written; `None` where 128 bits are too few.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i128> {
    let integer = value.as_integer()?;
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Text that is not empty and holds no control character: it can be shown, and given to a C library.
pub(crate) fn plain(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}
