//! A hash table of numbers.

/// Finds numbers by the hash of what they stand for.
///
/// What they stand for is kept elsewhere, once, so that a table costs 8 bytes per bucket; the caller tells true
/// matches from equal hashes. Open addressing with linear probing; several numbers may share a hash.
#[derive(Default)]
pub(super) struct Lookup {
    buckets: Vec<Option<Entry>>,
    len: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    /// The number, kept plus one so that an empty bucket needs no room of its own.
    number: std::num::NonZeroU32,
}

impl Lookup {
    /// The numbers that were inserted with `hash`.
    pub(super) fn matches(&self, hash: u32) -> impl Iterator<Item = u32> {
        let home = home(hash, self.buckets.len());
        let (before, from) = self.buckets.split_at_checked(home).unwrap_or_default();
        let run = from.iter().chain(before).map_while(|bucket| *bucket);
        run.filter(move |entry| entry.hash == hash).map(|entry| entry.number.get() - 1)
    }

    pub(super) fn insert(&mut self, hash: u32, number: u32) {
        // At most 4 of 5 buckets are taken: about 5 probes at most loads, and the buckets of a probe are neighbours.
        if self.buckets.len() * 4 <= self.len * 5 {
            let grown = (self.buckets.len() + self.buckets.len() / 4).max(8);
            let old = std::mem::replace(&mut self.buckets, vec![None; grown]);
            old.into_iter().flatten().for_each(|entry| self.place(entry));
        }
        self.len += 1;
        self.place(Entry { hash, number: std::num::NonZeroU32::MIN.saturating_add(number) });
    }

    fn place(&mut self, entry: Entry) {
        let home = home(entry.hash, self.buckets.len());
        let (before, from) = self.buckets.split_at_mut(home);
        if let Some(bucket) = from.iter_mut().chain(before).find(|bucket| bucket.is_none()) {
            *bucket = Some(entry);
        }
    }

    /// Removes `number`, which was inserted with `hash`.
    pub(super) fn remove(&mut self, hash: u32, number: u32) {
        let capacity = self.buckets.len();
        let ring = |at: usize| if at + 1 < capacity { at + 1 } else { 0 };
        let is_it = |entry: &Entry| entry.hash == hash && entry.number.get() - 1 == number;
        let mut hole = home(hash, capacity);
        while let Some(entry) = self.entry(hole) {
            if is_it(&entry) {
                break;
            }
            hole = ring(hole);
        }
        if self.entry(hole).is_none() {
            return;
        }
        // Backward shift (Knuth, "The Art of Computer Programming" 3, 6.4, algorithm R): what could not be in its home
        // because of the removed entry moves up, so that a run never has a gap.
        let mut next = ring(hole);
        while let Some(entry) = self.entry(next) {
            let distance = |from: usize| if next >= from { next - from } else { next + capacity - from };
            if distance(home(entry.hash, capacity)) >= distance(hole) {
                self.set(hole, Some(entry));
                hole = next;
            }
            next = ring(next);
        }
        self.set(hole, None);
        self.len -= 1;
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        self.buckets.get(at).copied().flatten()
    }

    fn set(&mut self, at: usize, entry: Option<Entry>) {
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = entry;
        }
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<Option<Entry>>()
    }
}

/// The bucket where the search for `hash` begins: the hash scaled to the capacity, which may be any number.
#[expect(clippy::cast_possible_truncation, reason = "the result is below the capacity")]
fn home(hash: u32, capacity: usize) -> usize {
    ((u64::from(hash) * capacity as u64) >> u32::BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bucket_is_eight_bytes() {
        assert_eq!(size_of::<Option<Entry>>(), 8);
    }

    proptest! {
        /// Few hashes, at both ends of the range: long runs, collisions and runs that wrap around.
        #[test]
        fn finds_what_was_inserted_and_not_removed(
            steps in prop::collection::vec((any::<bool>(), prop::sample::select(vec![0, 1, 9, 1 << 31, u32::MAX]), 0_u32..12), 0..200)
        ) {
            let mut lookup = Lookup::default();
            let mut expected: Vec<(u32, u32)> = Vec::new();
            for (insert, hash, number) in steps {
                match expected.iter().position(|&entry| entry == (hash, number)) {
                    None if insert => {
                        lookup.insert(hash, number);
                        expected.push((hash, number));
                    }
                    Some(at) if !insert => {
                        lookup.remove(hash, number);
                        expected.remove(at);
                    }
                    _ if !insert => lookup.remove(hash, number),
                    _ => {}
                }
                for hash in [0, 1, 9, 1 << 31, u32::MAX] {
                    let mut found: Vec<u32> = lookup.matches(hash).collect();
                    found.sort_unstable();
                    let mut numbers: Vec<u32> = expected.iter().filter(|entry| entry.0 == hash).map(|entry| entry.1).collect();
                    numbers.sort_unstable();
                    prop_assert_eq!(found, numbers);
                }
            }
        }
    }
}
