//! `{"type":"time","t0":x}`: how a viewer learns how far its clock is from ours.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{json, unix_time};

#[derive(Deserialize)]
struct Question {
    r#type: String,
    t0: serde_json::Number,
}

#[derive(Serialize)]
struct Answer {
    r#type: &'static str,
    t0: serde_json::Number,
    bridge_us: u64,
}

/// The answer of this moment, if `text` is the question.
pub(crate) fn answer(text: &str) -> Option<Bytes> {
    answer_at(text, unix_time::now_us())
}

/// `bridge_us` is Unix time in µs.
fn answer_at(text: &str, bridge_us: u64) -> Option<Bytes> {
    let question: Question = serde_json::from_str(text).ok().filter(|question: &Question| question.r#type == "time")?;
    Some(json::to_bytes(&Answer { r#type: "time", t0: question.t0, bridge_us }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a float it has a neighbour that a reader in a hurry takes for it.
    const LONG: &str = "17000000055555555555555555555555555555555555555500123";

    #[test]
    fn the_clients_own_time_comes_back_as_it_was() {
        for t0 in ["0", "-3", "1700000000000123", "18446744073709551615", "12345.678", "1e3", LONG] {
            let answer = answer_at(&format!(r#"{{"t0": {t0}, "type": "time", "more": []}}"#), 77).unwrap();
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["t0"], t0.parse::<serde_json::Value>().unwrap());
            assert_eq!((&answer["type"], &answer["bridge_us"]), (&"time".into(), &77.into()));
        }
    }

    #[test]
    fn anything_else_is_not_answered() {
        for text in
            ["", "hello", "[]", r#"{"type":"time"}"#, r#"{"type":"time","t0":"x"}"#, r#"{"type":"config","t0":1}"#]
        {
            assert_eq!(answer_at(text, 77), None, "{text}");
        }
    }
}
