//! The stage that compares terms.

use std::collections::HashMap;

use super::{Index, evidence::Evidence, name_term};
use crate::bm25::{self, LengthNorm};
use crate::{tokenize, tuning};

/// A term of the query that items hold.
struct QueryTerm {
    text: String,
    number: u32,
    /// How often the query says it: its part counts as often.
    count: f64,
    identifier: bool,
}

/// The query's known terms, in the order of their first appearance: sums are always made in the same order; and whether
/// these are all.
fn query_terms(index: &Index, text: &str) -> (Vec<QueryTerm>, bool) {
    let mut terms: Vec<QueryTerm> = Vec::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut all = true;
    for token in tokenize(text) {
        let Some(number) = index.terms.get(&token.text) else {
            all = false;
            continue;
        };
        let place = *places.entry(number).or_insert(terms.len());
        if let Some(term) = terms.get_mut(place) {
            term.count += 1.0;
            term.identifier |= token.identifier;
        } else {
            let (text, identifier) = (token.text, token.identifier);
            terms.push(QueryTerm { text, number, count: 1.0, identifier });
        }
    }
    (terms, all)
}

/// Adds what the terms say: BM25 of each item that shares one with `text`, and of each item with its neighbours; the
/// names and identifiers that it shares.
pub(super) fn add_terms(index: &Index, text: &str, evidence: &mut Evidence) {
    let items = index.slots.live();
    let norm = LengthNorm::new(items, index.slots.tokens());
    let mut window = Window::new(index);
    let mut identifiers: HashMap<u32, f64> = HashMap::new();
    let (terms, all) = query_terms(index, text);
    // Who asks for one word or identifier looks it up: what holds all of it comes before what is only near it.
    let is_lookup = all && text.split_whitespace().nth(1).is_none();
    let wanted = terms.len();
    let mut held: HashMap<u32, usize> = HashMap::new();
    for term in terms {
        // A term that only removed items held is no term of the index, even before it is compacted.
        let posted = index.terms.postings(term.number).filter(|postings| postings.document_frequency() > 0);
        let Some(postings) = posted else {
            continue;
        };
        let idf = bm25::idf(items, postings.document_frequency());
        let weight = term.count * idf;
        evidence.idfs += weight;
        for (slot, frequency) in postings.iter() {
            if is_lookup {
                *held.entry(slot).or_default() += 1;
            }
            evidence.add_lexical(slot, weight * norm.saturation(frequency, index.slots.length(slot)));
            window.note(index, slot, frequency);
        }
        window.finish(index, weight, evidence);
        if term.identifier {
            for (slot, _) in postings.iter() {
                *identifiers.entry(slot).or_default() += tuning::IDENTIFIER_BOOST * idf;
            }
        }
        add_name(index, &term.text, evidence);
    }
    for (slot, _) in held.into_iter().filter(|(_, count)| *count == wanted) {
        evidence.add_boost(slot, tuning::LOOKUP_BOOST);
    }
    for (slot, boost) in identifiers {
        evidence.add_boost(slot, boost.min(tuning::IDENTIFIER_BOOST_MOST));
    }
}

/// Notes the items whose metadata holds the term.
fn add_name(index: &Index, term: &str, evidence: &mut Evidence) {
    let postings = index.terms.get(&name_term(term)).and_then(|name| index.terms.postings(name));
    if let Some(postings) = postings {
        let idf = bm25::idf(index.slots.live(), postings.document_frequency());
        #[expect(clippy::cast_possible_truncation, reason = "within 0..=1")]
        let weight = (idf / tuning::NAME_IDF).min(1.0) as f32;
        postings.iter().for_each(|(slot, _)| evidence.add_name(slot, weight));
    }
}

/// Term frequencies of windows, for one term at a time.
struct Window {
    norm: LengthNorm,
    /// By slot; 0 where no item of its window holds the term.
    frequencies: Vec<u16>,
    found: Vec<u32>,
}

impl Window {
    fn new(index: &Index) -> Self {
        let (items, tokens) = index.sessions.totals();
        let slots = if items > 0 { index.slots.len() } else { 0 };
        Self { norm: LengthNorm::new(items, tokens), frequencies: vec![0; slots], found: Vec::new() }
    }

    /// The item in `slot` holds the term so often.
    fn note(&mut self, index: &Index, slot: u32, frequency: u16) {
        if self.frequencies.is_empty() || !index.sessions.has(slot) {
            return;
        }
        for near in index.sessions.window(slot) {
            if let Some(sum) = self.frequencies.get_mut(near as usize) {
                if *sum == 0 {
                    self.found.push(near);
                }
                *sum = sum.saturating_add(frequency);
            }
        }
    }

    /// Adds what the term says of each window, and is ready for the next term.
    fn finish(&mut self, index: &Index, weight: f64, evidence: &mut Evidence) {
        for slot in self.found.drain(..) {
            if let Some(frequency) = self.frequencies.get_mut(slot as usize) {
                let length = index.sessions.window_length(slot);
                evidence.add_window(slot, weight * self.norm.saturation(*frequency, length));
                *frequency = 0;
            }
        }
    }
}
