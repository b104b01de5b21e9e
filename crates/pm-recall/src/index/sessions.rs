//! Who stands beside whom: the items of each session in the order of time.

use std::cmp::Ordering;

use super::interner::{Interner, reserve_sparingly};
use super::slots::{Slot, Slots};
use crate::tuning::WINDOW_REACH;

/// No slot.
const NONE: u32 = u32::MAX;

/// The sessions of an index. An item without a session has no neighbours.
#[derive(Default)]
pub(super) struct Sessions {
    names: Interner,
    /// The slots of each session by time, then kind and key.
    members: Vec<Vec<u32>>,
    /// By slot: the one before and the one after it in its session.
    neighbours: Vec<[u32; 2]>,
    /// By slot: the tokens of the item and those within its reach, together; 0 without a session.
    window_lengths: Vec<u32>,
    /// Sum of `window_lengths` over live items, and how many have a session.
    tokens: u64,
    live: usize,
}

impl Sessions {
    /// The number of a session that items have or had.
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        self.names.get(name)
    }

    /// The number of a session, a new one if it has none.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        let number = self.names.intern(name);
        if self.members.len() < self.names.len() {
            self.members.push(Vec::new());
        }
        number
    }

    /// The name of a session.
    pub(super) fn resolve(&self, number: u32) -> &str {
        self.names.resolve(number)
    }

    /// How many numbers are given.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Adds the item in `slot`, the last of `slots`.
    pub(super) fn insert(&mut self, slots: &Slots, slot: u32) {
        reserve_sparingly(&mut self.neighbours);
        self.neighbours.push([NONE, NONE]);
        reserve_sparingly(&mut self.window_lengths);
        self.window_lengths.push(0);
        let Some(item) = slots.get(slot) else { return };
        let Some(members) = self.members.get_mut(item.session as usize) else { return };
        let at = members.partition_point(|&other| {
            slots.get(other).is_some_and(|other| by_time(other, item) == Ordering::Less)
        });
        let before = at.checked_sub(1).and_then(|at| members.get(at)).copied().unwrap_or(NONE);
        let after = members.get(at).copied().unwrap_or(NONE);
        members.insert(at, slot);
        self.live += 1;
        self.link(before, slot);
        self.link(slot, after);
        self.measure(slots, slot, slot);
    }

    /// Takes out the item in `slot`, which `slots` still holds.
    pub(super) fn remove(&mut self, slots: &Slots, slot: u32) {
        let Some(item) = slots.get(slot) else { return };
        let Some(members) = self.members.get_mut(item.session as usize) else { return };
        let found = members
            .binary_search_by(|&other| slots.get(other).map_or(Ordering::Less, |other| by_time(other, item)));
        let Ok(at) = found else { return };
        members.remove(at);
        let [before, after] = self.neighbours(slot);
        self.link(before, after);
        self.set(slot, [NONE, NONE]);
        self.set_length(slot, 0);
        self.live -= 1;
        self.measure(slots, before, after);
    }

    fn link(&mut self, before: u32, after: u32) {
        let [first, _] = self.neighbours(before);
        self.set(before, [first, after]);
        let [_, last] = self.neighbours(after);
        self.set(after, [before, last]);
    }

    fn set(&mut self, slot: u32, neighbours: [u32; 2]) {
        if let Some(entry) = self.neighbours.get_mut(slot as usize) {
            *entry = neighbours;
        }
    }

    fn neighbours(&self, slot: u32) -> [u32; 2] {
        self.neighbours.get(slot as usize).copied().unwrap_or([NONE, NONE])
    }

    /// Measures the windows anew that reach `left` or `right`, which were or are beside each other.
    fn measure(&mut self, slots: &Slots, left: u32, right: u32) {
        let mut reached: Vec<u32> = Vec::with_capacity(4 * WINDOW_REACH + 2);
        for end in [left, right] {
            if end != NONE {
                reached.extend(self.window(end));
            }
        }
        for slot in reached {
            let length = self.window(slot).map(|slot| slots.length(slot)).sum();
            self.set_length(slot, length);
        }
    }

    fn set_length(&mut self, slot: u32, length: u32) {
        if let Some(entry) = self.window_lengths.get_mut(slot as usize) {
            self.tokens = self.tokens + u64::from(length) - u64::from(*entry);
            *entry = length;
        }
    }

    /// Whether the item in `slot` has a session.
    pub(super) fn has(&self, slot: u32) -> bool {
        self.window_length(slot) > 0
    }

    /// The slot before this one in its session.
    pub(super) fn before(&self, slot: u32) -> Option<u32> {
        let [before, _] = self.neighbours(slot);
        (before != NONE).then_some(before)
    }

    /// This slot and those of its session that are at most [`WINDOW_REACH`] away.
    pub(super) fn window(&self, slot: u32) -> impl Iterator<Item = u32> {
        let walk = move |side: usize| {
            let step = move |at: &u32| self.neighbours(*at).get(side).copied().filter(|&next| next != NONE);
            std::iter::successors(Some(slot), step).skip(1).take(WINDOW_REACH)
        };
        std::iter::once(slot).chain(walk(0)).chain(walk(1))
    }

    /// The tokens of a slot's window.
    pub(super) fn window_length(&self, slot: u32) -> u32 {
        self.window_lengths.get(slot as usize).copied().unwrap_or(0)
    }

    /// How many items have a session, and the tokens of all windows.
    pub(super) fn totals(&self) -> (usize, u64) {
        (self.live, self.tokens)
    }

    /// Heap in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let members: usize = self.members.iter().map(Vec::capacity).sum();
        self.names.memory_bytes()
            + self.members.capacity() * size_of::<Vec<u32>>()
            + members * size_of::<u32>()
            + self.neighbours.capacity() * size_of::<[u32; 2]>()
            + self.window_lengths.capacity() * size_of::<u32>()
    }
}

fn by_time(a: &Slot, b: &Slot) -> Ordering {
    a.timestamp.cmp(&b.timestamp).then_with(|| a.kind.cmp(&b.kind)).then_with(|| a.key.cmp(&b.key))
}
