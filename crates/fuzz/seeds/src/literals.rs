//! The texts in the sources of tests: what they read is what fuzzing should begin with, too.

use std::error::Error;
use std::fs;
use std::path::Path;

/// The string literals in the files of a folder.
pub fn all_in(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut literals = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            literals.extend(all_of(&fs::read_to_string(path)?));
        }
    }
    if literals.is_empty() { Err(format!("no texts in {}", folder.display()).into()) } else { Ok(literals) }
}

fn all_of(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, found) = rest.split_at(at);
        rest = match found.as_bytes()[0] {
            b'"' => {
                let hashes = before.len() - before.trim_end_matches('#').len();
                let is_raw = before[..before.len() - hashes].ends_with('r');
                let (literal, behind) = if is_raw { raw(&found[1..], hashes) } else { escaped(&found[1..]) };
                literals.push(literal);
                behind
            }
            b'/' if found.starts_with("//") => found.find('\n').map_or("", |end| &found[end..]),
            b'\'' if found.starts_with("'\\") => found[2..].get(1..).unwrap_or_default(),
            b'\'' if found.chars().nth(2) == Some('\'') => {
                &found[2 + found[1..].chars().next().map_or(0, char::len_utf8)..]
            }
            _ => &found[1..],
        };
    }
    literals
}

fn raw(text: &str, hashes: usize) -> (String, &str) {
    let end = format!("\"{}", "#".repeat(hashes));
    let (literal, behind) = text.split_once(&end).unwrap_or((text, ""));
    (literal.into(), behind)
}

fn escaped(text: &str) -> (String, &str) {
    let mut literal = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => literal.push('\n'),
                Some('r') => literal.push('\r'),
                Some('t') => literal.push('\t'),
                Some('0') => literal.push('\0'),
                Some('x') => literal.extend(number(&chars.by_ref().take(2).collect::<String>())),
                Some('u') => {
                    literal.extend(number(&chars.by_ref().skip(1).take_while(|c| *c != '}').collect::<String>()))
                }
                // A literal that goes on behind the white space of the next line.
                Some('\n') => chars = chars.as_str().trim_start().chars(),
                other => literal.extend(other),
            },
            c => literal.push(c),
        }
    }
    (literal, chars.as_str())
}

fn number(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}
