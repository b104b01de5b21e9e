//! What is known of many, by id, laid out for a lookup that waits for the memory as seldom as can be.
//!
//! With 50,000 keys hardly anything of the one that comes is in the processor's caches, and what costs time is how many lines
//! and pages have to be waited for one after the other. So the table itself is small, 8 bytes a key, and leads at once to the
//! one place that has all of the key: its id, its secret's digest, and whom it lets in, with name and scopes.

use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use uuid::Uuid;

use super::CredentialId;
use crate::policy::Remembered;

/// What is remembered, by the id of the credential.
#[derive(Debug)]
pub(super) struct Table<T>(HashTable<Arc<Remembered<T>>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<T> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, id: CredentialId) -> Option<&Arc<Remembered<T>>> {
        let id = Uuid::from(id);
        self.0.find(hash(id), |one| one.principal.credential == Some(id))
    }

    /// Puts one in, in place of the one of this id if there is one; who comes by no credential is not looked for.
    pub(super) fn put(&mut self, remembered: Arc<Remembered<T>>) {
        let Some(id) = remembered.principal.credential else { return };
        let is_same = |one: &Arc<Remembered<T>>| one.principal.credential == Some(id);
        let hash_of = |one: &Arc<Remembered<T>>| one.principal.credential.map_or(0, hash);
        match self.0.entry(hash(id), is_same, hash_of) {
            Entry::Occupied(mut place) => *place.get_mut() = remembered,
            Entry::Vacant(place) => drop(place.insert(remembered)),
        }
    }

    /// Removes all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// One multiplication, since ids need no better: their lower half has 62 random bits. Strangers may ask for any id, but only what
/// the vault has is put in, under ids that were drawn here: nobody chooses what collides, and how long it is looked for what
/// is not there depends on what is there.
fn hash(id: Uuid) -> u64 {
    // 2^64 by the golden ratio, and odd: the low bits of the product, which choose the place, are as random as those of the
    // id; the high ones, by which places are told apart before an entry is looked at, depend on all of them.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (_, lower) = id.as_u64_pair();
    lower.wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::keys::Known;
    use crate::policy::Principal;

    fn id(upper: u64, lower: u64) -> CredentialId {
        CredentialId::from(Uuid::from_u64_pair(upper, lower))
    }

    fn remembered(id: CredentialId, entry: u64) -> Arc<Remembered<u64>> {
        let principal = Principal { credential: Some(id.into()), ..Principal::shell() };
        Arc::new(Remembered { principal, entry })
    }

    fn found(table: &Table<u64>, id: CredentialId) -> Option<u64> {
        table.get(id).map(|remembered| remembered.entry)
    }

    #[test]
    fn all_of_a_key_takes_little_more_than_two_lines_of_the_cache() {
        let counters = 2 * size_of::<usize>();
        assert_eq!(counters + size_of::<Remembered<Known>>(), 136);
    }

    #[test]
    fn each_is_found_however_many_there_are_and_however_they_collide() {
        let mut table = Table::default();
        // By threes with the same hash; the lower halves of some differ in their highest bit alone.
        let lower = |n: u64| if n.is_multiple_of(2) { n } else { (n - 1) | 1 << 63 };
        let ids = || (0..3000).map(|n| (n, id(n % 3, lower(n / 3))));
        for (n, id) in ids() {
            assert_eq!(found(&table, id), None);
            table.put(remembered(id, n));
        }
        assert_eq!(table.len(), 3000);
        for (n, each) in ids() {
            assert_eq!(found(&table, each), Some(n));
            assert_eq!(found(&table, id(3, lower(n / 3))), None);
        }
    }

    #[test]
    fn what_is_put_again_takes_the_place_of_what_was_there() {
        let mut table = Table::default();
        let [a, b] = [id(1, 7), id(2, 7)];
        for (id, entry) in [(a, 1), (b, 2), (a, 3)] {
            table.put(remembered(id, entry));
        }
        assert_eq!(table.len(), 2);
        assert_eq!([a, b].map(|id| found(&table, id)), [Some(3), Some(2)]);
    }

    #[test]
    fn nothing_is_found_after_all_were_removed_but_what_came_since() {
        let mut table = Table::default();
        let [a, b] = [id(1, 7), id(2, 7)];
        let first = remembered(a, 1);
        table.put(first.clone());
        table.put(remembered(b, 2));
        table.clear();
        assert_eq!((table.len(), Arc::strong_count(&first)), (0, 1));
        assert_eq!([a, b].map(|id| found(&table, id)), [None, None]);
        table.put(remembered(b, 3));
        assert_eq!([a, b].map(|id| found(&table, id)), [None, Some(3)]);
    }

    #[test]
    fn who_comes_by_no_credential_is_not_kept() {
        let mut table = Table::default();
        table.put(Arc::new(Remembered { principal: Principal::shell(), entry: 1 }));
        assert_eq!(table.len(), 0);
    }
}
