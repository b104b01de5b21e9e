//! Stored text on a terminal: it takes the room that it takes, and cannot drive the terminal.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands for what was cut off.
const CUT: &str = "…";

/// The text on one line: breaks and tabs become blanks, other characters that a terminal obeys are written out.
pub(in crate::cli) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => {
                // A break of several characters is one blank.
                if !shown.ends_with(' ') {
                    shown.push(' ');
                }
            }
            character if drives(character) => {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Whether it moves the cursor, starts a sequence or turns the direction of what follows.
fn drives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many columns it takes.
pub(in crate::cli) fn width(text: &str) -> usize {
    text.width()
}

/// As much of it as fits into so many columns, with a sign where something is left out.
pub(in crate::cli) fn cut(text: &str, columns: usize) -> String {
    // A column holds no more than its bytes do.
    if text.len() <= columns || width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(CUT));
    let (mut kept, mut taken) = (String::new(), 0);
    for grapheme in text.graphemes(true) {
        taken += width(grapheme);
        if taken > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    if columns > 0 {
        kept.push_str(CUT);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_text_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{7}\u{9b}1m\u{7f}"), "a\\u{1b}[2Jb\\u{7}\\u{9b}1m\\u{7f}");
        assert_eq!(printable("one\r\ntwo\tthree\u{2028}four"), "one two three four");
        assert_eq!(printable("abc\u{202e}cba\u{2066}\u{61c}"), "abc\\u{202e}cba\\u{2066}\\u{61c}");
        assert_eq!(printable("größe 東京 👩‍💻"), "größe 東京 👩‍💻");
    }

    #[test]
    fn text_is_cut_by_the_columns_that_it_takes() {
        assert_eq!((width("abc"), width("東京"), width("e\u{301}")), (3, 4, 1));
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("ab cdef", 4), "ab…");
        assert_eq!(cut("東京都庁", 8), "東京都庁");
        assert_eq!(cut("東京都庁", 6), "東京…");
        assert_eq!(cut("東京都庁", 7), "東京都…");
        // A cluster stays whole or goes whole.
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(width(&cut("👩‍💻👩‍💻👩‍💻", 5)), 5);
        assert_eq!((cut("abc", 1).as_str(), cut("abc", 0).as_str()), ("…", ""));
    }
}
