//! The dictionary: each term with its postings.

use super::interner::{Interner, reserve_sparingly};
use super::postings::Postings;

#[derive(Default)]
pub(super) struct Terms {
    names: Interner,
    postings: Vec<Postings>,
    postings_heap: usize,
}

impl Terms {
    /// The number of `term`, if any item ever held it.
    pub(super) fn get(&self, term: &str) -> Option<u32> {
        self.names.get(term)
    }

    /// The number of `term`, a new one without postings if it has none.
    pub(super) fn intern(&mut self, term: &str) -> u32 {
        let number = self.names.intern(term);
        if self.postings.len() < self.names.len() {
            reserve_sparingly(&mut self.postings);
            self.postings.push(Postings::default());
        }
        number
    }

    pub(super) fn postings(&self, term: u32) -> Option<&Postings> {
        self.postings.get(term as usize)
    }

    /// Adds the item in `slot`, which is above all slots there are, to the items that hold `term`.
    pub(super) fn add(&mut self, term: u32, slot: u32, frequency: u16) {
        if let Some(postings) = self.postings.get_mut(term as usize) {
            self.postings_heap -= postings.heap_bytes();
            postings.push(slot, frequency);
            self.postings_heap += postings.heap_bytes();
        }
    }

    /// Takes the item in `slot` out of the items that hold `term`.
    pub(super) fn remove(&mut self, term: u32, slot: u32) {
        if let Some(postings) = self.postings.get_mut(term as usize) {
            postings.remove(slot);
        }
    }

    /// The terms that live items hold, with their postings, in the order of their numbers.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (u32, &str, &Postings)> {
        (0..)
            .zip(&self.postings)
            .filter(|(_, postings)| postings.document_frequency() > 0)
            .map(|(term, postings)| (term, self.names.resolve(term), postings))
    }

    /// How many numbers are given.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.names.memory_bytes() + self.postings.capacity() * size_of::<Postings>() + self.postings_heap
    }
}
