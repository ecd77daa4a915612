//! Values that a camera understands by its own names.

use toml::de::DeValue;

use super::{Kind, Mismatch, integer, plain, whole};
use crate::Value;

/// The value of a GenICam feature.
pub(crate) struct Feature;

impl Kind for Feature {
    type Value = Value;

    fn read(&self, value: &DeValue<'_>) -> Result<Value, Mismatch> {
        let feature = match value {
            DeValue::Boolean(on) => Some(Value::Bool(*on)),
            DeValue::Integer(_) => integer(value).and_then(|number| i64::try_from(number).ok()).map(Value::Int),
            DeValue::Float(float) => {
                float.as_str().parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float)
            }
            DeValue::String(text) => plain(text).map(Value::Text),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return Err(Mismatch::Type),
        };
        feature.ok_or(Mismatch::Value)
    }

    fn expected(&self) -> String {
        "true, false, a finite number (64 bits) or text without control characters".into()
    }
}

/// The value of a V4L2 control.
pub(crate) struct Control;

impl Kind for Control {
    type Value = i64;

    fn read(&self, value: &DeValue<'_>) -> Result<i64, Mismatch> {
        match value {
            DeValue::Boolean(on) => Ok(i64::from(*on)),
            _ => whole(i64::MIN..=i64::MAX, "").read(value),
        }
    }

    fn expected(&self) -> String {
        "a whole number (64 bits), true or false".into()
    }
}
