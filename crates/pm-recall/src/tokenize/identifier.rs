//! Identifiers: whole and in parts.

use super::Tokenizer;
use crate::tuning;

/// Between the parts of a path, address or qualified name: `src/main.rs`, `std::sync`, `me@example.org`, `repo#12`.
const PATH: &[char] = &['/', '\\', ':', '@', '#'];
const DOT: &[char] = &['.'];
/// Between words, and within the number `1,000`.
const DASH: &[char] = &['-', '+', '&', ',', ';'];
const UNDERSCORE: &[char] = &['_'];
/// What does not matter in a whole form: `user_login`, `user-login` and `userLogin` are one term.
const GLUE: &[char] = &['-', '_', ',', ';'];

impl<F: FnMut(&str, bool)> Tokenizer<F> {
    pub(super) fn identifier(&mut self, text: &str) {
        let text = text.trim_matches('_');
        if parts(text, PATH).nth(1).is_some() {
            self.whole(text, true);
        }
        for name in parts(text, PATH) {
            if name.len() > tuning::MAX_IDENTIFIER_BYTES {
                self.word(name, true);
            } else if is_version(name) {
                self.name(name, &[DASH, DOT, UNDERSCORE]);
            } else {
                self.name(name, &[DOT, DASH, UNDERSCORE]);
            }
        }
    }

    /// A name and its parts, split by one level of separators after the other: at most three deep.
    fn name(&mut self, text: &str, levels: &[&[char]]) {
        let Some((separators, deeper)) = levels.split_first() else {
            return self.camel(text);
        };
        if parts(text, separators).nth(1).is_some() {
            // A compound of plain words, such as `well-known`, is no identifier: it is not meant to be matched exactly.
            let plain = separators.contains(&'-') && text.chars().all(|c| c == '-' || c.is_lowercase());
            self.whole(text, !plain);
        }
        for part in parts(text, separators) {
            self.name(part, deeper);
        }
    }

    /// The term for all of `text`.
    fn whole(&mut self, text: &str, identifier: bool) {
        if text.contains(PATH) || text.contains(DOT) {
            let text = if is_version(text) { text.trim_start_matches(['v', 'V']) } else { text };
            self.word(text, identifier);
        } else {
            self.word(&text.replace(GLUE, ""), identifier);
        }
    }

    /// A word that may be in camelCase.
    fn camel(&mut self, word: &str) {
        let starts = humps(word);
        if starts.is_empty() || word.len() > tuning::MAX_TERM_CHARS {
            return self.word(word, is_code(word));
        }
        self.word(word, true);
        let ends = starts.iter().copied().chain([word.len()]);
        for (start, end) in [0].into_iter().chain(starts.iter().copied()).zip(ends) {
            self.word(word.get(start..end).unwrap_or_default(), false);
        }
    }
}

fn parts<'a>(text: &'a str, separators: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split(separators).filter(|part| !part.is_empty())
}

/// `1.2.3`, `v2.0.1-rc1`: digits with a dot, after a `v` or nothing.
fn is_version(text: &str) -> bool {
    let number = text.strip_prefix(['v', 'V']).unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('.')
}

/// `E0382`, `ECONNREFUSED`, `utf8`: letters with digits, or four capitals and more.
pub(super) fn is_code(word: &str) -> bool {
    let any = |is: fn(char) -> bool| word.contains(is);
    let capitals = word.chars().all(char::is_uppercase) && word.chars().nth(3).is_some();
    capitals || (any(char::is_numeric) && any(char::is_alphabetic))
}

/// Where the second and later parts of a camelCase word begin: `parseURLsNow` at `URLs` and `Now`.
fn humps(word: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut before = None;
    let mut chars = word.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let after_lower = before.is_some_and(char::is_lowercase);
        let opens_word = next.is_some_and(char::is_lowercase)
            && before.is_some_and(|before: char| before.is_uppercase() || before.is_numeric())
            && !is_plural(word.get(at..).unwrap_or_default());
        if c.is_uppercase() && (after_lower || opens_word) {
            starts.push(at);
        }
        before = Some(c);
    }
    starts
}

/// The end of a plural such as `URLs`: a capital and an `s` that ends the word or is followed by another hump.
fn is_plural(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('s') && !chars.next().is_some_and(char::is_lowercase)
}
