//! How a value is described to the person who typed it.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::de::DeValue;

use crate::kinds::Mismatch;

/// "KEY is FOUND, EXPECTED is expected": the sentence for every value that is not of its kind.
pub(crate) fn mismatch(key: &str, value: &DeValue<'_>, mismatch: &Mismatch, expected: &str) -> String {
    let found = match mismatch {
        Mismatch::Type => type_name(value).into(),
        Mismatch::Value | Mismatch::Near(_) => as_typed(value),
        Mismatch::Hidden => "something else".into(),
    };
    let hint = match mismatch {
        Mismatch::Near(near) => format!("; did you mean \"{near}\"?"),
        Mismatch::Type | Mismatch::Value | Mismatch::Hidden => String::new(),
    };
    format!("{key} is {found}, {expected} is expected{hint}")
}

/// "a string", "a list": what stands there instead.
pub(crate) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn as_typed(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => shown(text),
        // The parser lets pass what stands behind a number's digits, and tells it elsewhere.
        DeValue::Integer(integer) => on_one_line(&integer.to_string()),
        DeValue::Float(float) => on_one_line(float.as_str()),
        _ => type_name(value).into(),
    }
}

/// "from 0 to 255", with a unit behind it where there is one.
pub(crate) fn span(range: &RangeInclusive<impl Display>, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    format!("from {} to {}{space}{unit}", range.start(), range.end())
}

/// What a person typed, in quotes, on one line, and not too long to read.
pub(crate) fn shown(typed: &str) -> String {
    format!("\"{}\"", on_one_line(typed))
}

fn on_one_line(typed: &str) -> String {
    const LONGEST: usize = 60;
    // Escaped first: what is short may be long then.
    let escaped = typed.escape_debug().to_string();
    match escaped.char_indices().nth(LONGEST) {
        None => escaped,
        Some((end, _)) => format!("{}…", escaped.get(..end).unwrap_or_default()),
    }
}
