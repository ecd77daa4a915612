//! JSON as the bridge writes it.

use bytes::Bytes;
use serde::{Serialize, Serializer};

/// Writes a message of ours.
pub(crate) fn to_bytes(message: &impl Serialize) -> Bytes {
    // Fails only for maps whose keys are no strings; our messages have none, and a test writes each of them.
    serde_json::to_vec(message).unwrap_or_default().into()
}

/// A whole number is written without a fraction, so that readers with integer fields can take it: 30, not 30.0.
pub(crate) fn number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => serializer.serialize_i64(*whole as i64),
        Some(value) => serializer.serialize_f64(*value),
        None => serializer.serialize_none(),
    }
}
