//! What is no TOML, in sentences. `toml` itself goes on behind most mistakes; behind the others [`mended`] helps it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::report::Report;
use crate::wording::shown;

/// Reads a text as far as that goes, and reports every line that is no TOML.
pub(crate) fn read<'t>(text: &'t str, report: &mut Report) -> (DeTable<'t>, Vec<Error>) {
    report.set_text(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let document = document.into_inner();
    if let Some((start, sentence)) = errors.iter().find_map(|error| unclosed_value(text, &document, error)) {
        // It took in all that stands below, where mistakes would be found that nobody made.
        report.broken(report.line(start)..=report.line(text.len()), sentence.into());
    }
    for error in &errors {
        let place = error.span().unwrap_or_default();
        let line = report.line(place.start);
        report.broken(line..=line, sentence(text, error.message(), place));
    }
    (document, errors)
}

/// The text, line for line, without the mistakes that keep `toml` from reading on: it stops at a key without a value,
/// and takes what stands below `[name` for a part of the name.
pub(crate) fn mended<'t>(text: &'t str, errors: &[Error]) -> Cow<'t, str> {
    let mut edits = BTreeMap::new();
    for error in errors {
        let at = error.span().unwrap_or_default().start;
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = text.get(at..).and_then(|behind| behind.find('\n')).map_or(text.len(), |length| at + length);
        let edit = match error.message() {
            message if is_no_setting(message) => (start..end, ""),
            "unclosed array table, expected `]]`" => (at..at, "]]"),
            message if message.starts_with("unclosed table") || message.starts_with("unclosed array table") => {
                (at..at, "]")
            }
            _ => continue,
        };
        edits.entry(start).or_insert(edit);
    }
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut mended = String::with_capacity(text.len());
    let mut taken = 0;
    for (place, replacement) in edits.into_values() {
        mended += text.get(taken..place.start).unwrap_or_default();
        mended += replacement;
        taken = place.end;
    }
    mended += text.get(taken..).unwrap_or_default();
    Cow::Owned(mended)
}

fn sentence(text: &str, message: &str, place: Range<usize>) -> String {
    let found = words_at(text, place.clone());
    match message {
        "duplicate key" => format!("{} stands here a second time", shown(text.get(place).unwrap_or_default())),
        _ if is_no_value(message) && found.is_empty() => "a value is missing behind the =".into(),
        _ if is_no_value(message) && is_secret(text, place.start) => {
            "this is no value, text in quotes is expected".into()
        }
        _ if is_no_value(message) => {
            format!("{} is no value, a number, true, false or text in quotes is expected", shown(found))
        }
        _ if is_no_setting(message) => "the = is missing, a setting is written key = value".into(),
        _ if message.starts_with("unclosed table") => "the ] behind the name of the table is missing".into(),
        _ if message.starts_with("unclosed array table") => "the ]] behind the name of the table is missing".into(),
        _ if is_unclosed_text(message) => "the quote that ends the text is missing".into(),
        _ if message.starts_with("unexpected key or value") => {
            "something stands behind the end of the value, each setting has a line of its own".into()
        }
        _ => format!("this is no TOML: {}", message.trim_end_matches(", expected nothing")),
    }
}

/// Whether the line of this place sets a token, which no message may show.
fn is_secret(text: &str, place: usize) -> bool {
    let line = text.get(..place).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    line.contains("token")
}

fn is_no_value(message: &str) -> bool {
    ["string values must be quoted", "invalid boolean", "invalid float", "invalid integer"]
        .iter()
        .any(|start| message.starts_with(start))
}

fn is_no_setting(message: &str) -> bool {
    message.starts_with("key with no value") || message.starts_with("missing value for key")
}

fn is_unclosed_text(message: &str) -> bool {
    message.contains("string, expected `\"`") || message.contains("string, expected `'`")
}

/// Where the value begins that this error says has no end, and the sentence for it.
fn unclosed_value(text: &str, document: &DeTable<'_>, error: &Error) -> Option<(usize, &'static str)> {
    let end = error.span()?.start;
    match error.message() {
        message if message.starts_with("unclosed array,") => {
            let list = |value: &Value<'_>| value.get_ref().is_array() && value.span().end == end;
            Some((outermost(document, list)?, "the ] that ends the list is missing"))
        }
        message if message.starts_with("unclosed inline table") => {
            let written = |value: &Value<'_>| text.get(value.span()).unwrap_or_default();
            let table = |value: &Value<'_>| written(value).starts_with('{') && !written(value).ends_with('}');
            Some((outermost(document, table)?, "the } that ends the table is missing"))
        }
        message if message.contains("multi-line") && is_unclosed_text(message) => {
            let text = |value: &Value<'_>| value.get_ref().is_str() && value.span().end == end;
            Some((outermost(document, text)?, "the quotes that end the text are missing"))
        }
        _ => None,
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

/// Where a value begins that is wanted, and not a part of another that is.
fn outermost(document: &DeTable<'_>, wanted: impl Fn(&Value<'_>) -> bool) -> Option<usize> {
    let mut values: Vec<_> = document.values().collect();
    while let Some(value) = values.pop() {
        match value.get_ref() {
            _ if wanted(value) => return Some(value.span().start),
            DeValue::Table(table) => values.extend(table.values()),
            DeValue::Array(list) => values.extend(list.iter()),
            _ => {}
        }
    }
    None
}

/// The words around a place, from the `=`, comma or bracket before it to the next white space behind it.
fn words_at(text: &str, place: Range<usize>) -> &str {
    let separates = |c: char| c.is_whitespace() || "=,[]{}".contains(c);
    let start = text.get(..place.start).unwrap_or_default().trim_end_matches(|c| !separates(c)).len();
    let behind = text.get(place.end..).unwrap_or_default();
    let end = place.end + behind.find(separates).unwrap_or(behind.len());
    text.get(start..end).unwrap_or_default()
}
