//! Strings as numbers.

use std::hash::{BuildHasher, RandomState};

use super::lookup::Lookup;

/// Numbers strings in the order of their first appearance, from 0.
#[derive(Default)]
pub(super) struct Interner {
    strings: Strings,
    lookup: Lookup,
    hasher: RandomState,
}

impl Interner {
    /// The number of `text`, if it has one.
    pub(super) fn get(&self, text: &str) -> Option<u32> {
        self.lookup.candidates(hash(&self.hasher, text)).find(|&number| self.strings.get(number) == text)
    }

    /// The number of `text`, a new one if it has none.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        self.get(text).unwrap_or_else(|| {
            let number = self.strings.push(text);
            self.lookup.insert(number, |number| hash(&self.hasher, self.strings.get(number)));
            number
        })
    }

    /// The string that is numbered `number`.
    pub(super) fn resolve(&self, number: u32) -> &str {
        self.strings.get(number)
    }

    pub(super) fn len(&self) -> usize {
        self.strings.ends.len()
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.strings.memory_bytes() + self.lookup.memory_bytes()
    }
}

/// Strings end to end in one buffer.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn push(&mut self, text: &str) -> u32 {
        let number = number(self.ends.len());
        if self.text.capacity() - self.text.len() < text.len() {
            self.text.reserve_exact(text.len() + self.text.len() / 8);
        }
        self.text.push_str(text);
        reserve_sparingly(&mut self.ends);
        self.ends.push(self::number(self.text.len()));
        number
    }

    fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let end_of = |at: usize| self.ends.get(at).map_or(0, |&end| end as usize);
        let start = at.checked_sub(1).map_or(0, end_of);
        self.text.get(start..end_of(at)).unwrap_or_default()
    }

    fn memory_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "half of a good hash is a good hash")]
fn hash(hasher: &RandomState, text: &str) -> u32 {
    hasher.hash_one(text) as u32
}

/// A position as it is kept: an index that lives in memory has far fewer than 2^32 items, terms or bytes of terms.
pub(super) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Makes room for one more element, an eighth at a time instead of doubling: there are many small indexes, and
/// what each reserves in vain adds up.
pub(super) fn reserve_sparingly<T>(elements: &mut Vec<T>) {
    if elements.len() == elements.capacity() {
        elements.reserve_exact((elements.len() / 8).max(4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_keep_their_numbers() {
        let mut interner = Interner::default();
        let strings: Vec<String> = (0..500).map(|n| format!("term {n}")).chain([String::new()]).collect();
        for round in 0..2 {
            for (at, string) in strings.iter().enumerate() {
                assert_eq!(interner.intern(string), number(at), "round {round}");
            }
        }
        assert_eq!(interner.len(), strings.len());
        assert_eq!(interner.resolve(7), "term 7");
        assert_eq!(interner.get("term 500"), None);
    }
}
