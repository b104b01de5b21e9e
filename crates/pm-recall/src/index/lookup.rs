//! A hash table of numbers.

use std::num::NonZeroU32;

/// Finds numbers by the hash of what they stand for.
///
/// What they stand for is kept elsewhere, once, and hashed again when the table needs it, so that a bucket is 4 bytes:
/// there are many small indexes, and their tables are a good part of what they weigh. Open addressing with linear
/// probing; several numbers may share a hash.
#[derive(Default)]
pub(super) struct Lookup {
    /// The numbers, kept plus one so that an empty bucket needs no room of its own.
    buckets: Vec<Option<NonZeroU32>>,
    len: usize,
}

impl Lookup {
    /// Numbers that may have been inserted with `hash`: all of those that were, and some that were not.
    pub(super) fn candidates(&self, hash: u32) -> impl Iterator<Item = u32> {
        let (before, from) =
            self.buckets.split_at_checked(home(hash, self.buckets.len())).unwrap_or_default();
        from.iter().chain(before).map_while(|bucket| *bucket).map(|number| number.get() - 1)
    }

    /// Adds `number` with the hash that `hash_of` gives it. It is asked again for numbers that were inserted before.
    pub(super) fn insert(&mut self, number: u32, hash_of: impl Fn(u32) -> u32) {
        // At most 4 of 5 buckets are taken: a few probes on average, and the buckets of a probe are neighbours.
        if self.buckets.len() * 4 <= self.len * 5 {
            let grown = (self.buckets.len() + self.buckets.len() / 4).max(8);
            let old = std::mem::replace(&mut self.buckets, vec![None; grown]);
            for number in old.into_iter().flatten() {
                self.place(number, hash_of(number.get() - 1));
            }
        }
        self.len += 1;
        self.place(NonZeroU32::MIN.saturating_add(number), hash_of(number));
    }

    fn place(&mut self, number: NonZeroU32, hash: u32) {
        let home = home(hash, self.buckets.len());
        let (before, from) = self.buckets.split_at_mut(home);
        if let Some(bucket) = from.iter_mut().chain(before).find(|bucket| bucket.is_none()) {
            *bucket = Some(number);
        }
    }

    /// Removes `number`, if it was inserted; `hash_of` as in [`Self::insert`].
    pub(super) fn remove(&mut self, number: u32, hash_of: impl Fn(u32) -> u32) {
        let capacity = self.buckets.len();
        let ring = |at: usize| if at + 1 < capacity { at + 1 } else { 0 };
        let home = |number: u32| home(hash_of(number), capacity);
        let mut hole = home(number);
        loop {
            match self.number(hole) {
                None => return,
                Some(found) if found == number => break,
                Some(_) => hole = ring(hole),
            }
        }
        // Backward shift (Knuth, "The Art of Computer Programming" 3, 6.4, algorithm R): what could not be in its home
        // because of the removed number moves up, so that a run never has a gap.
        let mut next = ring(hole);
        while let Some(moving) = self.number(next) {
            let distance = |from: usize| if next >= from { next - from } else { next + capacity - from };
            if distance(home(moving)) >= distance(hole) {
                self.buckets.swap(hole, next);
                hole = next;
            }
            next = ring(next);
        }
        if let Some(bucket) = self.buckets.get_mut(hole) {
            *bucket = None;
        }
        self.len -= 1;
    }

    fn number(&self, at: usize) -> Option<u32> {
        Some(self.buckets.get(at).copied().flatten()?.get() - 1)
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<Option<NonZeroU32>>()
    }
}

/// The bucket where the search for `hash` begins: the hash scaled to the capacity, which may be any number.
fn home(hash: u32, capacity: usize) -> usize {
    ((u64::from(hash) * capacity as u64) >> u32::BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Few hashes, at both ends of the range: long runs, collisions and runs that wrap around.
    fn hash_of(number: u32) -> u32 {
        [0, 1, 9, 1 << 31, u32::MAX][number as usize % 5]
    }

    proptest! {
        #[test]
        fn finds_what_was_inserted_and_not_removed(steps in prop::collection::vec((any::<bool>(), 0_u32..60), 0..200)) {
            let mut lookup = Lookup::default();
            let mut expected = std::collections::BTreeSet::new();
            for (insert, number) in steps {
                if !insert {
                    expected.remove(&number);
                    lookup.remove(number, hash_of);
                } else if expected.insert(number) {
                    lookup.insert(number, hash_of);
                }
                for number in 0..60 {
                    let found = lookup.candidates(hash_of(number)).filter(|&found| found == number).count();
                    prop_assert_eq!(found, usize::from(expected.contains(&number)));
                }
            }
        }
    }
}
