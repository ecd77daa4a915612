//! Text in the cells of a terminal, of which some letters take two and some none. Pure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many cells a text takes.
pub(super) fn width(text: &str) -> usize {
    printable(text).width()
}

/// As much of a text as these cells hold. What would move the cursor (a device may be called anything) becomes `?`.
pub(super) fn cut(text: &str, cells: usize) -> String {
    let mut taken = 0;
    printable(text)
        .chars()
        .take_while(|letter| {
            taken += letter.width().unwrap_or(0);
            taken <= cells
        })
        .collect()
}

/// The same, with spaces up to the last cell.
pub(super) fn padded(text: &str, cells: usize) -> String {
    let mut text = cut(text, cells);
    text.extend(std::iter::repeat_n(' ', cells.saturating_sub(text.width())));
    text
}

fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_two_cells_is_not_cut_in_half() {
        assert_eq!(width("前門"), 4);
        assert_eq!(cut("前門", 3), "前");
        assert_eq!(padded("前門", 3), "前 ");
        assert_eq!(padded("前門", 5), "前門 ");
    }

    #[test]
    fn an_accent_of_its_own_takes_no_cell() {
        let name = "Zu\u{308}rich";
        assert_eq!(width(name), 6);
        assert_eq!(cut(name, 2), "Zu\u{308}");
    }

    #[test]
    fn what_would_move_the_cursor_is_not_printed() {
        assert_eq!(cut("a\x1b[2J\nb", 80), "a?[2J?b");
        assert_eq!(width("a\tb"), 3);
    }
}
