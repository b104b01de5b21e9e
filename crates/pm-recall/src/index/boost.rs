//! The stage that looks for exact keys.

use std::collections::HashSet;

use super::{Index, evidence::Evidence, key_phrases::Phrase};
use crate::tokenize::key_words;
use crate::{bm25, tokenize, tuning};

/// Adds the boost of each item whose key the query carries or is, whatever the case and punctuation.
pub(super) fn add_keys(index: &Index, text: &str, evidence: &mut Evidence) {
    let words = key_words(text);
    let mut boosted = HashSet::new();
    for phrase in index.key_phrases.phrases(&words) {
        let said = words.get(phrase.start..phrase.end).unwrap_or_default();
        let mut boost = None;
        for slot in index.key_phrases.candidates(&index.slots, phrase) {
            let is_key = index.slots.get(slot).is_some_and(|item| key_words(&item.key) == said);
            if is_key && boosted.insert(slot) {
                let boost =
                    *boost.get_or_insert_with(|| phrase_boost(index, text, said, phrase, words.len()));
                evidence.add_boost(slot, boost);
            }
        }
    }
}

fn phrase_boost(index: &Index, text: &str, said: &[String], phrase: Phrase, words: usize) -> f64 {
    if phrase.end - phrase.start == words {
        let tokens: f64 = tokenize(text).iter().map(|token| idf(index, &token.text)).sum();
        tuning::WHOLE_KEY_BOOST + tuning::WHOLE_KEY_BOOST_PER_IDF * tokens
    } else {
        let tokens: f64 =
            said.iter().flat_map(|word| tokenize(word)).map(|token| idf(index, &token.text)).sum();
        let floor = if said.len() > 1 { tuning::KEY_BOOST_FLOOR } else { 0.0 };
        floor + tuning::KEY_BOOST * tokens
    }
}

/// The idf of a term; one that no item holds, such as a single character of a Chinese key, counts as held by the
/// item whose key it stands in.
fn idf(index: &Index, term: &str) -> f64 {
    let postings = index.terms.get(term).and_then(|term| index.terms.postings(term));
    bm25::idf(index.slots.live(), postings.map_or(1, |postings| postings.document_frequency().max(1)))
}
