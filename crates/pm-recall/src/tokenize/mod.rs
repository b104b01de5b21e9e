//! Text to terms: the same for items and queries.
//!
//! White space separates chunks; `chunk` finds words, identifiers, emoji and unspaced script in them; `identifier` takes
//! identifiers apart; `fold` and `stop` make the terms. The work is linear in the text whatever it holds.

mod chunk;
mod fold;
mod identifier;
mod script;
mod stop;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};

use frostem::{Algorithm, Stemmer};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::tuning;

pub(crate) use fold::key_words;

/// A term, as it is kept in the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// The term: lower case, folded, stemmed; at most [`tuning::MAX_TERM_CHARS`] characters, never empty.
    pub text: String,
    /// Whether it stands for a whole identifier (error code, camelCase, `snake_case`, path, version): rare, and meant
    /// exactly as it was written.
    pub identifier: bool,
}

/// The terms of `text`, in the order of the text.
///
/// NFKC; words as in Unicode Standard Annex 29; lower case; accents folded; emoji kept, without skin tone; Chinese,
/// Japanese, Korean, Thai, Lao, Khmer and Burmese as bigrams (a lone character as itself); English stop words left
/// out and the rest stemmed (Snowball English). An identifier gives its whole form, its parts, and the whole
/// forms of those parts that have parts themselves. camelCase, `snake_case` and kebab-case share one whole form.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    Tokenizer::new(|text: &str, identifier| tokens.push(Token { text: text.to_owned(), identifier }))
        .text(text);
    tokens
}

/// Hands the terms of texts to `sink`, each with whether it is an identifier.
pub(crate) struct Tokenizer<F> {
    sink: F,
    stemmer: Stemmer,
    /// Buffer of the term at hand, kept to spare an allocation per term.
    term: String,
}

impl<F: FnMut(&str, bool)> Tokenizer<F> {
    pub(crate) fn new(sink: F) -> Self {
        Self { sink, stemmer: Stemmer::new(Algorithm::English), term: String::new() }
    }

    pub(crate) fn text(&mut self, text: &str) {
        for chunk in compatible(text).split_whitespace() {
            self.chunk(chunk);
        }
    }

    /// A word with nothing to take apart but apostrophes.
    fn word(&mut self, word: &str, identifier: bool) {
        let mut term = std::mem::take(&mut self.term);
        term.clear();
        fold::push_folded(&mut term, word);
        if !stop::is_stop_word(&term) {
            let base = term.strip_suffix("'s").unwrap_or(&term);
            for part in base.split('\'').filter(|part| !part.is_empty()) {
                // The whole term is none, as was just seen.
                if part.len() == term.len() || !stop::is_stop_word(part) {
                    self.stemmed(part, identifier);
                }
            }
        }
        self.term = term;
    }

    /// A folded term that is still to be stemmed.
    fn stemmed(&mut self, term: &str, identifier: bool) {
        if term.bytes().all(|byte| byte.is_ascii_lowercase()) && term.len() <= tuning::MAX_TERM_CHARS {
            let stem = self.stemmer.stem(term);
            self.emit(&stem, identifier);
        } else {
            self.emit(term, identifier);
        }
    }

    /// A finished term.
    fn emit(&mut self, term: &str, identifier: bool) {
        if term.len() <= tuning::MAX_TERM_CHARS || term.chars().nth(tuning::MAX_TERM_CHARS).is_none() {
            if !term.is_empty() {
                (self.sink)(term, identifier);
            }
        } else {
            (self.sink)(&abridged(term), identifier);
        }
    }
}

/// `text` in the normalisation form NFKC.
fn compatible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// The beginning of a long term and a digest of all of it, [`tuning::MAX_TERM_CHARS`] characters in all.
fn abridged(term: &str) -> String {
    const DIGEST_CHARS: usize = 16;
    let mut hasher = DefaultHasher::new();
    hasher.write(term.as_bytes());
    let short: String = term.chars().take(tuning::MAX_TERM_CHARS - DIGEST_CHARS).collect();
    short + &format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests;
