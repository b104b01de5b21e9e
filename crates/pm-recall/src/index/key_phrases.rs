//! Keys as sequences of words, to be found inside of a query.

use std::hash::{BuildHasher, RandomState};

use super::{interner::number, lookup::Lookup, slots::Slots};
use crate::{tokenize::key_words, tuning::MAX_KEY_PHRASE_WORDS};

/// Finds the items whose key is a given sequence of words.
#[derive(Default)]
pub(super) struct KeyPhrases {
    lookup: Lookup,
    /// Bit n is set once a key of n words was inserted, so that only such sequences are looked up.
    lengths: u64,
    hasher: RandomState,
}

/// Words of a query, at `start..end`, that may be a key.
#[derive(Clone, Copy)]
pub(super) struct Phrase {
    pub(super) start: usize,
    pub(super) end: usize,
    hash: u32,
}

impl KeyPhrases {
    /// The hash of a key's words, to be kept in [`Slot::phrase`].
    pub(super) fn hash(&self, key: &str) -> u32 {
        folded(key_words(key).iter().fold(0, |hash, word| chain(hash, self.hasher.hash_one(word))))
    }

    /// Adds the item in `slot`, which `slots` holds.
    pub(super) fn insert(&mut self, slots: &Slots, slot: u32) {
        let words = slots.get(slot).map_or(0, |item| key_words(&item.key).len());
        if words > 0 {
            self.lengths |= 1_u64.checked_shl(number(words)).unwrap_or(0);
            self.lookup.insert(slot, |slot| phrase(slots, slot));
        }
    }

    /// Takes out the item in `slot`, which `slots` still holds.
    pub(super) fn remove(&mut self, slots: &Slots, slot: u32) {
        self.lookup.remove(slot, |slot| phrase(slots, slot));
    }

    /// Takes out all items; hashes stay what they were.
    pub(super) fn clear(&mut self) {
        self.lookup = Lookup::default();
        self.lengths = 0;
    }

    /// The stretches of `words` that are as long as some key, and all of `words`.
    pub(super) fn phrases(&self, words: &[String]) -> Vec<Phrase> {
        let hashes: Vec<u64> = words.iter().map(|word| self.hasher.hash_one(word)).collect();
        let mut phrases = Vec::new();
        for start in 0..words.len() {
            let mut hash = 0;
            for (end, word) in (start + 1..).zip(hashes.iter().skip(start)) {
                let all = end - start == words.len();
                if end - start > MAX_KEY_PHRASE_WORDS && start > 0 {
                    break;
                }
                hash = chain(hash, *word);
                if all || (end - start <= MAX_KEY_PHRASE_WORDS && self.lengths >> (end - start) & 1 == 1) {
                    phrases.push(Phrase { start, end, hash: folded(hash) });
                }
            }
        }
        phrases
    }

    /// Slots whose key is `phrase`, or has its hash: the words are still to be compared.
    pub(super) fn candidates(&self, slots: &Slots, said: Phrase) -> impl Iterator<Item = u32> {
        self.lookup.candidates(said.hash).filter(move |&slot| phrase(slots, slot) == said.hash)
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.lookup.memory_bytes()
    }
}

fn phrase(slots: &Slots, slot: u32) -> u32 {
    slots.get(slot).map_or(0, |item| item.phrase)
}

/// The hash of a sequence from that of its beginning: a step per word, so that all stretches of a query are hashed in
/// one pass from each start. The factor is 2^64 divided by the golden ratio (Fibonacci hashing).
fn chain(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn folded(hash: u64) -> u32 {
    (hash >> u32::BITS) as u32
}
