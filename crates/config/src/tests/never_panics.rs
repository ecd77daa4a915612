//! Whatever stands in a file, it is read or refused in sentences that each fit on a line.

use proptest::prelude::*;

use super::uncommented_example;
use crate::Config;

fn check(text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = Config::parse(text) else { return Ok(()) };
    let lines = 1..=text.matches('\n').count() + 1;
    prop_assert!(!problems.0.is_empty());
    prop_assert!(problems.0.is_sorted_by_key(|problem| problem.line));
    for problem in &problems.0 {
        prop_assert!(lines.contains(&problem.line), "{problem:?}");
        prop_assert!(!problem.message.contains(char::is_control), "{problem:?}");
        prop_assert!(problem.message.chars().count() < 400, "{problem:?}");
    }
    Ok(())
}

#[test]
fn what_stands_in_a_number_and_is_none_of_it_is_shown_on_one_line() {
    for number in ["9999999_99$\0\0\0\0\0\0\099999999999", "9_9$\u{1b}[2J", "1_1.5$\0"] {
        check(&format!("[camera.features]\nLevel = {number}\n")).unwrap();
    }
}

#[test]
fn what_is_long_only_because_it_has_to_be_escaped_is_cut_too() {
    let odd = "\u{19}".repeat(60);
    for text in [format!("[stream]\nfps = {odd}"), format!("socket = '{odd}'"), format!("\"{odd}\" = 1")] {
        check(&text).unwrap();
    }
}

/// A part of a file, right or wrong.
fn fragment() -> impl Strategy<Value = String> {
    let keys: Vec<_> = crate::keys::ALL.iter().flat_map(|keys| keys.names).copied().collect();
    prop_oneof![
        any::<String>(),
        "[\\[\\]{}=\"'.,#\\\\\n\r\t \u{0}-\u{9f}0-9a-z_-]{0,20}",
        (prop::sample::select(keys), "[ =]{0,3}", "(\"\"\"|'|\\[|\\{|-?[0-9.e]{1,9}|nan|true|[a-z]{1,9})?\n?")
            .prop_map(|(key, eq, value)| key.to_owned() + &eq + &value),
        prop::sample::select(vec![
            "[camera]",
            "[[camera]]",
            "[[stream]]",
            "[stream.x]",
            "[[camera.features]]",
            "[a.b.c"
        ])
        .prop_map(|header| format!("\n{header}\n")),
    ]
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn no_heap_of_fragments_panics(fragments in prop::collection::vec(fragment(), 0..20)) {
        check(&fragments.concat())?;
    }

    #[test]
    fn no_change_of_the_example_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, fragment()), 1..6),
    ) {
        let mut text: Vec<char> = uncommented_example().chars().collect();
        for (place, length, fragment) in changes {
            let start = place.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, fragment.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}
