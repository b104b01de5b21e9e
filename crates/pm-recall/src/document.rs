//! What the index is told about an item.

use serde_json::Value;

use crate::{Kind, Token, date, flatten, tokenize::Tokenizer};

/// An item to be found: identified by `(kind, key)`, found by all the rest of its text.
///
/// The text of an item is its key, the name of its kind, its value and metadata (JSON field names and scalars) and
/// the date of its timestamp in words.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Type of the item; with `key` its identity.
    pub kind: Kind,
    /// The type in words, such as `error`: searched like the text.
    pub kind_name: &'a str,
    /// Key of the item, unique within its kind, compared byte by byte.
    pub key: &'a str,
    /// The item itself: any JSON.
    pub value: &'a Value,
    /// Scalars and lists of scalars about the item, searched like the value.
    pub metadata: Option<&'a Value>,
    /// The conversation or run the item belongs to: filtered by, not searched.
    pub session: Option<&'a str>,
    /// When the item happened, in microseconds since the Unix epoch, UTC.
    pub timestamp: i64,
    /// When the item stops being visible, in microseconds since the Unix epoch; `None` = never.
    pub expires_at: Option<i64>,
    /// How much the item matters, `0.0..=1.0`; 0.5 is neutral. Kept as `f32`; what lies outside is clamped and NaN is
    /// neutral.
    pub importance: f64,
}

impl Document<'_> {
    /// The terms that the index keeps of this item, in the order of its text.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.each_token(|text, identifier| tokens.push(Token { text: text.to_owned(), identifier }));
        tokens
    }

    /// Calls `sink` with each term and whether it is an identifier.
    pub(crate) fn each_token(&self, mut sink: impl FnMut(&str, bool)) {
        let mut tokenizer = Tokenizer::new(&mut sink);
        tokenizer.text(self.key);
        tokenizer.text(self.kind_name);
        for json in [Some(self.value), self.metadata].into_iter().flatten() {
            flatten::each_text(json, |text| tokenizer.text(text));
        }
        tokenizer.text(&date::words(self.timestamp));
    }
}
