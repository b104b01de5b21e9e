//! The stage that compares terms.

use std::collections::HashMap;

use super::{Index, evidence::Evidence};
use crate::bm25::{self, LengthNorm};
use crate::{tokenize, tuning};

/// A term of the query that items hold.
struct QueryTerm {
    number: u32,
    /// How often the query says it: its part counts as often.
    count: f64,
    identifier: bool,
}

/// The query's known terms, in the order of their first appearance: sums are always made in the same order.
fn query_terms(index: &Index, text: &str) -> Vec<QueryTerm> {
    let mut terms: Vec<QueryTerm> = Vec::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    for token in tokenize(text) {
        let Some(number) = index.terms.get(&token.text) else {
            continue;
        };
        let place = *places.entry(number).or_insert(terms.len());
        if let Some(term) = terms.get_mut(place) {
            term.count += 1.0;
            term.identifier |= token.identifier;
        } else {
            terms.push(QueryTerm { number, count: 1.0, identifier: token.identifier });
        }
    }
    terms
}

/// Adds the BM25 score of each item that shares a term with `text`, and the boost of the identifiers it shares.
pub(super) fn add_terms(index: &Index, text: &str, evidence: &mut Evidence) {
    let norm = LengthNorm::new(index.slots.live(), index.slots.tokens());
    let mut identifiers = Vec::new();
    for term in query_terms(index, text) {
        let Some(postings) = index.terms.postings(term.number) else {
            continue;
        };
        let idf = bm25::idf(index.slots.live(), postings.document_frequency());
        let weight = term.count * idf;
        for (slot, frequency) in postings.iter() {
            evidence.add_lexical(slot, weight * norm.saturation(frequency, index.slots.length(slot)));
        }
        if term.identifier {
            let boost = tuning::IDENTIFIER_BOOST * idf;
            identifiers.extend(postings.iter().map(|(slot, _)| (slot, boost)));
        }
    }
    for (slot, boost) in identifiers {
        evidence.add_boost(slot, boost);
    }
}
