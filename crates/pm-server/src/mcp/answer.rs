//! What a tool answers: the same as text for whoever reads and as JSON for whoever computes, both within bounds.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

/// The answer of a tool.
pub(super) struct Answer {
    text: String,
    structured: Value,
}

impl Answer {
    /// One that reads as `text` and is `structured`.
    pub(super) fn new(text: String, structured: Value) -> Self {
        Self { text, structured }
    }

    /// Its text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// It as the result of a tool.
    pub(super) fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::success(vec![ContentBlock::text(self.text)]);
        result.structured_content = Some(self.structured);
        result
    }
}

/// Puts a field into a JSON object.
pub(super) fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}

/// How long each of several texts may be, so that together they have at most `budget` characters: the same for all, and what
/// short ones leave goes to the long ones.
pub(super) fn share(lengths: &[usize], budget: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let (mut left, mut texts) = (budget, sorted.len());
    for length in sorted {
        let each = left / texts;
        if length > each {
            return each;
        }
        left -= length;
        texts -= 1;
    }
    usize::MAX
}

/// The first `most` characters of a text, and how many it has where that is not all.
pub(super) fn cut(text: &str, most: usize) -> (&str, Option<usize>) {
    // A character has at least a byte.
    if text.len() <= most {
        return (text, None);
    }
    match text.char_indices().nth(most) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), Some(text.chars().count())),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_keep_within_the_budget_and_waste_none(
            lengths in proptest::collection::vec(0_usize..300, 0..20),
            budget in 0_usize..2_000,
        ) {
            let each = share(&lengths, budget);
            let used: usize = lengths.iter().map(|length| (*length).min(each)).sum();
            prop_assert!(used <= budget);
            let cut = lengths.iter().filter(|length| **length > each).count();
            // What is left over is less than a character for each of those that are cut.
            prop_assert!(cut == 0 || budget - used < cut);
        }

        #[test]
        fn a_cut_has_so_many_characters(text in ".{0,40}", most in 0_usize..50) {
            let (head, all) = cut(&text, most);
            prop_assert!(text.starts_with(head));
            prop_assert_eq!(head.chars().count(), text.chars().count().min(most));
            prop_assert_eq!(all, (text.chars().count() > most).then(|| text.chars().count()));
        }
    }
}
