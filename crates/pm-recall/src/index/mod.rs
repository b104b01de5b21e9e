//! The index of one project: what changes it. `search` asks it, `compact` tidies it.

mod boost;
mod compact;
mod evidence;
mod filter;
mod interner;
mod key_phrases;
mod lexical;
mod lookup;
mod postings;
mod search;
mod slots;
mod terms;
mod varint;

use std::hash::{BuildHasher, RandomState};

use crate::{Document, Hit, Kind, Query};
use interner::Interner;
use key_phrases::KeyPhrases;
use lookup::Lookup;
use slots::{Slot, Slots};
use terms::Terms;

/// The items of one project, ready to be searched.
///
/// Statistics (item count, document frequencies, average length) are those of the items in this index: expired items
/// count until they are removed, removed ones do not. Term frequencies are counted to 65,535.
#[derive(Default)]
pub struct Index {
    slots: Slots,
    terms: Terms,
    sessions: Interner,
    /// Slots by kind and key.
    identities: Lookup,
    key_phrases: KeyPhrases,
    hasher: RandomState,
}

impl Index {
    /// An index without items; it allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Inserts an item, in place of the one of the same kind and key if there is one.
    pub fn put(&mut self, document: &Document<'_>) {
        self.remove(document.kind, document.key);
        let mut terms: Vec<u32> = Vec::new();
        document.each_token(|term, _| terms.push(self.terms.intern(term)));
        let length = interner::number(terms.len());
        terms.sort_unstable();
        let frequencies = || terms.chunk_by(u32::eq).filter_map(|same| Some((*same.first()?, same.len())));
        let slot = self.slots.push(
            Slot {
                key: document.key.into(),
                terms: varint::write_ascending(frequencies().map(|(term, _)| term)),
                timestamp: document.timestamp,
                expires_at: document.expires_at.unwrap_or(i64::MAX),
                importance: importance(document.importance),
                session: document.session.map_or(Slot::NO_SESSION, |session| self.sessions.intern(session)),
                phrase: self.key_phrases.hash(document.key),
                kind: document.kind,
                live: true,
            },
            length,
        );
        for (term, frequency) in frequencies() {
            self.terms.add(term, slot, u16::try_from(frequency).unwrap_or(u16::MAX));
        }
        self.note_key(slot);
    }

    /// Makes the item in `slot` known by its key.
    fn note_key(&mut self, slot: u32) {
        self.identities.insert(slot, |slot| slot_identity(&self.hasher, &self.slots, slot));
        self.key_phrases.insert(&self.slots, slot);
    }

    /// Removes an item; `false` if there is none of that kind and key.
    pub fn remove(&mut self, kind: Kind, key: &str) -> bool {
        let hash = identity(&self.hasher, kind, key);
        let is_it =
            |slot: &u32| self.slots.get(*slot).is_some_and(|item| item.kind == kind && *item.key == *key);
        let Some(slot) = self.identities.candidates(hash).find(is_it) else {
            return false;
        };
        self.identities.remove(slot, |slot| slot_identity(&self.hasher, &self.slots, slot));
        self.key_phrases.remove(&self.slots, slot);
        if let Some(terms) = self.slots.take(slot) {
            varint::read_ascending(&terms).for_each(|term| self.terms.remove(term, slot));
        }
        self.compact_if_worth_it();
        true
    }

    /// Removes all items and frees their memory.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// How many items there are, expired ones included.
    pub fn len(&self) -> usize {
        self.slots.live()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes the index takes, on the heap and itself; O(1).
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.slots.memory_bytes()
            + self.terms.memory_bytes()
            + self.sessions.memory_bytes()
            + self.identities.memory_bytes()
            + self.key_phrases.memory_bytes()
    }

    /// The items that answer `query`, best first; see [`Query`] for the filters.
    ///
    /// A blank query lists the newest items. Otherwise an item is found if it shares a term with the query, or if the
    /// query carries its exact key; what shares only stop words is not found. The order is that of the score, then the
    /// newer item, then kind and key: always the same for the same items, in whatever order they were put in.
    pub fn search(&self, query: &Query<'_>) -> Vec<Hit> {
        search::search(self, query)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "half of a good hash is a good hash")]
fn identity(hasher: &RandomState, kind: Kind, key: &str) -> u32 {
    hasher.hash_one((kind, key)) as u32
}

fn slot_identity(hasher: &RandomState, slots: &Slots, slot: u32) -> u32 {
    slots.get(slot).map_or(0, |item| identity(hasher, item.kind, &item.key))
}

#[expect(clippy::cast_possible_truncation, reason = "seven digits are plenty for a nudge")]
fn importance(given: f64) -> f32 {
    if given.is_nan() { 0.5 } else { given.clamp(0.0, 1.0) as f32 }
}
