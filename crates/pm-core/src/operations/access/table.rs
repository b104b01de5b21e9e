//! What is known of many, by id, laid out for a lookup that waits for the memory once.
//!
//! With 50,000 keys hardly anything of the one that comes is in the processor's caches, and what costs time is how many lines
//! have to be waited for one after the other. So the table itself is small, 16 bytes a key, and says both where the entry is
//! and where its principal is: these two come at the same time.

use std::sync::Arc;

use hashbrown::HashTable;

use super::CredentialId;
use crate::policy::Principal;

/// Entries by id, each with whom it lets in.
#[derive(Debug)]
pub(super) struct Table<T> {
    places: HashTable<Place>,
    slots: Vec<Slot<T>>,
}

#[derive(Debug)]
struct Place {
    principal: Arc<Principal>,
    /// Which slot has the entry.
    slot: u32,
}

/// An entry and its id, from the start of a line of the processor's cache on: those of keys fill one.
#[derive(Debug)]
#[repr(align(64))]
struct Slot<T> {
    id: CredentialId,
    entry: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: HashTable::new(), slots: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, id: CredentialId) -> Option<(&T, &Arc<Principal>)> {
        let place = self.places.find(hash(id), |place| place.has(id, &self.slots))?;
        Some((&place.of(&self.slots)?.entry, &place.principal))
    }

    /// Puts an entry in, in place of the one of this id if there is one.
    pub(super) fn put(&mut self, id: CredentialId, entry: T, principal: Arc<Principal>) {
        let Self { places, slots } = self;
        let made = Slot { id, entry };
        if let Some(place) = places.find_mut(hash(id), |place| place.has(id, slots)) {
            if let Some(before) = slots.get_mut(place.slot as usize) {
                *before = made;
                place.principal = principal;
            }
            return;
        }
        let Ok(slot) = u32::try_from(slots.len()) else { return };
        slots.push(made);
        let hash_of = |place: &Place| place.of(slots).map_or(0, |slot| hash(slot.id));
        places.insert_unique(hash(id), Place { principal, slot }, hash_of);
    }

    /// Removes all.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.slots.clear();
    }
}

impl Place {
    fn of<'a, T>(&self, slots: &'a [Slot<T>]) -> Option<&'a Slot<T>> {
        slots.get(self.slot as usize)
    }

    fn has<T>(&self, id: CredentialId, slots: &[Slot<T>]) -> bool {
        self.of(slots).is_some_and(|slot| slot.id == id)
    }
}

/// One multiplication, since ids need no better: their lower half has 62 random bits. Strangers may ask for any id, but only what
/// the vault has is put in, under ids that were drawn here: nobody chooses what collides, and how long it is looked for what
/// is not there depends on what is there.
fn hash(id: CredentialId) -> u64 {
    // 2^64 by the golden ratio, and odd: the low bits of the product, which choose the place, are as random as those of the
    // id; the high ones, by which places are told apart before an entry is looked at, depend on all of them.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    id.lower_half().wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::keys::Known;

    fn id(upper: u64, lower: u64) -> CredentialId {
        CredentialId::from(uuid::Uuid::from_u64_pair(upper, lower))
    }

    fn principal(name: u64) -> Arc<Principal> {
        Arc::new(Principal { name: name.to_string(), ..Principal::shell() })
    }

    fn found(table: &Table<u64>, id: CredentialId) -> Option<(u64, String)> {
        table.get(id).map(|(entry, principal)| (*entry, principal.name.clone()))
    }

    #[test]
    fn what_is_read_of_a_key_fills_a_line_of_the_cache() {
        assert_eq!((size_of::<Slot<Known>>(), align_of::<Slot<Known>>()), (64, 64));
    }

    #[test]
    fn each_is_found_however_many_there_are_and_however_they_collide() {
        let mut table = Table::default();
        // By threes with the same hash; the lower halves of some differ in their highest bit alone.
        let lower = |n: u64| if n.is_multiple_of(2) { n } else { (n - 1) | 1 << 63 };
        let ids = || (0..3000).map(|n| (n, id(n % 3, lower(n / 3))));
        for (n, id) in ids() {
            assert_eq!(found(&table, id), None);
            table.put(id, n, principal(n));
        }
        assert_eq!(table.len(), 3000);
        for (n, each) in ids() {
            assert_eq!(found(&table, each), Some((n, n.to_string())));
            assert_eq!(found(&table, id(3, lower(n / 3))), None);
        }
    }

    #[test]
    fn what_is_put_again_takes_the_place_of_what_was_there() {
        let mut table = Table::default();
        let [a, b] = [id(1, 7), id(2, 7)];
        table.put(a, 1, principal(1));
        table.put(b, 2, principal(2));
        table.put(a, 3, principal(3));
        assert_eq!(table.len(), 2);
        assert_eq!([a, b].map(|id| found(&table, id)), [Some((3, "3".into())), Some((2, "2".into()))]);
    }

    #[test]
    fn nothing_is_found_after_all_were_removed_but_what_came_since() {
        let mut table = Table::default();
        let [a, b] = [id(1, 7), id(2, 7)];
        let whom = principal(1);
        table.put(a, 1, whom.clone());
        table.put(b, 2, whom.clone());
        table.clear();
        assert_eq!((table.len(), Arc::strong_count(&whom)), (0, 1));
        assert_eq!([a, b].map(|id| found(&table, id)), [None, None]);
        table.put(b, 3, principal(3));
        assert_eq!([a, b].map(|id| found(&table, id)), [None, Some((3, "3".into()))]);
    }
}
