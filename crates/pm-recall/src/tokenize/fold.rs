//! Letters that readers take for the same.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{compatible, script};

/// Appends `word` in lower case, without accents and invisible characters.
pub(super) fn push_folded(folded: &mut String, word: &str) {
    if word.is_ascii() {
        let end = folded.len();
        folded.push_str(word);
        folded.get_mut(end..).unwrap_or_default().make_ascii_lowercase();
    } else {
        let lower = word.chars().flat_map(char::to_lowercase);
        let plain = lower.nfd().filter(|&c| !is_optional(c));
        folded.extend(plain.flat_map(Spelled::of).nfc());
    }
}

/// The words of a key, or of a query that may carry one: what is between punctuation and white space, folded, each
/// character of an unspaced script as a word. A text of punctuation only has none.
pub(crate) fn key_words(text: &str) -> Vec<String> {
    let text = compatible(text);
    let is_gap = |c: char| !(c.is_alphanumeric() || is_combining_mark(c) || script::is_emoji(c));
    let mut words = Vec::new();
    for run in text.split(is_gap).filter(|run| !run.is_empty()) {
        if run.is_ascii() {
            words.push(run.to_ascii_lowercase());
            continue;
        }
        for stretch in script::stretches(run) {
            let step = if stretch.starts_with(script::is_unspaced) { 1 } else { usize::MAX };
            let mut chars = stretch.chars().peekable();
            while chars.peek().is_some() {
                let mut word = String::new();
                let part: String = chars.by_ref().take(step).collect();
                push_folded(&mut word, &part);
                if !word.is_empty() {
                    words.push(word);
                }
            }
        }
    }
    words
}

/// Marks that are often left out, and characters that show nothing.
fn is_optional(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD                // soft hyphen
        | 0x0300..=0x036F     // combining accents
        | 0x0483..=0x0489     // Cyrillic combining marks
        | 0x0591..=0x05BD     // Hebrew accents and points
        | 0x05BF | 0x05C1 | 0x05C2 | 0x05C4 | 0x05C5 | 0x05C7
        | 0x0610..=0x061A     // Arabic marks and vowel signs
        | 0x061C              // Arabic letter mark
        | 0x0640              // tatweel
        | 0x064B..=0x065F
        | 0x0670
        | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF
        | 0x200B..=0x200F     // zero-width and direction marks
        | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF
        | 0xFE00..=0xFE0F     // variation selectors
        | 0xE0100..=0xE01EF
    )
}

/// A character, or the two letters that it is commonly replaced with.
struct Spelled(Option<char>, Option<char>);

impl Spelled {
    /// Letters that have no decomposition in Unicode, as ASCII-only keyboards write them.
    fn of(c: char) -> Self {
        let (first, second) = match c {
            'ß' => ('s', Some('s')),
            'æ' => ('a', Some('e')),
            'œ' => ('o', Some('e')),
            'þ' => ('t', Some('h')),
            'ø' => ('o', None),
            'đ' | 'ð' => ('d', None),
            'ħ' => ('h', None),
            'ı' => ('i', None),
            'ł' => ('l', None),
            'ŧ' => ('t', None),
            'ς' => ('σ', None),
            '\u{2019}' | '\u{02BC}' => ('\'', None),
            other => (other, None),
        };
        Self(Some(first), second)
    }
}

impl Iterator for Spelled {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        self.0.take().or_else(|| self.1.take())
    }
}
