//! How much alike the texts of two items are.

use std::collections::HashMap;

use pm_model::{DIMENSIONS, StaticModel};
use serde_json::Value;

use crate::tuning::SIMILARITY_BYTES;
use crate::{document, flatten, tokenize::Tokenizer};

/// The text of an item's value, prepared to be compared with others: without key and metadata, which tell items apart that
/// say the same.
///
/// Of a longer text only the first [`SIMILARITY_BYTES`] bytes count, with each run of white space as one space.
#[derive(Clone, Debug)]
pub struct ItemText {
    text: String,
    lower: String,
    terms: HashMap<String, u32>,
    vector: Option<[f32; DIMENSIONS]>,
}

impl ItemText {
    /// The text of `value`: its field names and scalars in reading order.
    pub fn of(value: &Value) -> Self {
        let mut text = String::new();
        flatten::each_text(value, |part| {
            for word in part.split_whitespace() {
                if text.len() >= SIMILARITY_BYTES {
                    return;
                }
                if !text.is_empty() {
                    text.push(' ');
                }
                // A word may be all of the value.
                let room = SIMILARITY_BYTES.saturating_sub(text.len());
                text.push_str(word.get(..word.floor_char_boundary(room)).unwrap_or_default());
            }
        });
        let mut terms = HashMap::new();
        Tokenizer::new(|term: &str, _| *terms.entry(term.to_owned()).or_default() += 1).text(&text);
        let vector = StaticModel::bundled().embed(&document::prose(&text));
        Self { lower: text.to_lowercase(), text, terms, vector }
    }

    /// At most the first `bytes` bytes of it.
    pub fn head(&self, bytes: usize) -> &str {
        self.text.get(..self.text.floor_char_boundary(bytes)).unwrap_or_default()
    }

    /// How much alike the two are, `0.0..=1.0`: exactly 1 where they are equal up to case and white space.
    ///
    /// Otherwise the mean of the overlap of their terms (the sum of the lesser counts by that of the greater) and the
    /// cosine of their static vectors, below 0 counted as 0; the overlap alone where one of them has no vector. It is
    /// symmetric, and the same on every machine and with every embedder.
    pub fn similarity(&self, other: &Self) -> f64 {
        if self.lower == other.lower {
            return 1.0;
        }
        let overlap = self.overlap(other);
        let (Some(mine), Some(theirs)) = (&self.vector, &other.vector) else { return overlap };
        let cosine: f64 = mine.iter().zip(theirs).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        overlap.midpoint(cosine.clamp(0.0, 1.0))
    }

    fn overlap(&self, other: &Self) -> f64 {
        let total = |terms: &HashMap<String, u32>| terms.values().copied().map(f64::from).sum::<f64>();
        let shared =
            self.terms.iter().filter_map(|(term, count)| Some((*count).min(*other.terms.get(term)?)));
        let shared: f64 = shared.map(f64::from).sum();
        let either = total(&self.terms) + total(&other.terms) - shared;
        if either > 0.0 { shared / either } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn similarity(a: &Value, b: &Value) -> f64 {
        let (a, b) = (ItemText::of(a), ItemText::of(b));
        let similarity = a.similarity(&b);
        assert!((similarity - b.similarity(&a)).abs() < 1e-12, "it is symmetric");
        assert!((0.0..=1.0).contains(&similarity));
        similarity
    }

    #[test]
    fn equal_texts_are_exactly_1() {
        let one = json!("The connection pool is exhausted");
        for other in ["The connection pool is exhausted", "  the CONNECTION pool\n\tis exhausted "] {
            assert!(similarity(&one, &json!(other)).to_bits() == 1.0_f64.to_bits(), "{other}");
        }
        assert!(similarity(&json!("the"), &json!("The")).to_bits() == 1.0_f64.to_bits(), "no terms at all");
        assert!(similarity(&json!(null), &json!([])).to_bits() == 1.0_f64.to_bits(), "no text at all");
        assert!(similarity(&json!("is"), &json!("the")) < 1.0);
    }

    #[test]
    fn it_grows_with_what_is_shared() {
        let one = json!("the connection pool of the session cache is exhausted");
        let near = similarity(&one, &json!("the connection pool of the session cache was exhausted again"));
        let far = similarity(&one, &json!("connections to the cache are refused"));
        let other = similarity(&one, &json!("invoices are printed without their last page"));
        assert!(near > 0.8 && near > far && far > other && other < 0.2, "{near} {far} {other}");
    }

    #[test]
    fn how_often_a_term_stands_there_counts() {
        let once = ItemText::of(&json!("qqq zzz"));
        let thrice = ItemText::of(&json!("qqq zzz zzz zzz"));
        assert!((once.overlap(&thrice) - 0.5).abs() < 1e-12);
        let none = ItemText { vector: None, ..thrice };
        assert!((once.similarity(&none) - 0.5).abs() < 1e-12, "the overlap alone");
    }

    #[test]
    fn of_a_long_text_only_the_beginning_counts() {
        let long = |end: &str| json!(["é".repeat(SIMILARITY_BYTES), "disk full ".repeat(9_000), end]);
        assert!(ItemText::of(&long("a")).text.len() <= SIMILARITY_BYTES);
        assert!(similarity(&long("a"), &long("b")).to_bits() == 1.0_f64.to_bits());
        assert_eq!(ItemText::of(&json!("aé")).head(2), "a");
    }
}
