//! The index of one project: what changes it. `search` asks it, `compact` tidies it.

mod boost;
mod candidates;
mod compact;
mod duplicates;
mod evidence;
mod filter;
mod fusion;
mod interner;
mod key_phrases;
mod lexical;
mod links;
mod lookup;
mod postings;
mod rows;
mod scoring;
mod scratch;
mod search;
mod sessions;
mod slots;
mod terms;
mod varint;

use std::hash::{BuildHasher, RandomState};

use pm_model::StaticModel;

use crate::{Document, Hit, Kind, PassageVector, Query, semantic};
use key_phrases::KeyPhrases;
use links::Links;
use lookup::Lookup;
use rows::Rows;
pub use scratch::Scratch;
use sessions::Sessions;
use slots::{Slot, Slots};
use terms::Terms;

/// Which vectors an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Whether every item has a vector by the static model in the binary.
    pub statics: bool,
    /// How many values a vector by the embedder has; 0: not known yet, the first one that is attached decides, or there is
    /// no embedder.
    pub dimensions: usize,
}

/// The items of one project, ready to be searched.
///
/// Statistics (item count, document frequencies, average length) are those of the items in this index: expired items
/// count until they are removed, removed ones do not. Term frequencies are counted to 65,535.
#[derive(Default)]
pub struct Index {
    layout: Layout,
    slots: Slots,
    terms: Terms,
    sessions: Sessions,
    /// Slots by kind and key.
    identities: Lookup,
    key_phrases: KeyPhrases,
    links: Links,
    /// By slot: what the item's text is, to tell those that say the same.
    texts: Vec<u32>,
    statics: Rows,
    /// Vectors by the embedder, and by slot the passage that one has to be of.
    vectors: Rows,
    passages: Vec<u64>,
    hasher: RandomState,
}

impl Index {
    /// An index without items; it allocates nothing.
    pub fn new(layout: Layout) -> Self {
        let statics = Rows::new(if layout.statics { pm_model::DIMENSIONS } else { 0 });
        Self { layout, statics, vectors: Rows::new(layout.dimensions), ..Self::default() }
    }

    /// Inserts an item, in place of the one of the same kind and key if there is one. Its vector stays if its passage
    /// does.
    pub fn put(&mut self, document: &Document<'_>) {
        let passage = document.passage();
        let fingerprint = semantic::fingerprint(&passage);
        let kept = self.find(document.kind, document.key).and_then(|slot| self.vector_of(slot, fingerprint));
        self.remove(document.kind, document.key);
        let mut terms: Vec<u32> = Vec::new();
        document.each_token(|term, _| terms.push(self.terms.intern(term)));
        let length = interner::number(terms.len());
        terms.extend(document.names().iter().map(|name| self.terms.intern(&name_term(name))));
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
                is_question: document.is_question(),
                live: true,
            },
            length,
        );
        for (term, frequency) in frequencies() {
            self.terms.add(term, slot, u16::try_from(frequency).unwrap_or(u16::MAX));
        }
        self.texts.push(duplicates::text(&self.hasher, document));
        self.passages.push(fingerprint);
        if self.layout.statics {
            let vector = StaticModel::bundled().embed_leading(&passage);
            self.statics.push_vector(vector.as_ref().map(<[f32; pm_model::DIMENSIONS]>::as_slice));
        }
        self.vectors.push(kept.as_ref().map(PassageVector::row));
        self.links.insert(slot, document.tied_to.iter().copied());
        self.note_key(slot);
    }

    /// Makes the item in `slot` known by its key and beside its neighbours.
    fn note_key(&mut self, slot: u32) {
        self.identities.insert(slot, |slot| slot_identity(&self.hasher, &self.slots, slot));
        self.key_phrases.insert(&self.slots, slot);
        self.sessions.insert(&self.slots, slot);
    }

    /// Gives an item the vector that an embedder made of its passage. `false` where there is no such item, it has
    /// another passage by now, or the vector has another number of values than those of this index.
    pub fn attach(&mut self, kind: Kind, key: &str, vector: &PassageVector) -> bool {
        if self.vectors.dimensions() == 0 && vector.dimensions() > 0 {
            self.vectors = Rows::new(vector.dimensions());
            (0..self.slots.len()).for_each(|_| self.vectors.push(None));
        }
        let Some(slot) = self.find(kind, key) else { return false };
        let is_its = self.passages.get(slot as usize) == Some(&vector.fingerprint());
        is_its && self.vectors.set(slot as usize, vector.row())
    }

    /// Whether an item has the vector of its passage by the embedder.
    pub fn is_embedded(&self, kind: Kind, key: &str) -> bool {
        self.find(kind, key).is_some_and(|slot| self.vectors.has(slot as usize))
    }

    fn vector_of(&self, slot: u32, fingerprint: u64) -> Option<PassageVector> {
        let same = self.passages.get(slot as usize) == Some(&fingerprint);
        let (bytes, scale) = self.vectors.get(slot as usize).filter(|_| same)?;
        Some(PassageVector::of_row(fingerprint, bytes, scale))
    }

    /// The slot of the item of this kind and key.
    fn find(&self, kind: Kind, key: &str) -> Option<u32> {
        let is_it =
            |slot: &u32| self.slots.get(*slot).is_some_and(|item| item.kind == kind && *item.key == *key);
        self.identities.candidates(identity(&self.hasher, kind, key)).find(is_it)
    }

    /// Removes an item; `false` if there is none of that kind and key.
    pub fn remove(&mut self, kind: Kind, key: &str) -> bool {
        let Some(slot) = self.find(kind, key) else { return false };
        self.identities.remove(slot, |slot| slot_identity(&self.hasher, &self.slots, slot));
        self.key_phrases.remove(&self.slots, slot);
        self.sessions.remove(&self.slots, slot);
        self.links.remove(slot);
        if let Some(terms) = self.slots.take(slot) {
            varint::read_ascending(&terms).for_each(|term| self.terms.remove(term, slot));
        }
        self.compact_if_worth_it();
        true
    }

    /// Removes all items and frees their memory.
    pub fn clear(&mut self) {
        *self = Self::new(self.layout);
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
            + self.links.memory_bytes()
            + self.statics.memory_bytes()
            + self.vectors.memory_bytes()
            + self.texts.capacity() * size_of::<u32>()
            + self.passages.capacity() * size_of::<u64>()
    }

    /// The items that answer `query`, best first; see [`Query`] for the filters.
    ///
    /// A blank query lists the newest items. Otherwise an item is found if it shares a term with the query, if the query
    /// carries its exact key, or if its vector is near enough to the query's. Of items that say the same the best is found
    /// alone, and an item is followed by those that are tied to it. Apart from these the order is that of the score,
    /// then the newer item, then kind and key: always the same for the same items, in whatever order they were put in.
    pub fn search(&self, query: &Query<'_>) -> Vec<Hit> {
        self.search_in(query, &mut Scratch::new())
    }

    /// The same, in room that was used before: for a large index it takes its time to be given that by the system anew.
    pub fn search_in(&self, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Hit> {
        search::search(self, query, scratch)
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

/// What a term begins with that stands for a name in the metadata of an item; no text has such a term.
const NAME_MARK: char = '\u{1}';

fn name_term(name: &str) -> String {
    format!("{NAME_MARK}{name}")
}
