//! The stage that compares terms.

use std::collections::{BTreeMap, HashMap};

use super::{Index, NAME_MARK, evidence::Evidence, postings::Postings};
use crate::bm25::{self, LengthNorm};
use crate::tokenize::Tokenizer;
use crate::tuning;

/// A term of the query that items hold.
struct QueryTerm {
    number: u32,
    /// The number of the term as a name in metadata, if any item has it there.
    name: Option<u32>,
    /// How often the query says it: its part counts as often.
    count: f64,
    identifier: bool,
}

/// The query's known terms, in the order of their first appearance: sums are always made in the same order; and whether
/// these are all.
fn query_terms(index: &Index, text: &str) -> (Vec<QueryTerm>, bool) {
    let mut terms: Vec<QueryTerm> = Vec::new();
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut all = true;
    let mut name = String::new();
    let see = |text: &str, identifier| {
        let Some(number) = index.terms.get(text) else {
            all = false;
            return;
        };
        let place = *places.entry(number).or_insert(terms.len());
        if let Some(term) = terms.get_mut(place) {
            term.count += 1.0;
            term.identifier |= identifier;
        } else {
            name.clear();
            name.push(NAME_MARK);
            name.push_str(text);
            terms.push(QueryTerm { number, name: index.terms.get(&name), count: 1.0, identifier });
        }
    };
    Tokenizer::new(see).text(text);
    (terms, all)
}

/// Adds what the terms say: BM25 of each item that shares one with `text`, and of each item with its neighbours; the
/// names and identifiers that it shares.
pub(super) fn add_terms(index: &Index, text: &str, evidence: &mut Evidence, room: &mut Room) {
    let items = index.slots.live();
    let norm = LengthNorm::new(items, index.slots.tokens());
    let mut window = Window::new(index, &mut room.frequencies);
    let mut identifiers: HashMap<u32, f64> = HashMap::new();
    let (terms, all) = query_terms(index, text);
    // Who asks for one word or identifier looks it up: what holds all of it comes before what is only near it.
    let is_lookup = all && text.split_whitespace().nth(1).is_none();
    if is_lookup {
        add_lookup(index, &terms, evidence);
    }
    for term in &terms {
        // A term that only removed items held is no term of the index, even before it is compacted.
        let Some(postings) = posted(index, term.number) else { continue };
        let idf = bm25::idf(items, postings.document_frequency());
        let weight = term.count * idf;
        evidence.idfs += weight;
        let (sums, lengths) = (evidence.lexical.all(), index.slots.lengths());
        for (slot, frequency) in postings.iter() {
            if let (Some(sum), Some(length)) = (sums.get_mut(slot as usize), lengths.get(slot as usize)) {
                *sum += weight * norm.saturation(frequency, *length);
            }
        }
        window.add(index, postings, weight, evidence);
        if term.identifier {
            for (slot, _) in postings.iter() {
                *identifiers.entry(slot).or_default() += tuning::IDENTIFIER_BOOST * idf;
            }
        }
        if let Some(postings) = term.name.and_then(|name| index.terms.postings(name)) {
            add_name(items, postings, evidence);
        }
    }
    for (slot, boost) in identifiers {
        evidence.add_boost(slot, boost.min(tuning::IDENTIFIER_BOOST_MOST));
    }
}

/// The items that hold the term, if any does that was not removed.
fn posted(index: &Index, term: u32) -> Option<&Postings> {
    index.terms.postings(term).filter(|postings| postings.document_frequency() > 0)
}

/// Adds the boost of the items that hold all of the terms.
fn add_lookup(index: &Index, terms: &[QueryTerm], evidence: &mut Evidence) {
    let Some((first, others)) = terms.split_first() else { return };
    let slots = |term: &QueryTerm| posted(index, term.number).into_iter().flat_map(Postings::iter);
    let mut held: Vec<u32> = slots(first).map(|(slot, _)| slot).collect();
    for term in others {
        let mut next = slots(term).map(|(slot, _)| slot).peekable();
        held.retain(|slot| {
            while next.next_if(|other| other < slot).is_some() {}
            next.peek() == Some(slot)
        });
    }
    for slot in held {
        evidence.add_boost(slot, tuning::LOOKUP_BOOST);
    }
}

/// Notes the items whose metadata holds a term, from the postings of it as a name.
fn add_name(items: usize, postings: &Postings, evidence: &mut Evidence) {
    let idf = bm25::idf(items, postings.document_frequency());
    #[expect(clippy::cast_possible_truncation, reason = "within 0..=1")]
    let weight = (idf / tuning::NAME_IDF).min(1.0) as f32;
    let named = evidence.named.all();
    for (slot, _) in postings.iter() {
        if let Some(named) = named.get_mut(slot as usize) {
            *named = named.max(weight);
        }
    }
}

/// What this stage needs room for, kept from one search to the next.
#[derive(Default)]
pub(super) struct Room {
    frequencies: Frequencies,
}

impl Room {
    /// Bytes that it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        let Frequencies { by_slot, found } = &self.frequencies;
        by_slot.capacity() * size_of::<u16>() + found.capacity() * size_of::<u32>()
    }
}

/// Term frequencies of windows, by slot; 0 where no item of its window holds the term.
#[derive(Default)]
struct Frequencies {
    by_slot: Vec<u16>,
    /// The slots where they are not 0, each once.
    found: Vec<u32>,
}

/// The windows that hold one term at a time.
struct Window<'a> {
    norm: LengthNorm,
    frequencies: &'a mut Frequencies,
    /// Whether any item has neighbours.
    any: bool,
}

impl<'a> Window<'a> {
    fn new(index: &Index, frequencies: &'a mut Frequencies) -> Self {
        let (items, tokens) = index.sessions.totals();
        let any = items > 0;
        if any {
            // All of them are 0 since the last term.
            frequencies.by_slot.resize(index.slots.len(), 0);
        }
        Self { norm: LengthNorm::new(items, tokens), frequencies, any }
    }

    /// Adds what a term says of each window, and is ready for the next term.
    fn add(&mut self, index: &Index, postings: &Postings, weight: f64, evidence: &mut Evidence) {
        if !self.any {
            return;
        }
        for (slot, frequency) in postings.iter().filter(|(slot, _)| index.sessions.has(*slot)) {
            self.note(index, slot, frequency);
        }
        let sums = evidence.window.all();
        for slot in self.frequencies.found.drain(..) {
            let frequency = self.frequencies.by_slot.get_mut(slot as usize);
            if let (Some(frequency), Some(sum)) = (frequency, sums.get_mut(slot as usize)) {
                let length = index.sessions.window_length(slot);
                *sum += weight * self.norm.saturation(*frequency, length);
                *frequency = 0;
            }
        }
    }

    /// The item in `slot` holds the term so often.
    fn note(&mut self, index: &Index, slot: u32, frequency: u16) {
        for near in index.sessions.window(slot) {
            if let Some(sum) = self.frequencies.by_slot.get_mut(near as usize) {
                if *sum == 0 {
                    self.frequencies.found.push(near);
                }
                *sum = sum.saturating_add(frequency);
            }
        }
    }
}
