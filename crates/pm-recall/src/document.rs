//! What the index is told about an item.

use serde_json::Value;

use crate::tuning::PASSAGE_BYTES;
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
    /// The conversation or run the item belongs to: filtered by, and beside whom the item stands.
    pub session: Option<&'a str>,
    /// When the item happened, in microseconds since the Unix epoch, UTC.
    pub timestamp: i64,
    /// When the item stops being visible, in microseconds since the Unix epoch; `None` = never.
    pub expires_at: Option<i64>,
    /// How much the item matters, `0.0..=1.0`; 0.5 is neutral. Kept as `f32`; what lies outside is clamped and NaN is
    /// neutral.
    pub importance: f64,
    /// The items that this one comes along with, right behind them, wherever they are found: a solution names its errors.
    pub tied_to: &'a [(Kind, &'a str)],
}

impl Document<'_> {
    /// The terms that the index keeps of this item, in the order of its text.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.each_token(|text, identifier| tokens.push(Token { text: text.to_owned(), identifier }));
        tokens
    }

    /// The terms of the metadata's values: what the item says of itself beside its text, such as a speaker or a file.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(Value::Object(fields)) = self.metadata {
            let mut tokenizer = Tokenizer::new(|name: &str, _| names.push(name.to_owned()));
            for value in fields.values() {
                flatten::each_text(value, |text| tokenizer.text(text));
            }
        }
        names
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

    /// What a model makes the item's vector of: the metadata, a field a line, then the words of the key and the value.
    ///
    /// Names in camelCase and `snake_case` are taken apart, since the models were trained on prose. At most about
    /// [`PASSAGE_BYTES`] bytes: no model reads more.
    pub fn passage(&self) -> String {
        let mut passage = String::new();
        if let Some(Value::Object(fields)) = self.metadata {
            for (name, value) in fields {
                push_prose(&mut passage, name);
                passage.push(':');
                flatten::each_text(value, |text| push_words(&mut passage, text));
                passage.push('\n');
            }
        }
        for word in self.key.split(|c: char| !c.is_alphanumeric()).filter(|word| is_plain(word)) {
            push_words(&mut passage, word);
        }
        flatten::each_text(self.value, |text| push_words(&mut passage, text));
        passage
    }

    /// Whether the item is a question: it rarely answers one.
    pub(crate) fn is_question(&self) -> bool {
        matches!(self.value, Value::String(text) if text.trim_end().ends_with(['?', '？', '؟']))
    }
}

/// A word that says something: letters only, three at least.
fn is_plain(word: &str) -> bool {
    word.chars().all(char::is_alphabetic) && word.chars().nth(2).is_some()
}

fn push_words(passage: &mut String, text: &str) {
    if !passage.is_empty() && !passage.ends_with('\n') {
        passage.push(' ');
    }
    push_prose(passage, text);
}

/// A query as passages are written.
pub(crate) fn prose(query: &str) -> String {
    let mut prose = String::new();
    push_prose(&mut prose, query);
    prose
}

/// Appends `text` with its identifiers taken apart, as far as there is room.
fn push_prose(passage: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(c) = chars.next() {
        if passage.len() >= PASSAGE_BYTES {
            return;
        }
        let next_is_lower = chars.peek().is_some_and(|next| next.is_lowercase());
        let opens = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && next_is_lower)
            });
        if opens {
            passage.push(' ');
        }
        passage.push(if c == '_' { ' ' } else { c });
        before = Some(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_passage_reads_like_prose() {
        let metadata = json!({"speaker": "Caroline", "tags": ["a", 7]});
        let value = json!({"cause": "parseURLsNow failed in user_login"});
        let document = Document {
            kind: Kind::new(0).unwrap(),
            kind_name: "error",
            key: "login-500/x1",
            value: &value,
            metadata: Some(&metadata),
            session: None,
            timestamp: 0,
            expires_at: None,
            importance: 0.5,
            tied_to: &[],
        };
        assert_eq!(
            document.passage(),
            "speaker: Caroline\ntags: a 7\nlogin cause parse UR Ls Now failed in user login"
        );
        let long = json!("é".repeat(PASSAGE_BYTES));
        assert!(Document { value: &long, ..document }.passage().len() <= PASSAGE_BYTES + 2);
    }
}
