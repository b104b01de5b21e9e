//! Freeing what removed items left behind.

use super::{Index, Lookup, Sessions, Slot, varint};
use crate::tuning::{COMPACT_DEAD_MIN, COMPACT_DEAD_SHARE};

/// The new number of something that was dropped.
const GONE: u32 = u32::MAX;

impl Index {
    pub(super) fn compact_if_worth_it(&mut self) {
        let dead = self.slots.len() - self.slots.live();
        if dead > COMPACT_DEAD_MIN && dead * COMPACT_DEAD_SHARE > self.slots.len() {
            self.compact();
        }
    }

    /// Numbers the live items and the terms and sessions that they use anew, in the old order, and drops the rest.
    /// No answer changes by it.
    fn compact(&mut self) {
        let mut new_slots = vec![GONE; self.slots.len()];
        for (new, (old, _)) in (0..).zip(self.slots.iter()) {
            set(&mut new_slots, old, new);
        }
        let old_terms = std::mem::take(&mut self.terms);
        let mut new_terms = vec![GONE; old_terms.len()];
        for (old, name, postings) in old_terms.in_use() {
            let new = self.terms.intern(name);
            set(&mut new_terms, old, new);
            for (slot, frequency) in postings.iter() {
                if let Some(slot) = renumbered(&new_slots, slot) {
                    self.terms.add(new, slot, frequency);
                }
            }
        }
        drop(old_terms);
        let live = || new_slots.iter().zip(0..).filter(|(new, _)| **new != GONE).map(|(_, old)| old);
        self.texts = live().filter_map(|old: usize| self.texts.get(old).copied()).collect();
        self.passages = live().filter_map(|old| self.passages.get(old).copied()).collect();
        self.statics = self.statics.only(live());
        self.vectors = self.vectors.only(live());
        self.links = std::mem::take(&mut self.links).renumbered(|slot| renumbered(&new_slots, slot));
        let sessions = std::mem::take(&mut self.sessions);
        self.identities = Lookup::default();
        self.key_phrases.clear();
        for (slot, length) in std::mem::take(&mut self.slots).into_all() {
            if slot.live {
                self.keep(slot, length, &new_terms, &sessions);
            }
        }
    }

    fn keep(&mut self, slot: Slot, length: u32, new_terms: &[u32], sessions: &Sessions) {
        let terms = varint::read_ascending(&slot.terms).filter_map(|term| renumbered(new_terms, term));
        let terms = varint::write_ascending(terms);
        let session = match slot.session {
            Slot::NO_SESSION => Slot::NO_SESSION,
            session => self.sessions.intern(sessions.resolve(session)),
        };
        let at = self.slots.push(Slot { terms, session, ..slot }, length);
        self.note_key(at);
    }
}

fn set(numbers: &mut [u32], old: u32, new: u32) {
    if let Some(number) = numbers.get_mut(old as usize) {
        *number = new;
    }
}

fn renumbered(numbers: &[u32], old: u32) -> Option<u32> {
    numbers.get(old as usize).copied().filter(|&number| number != GONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Kind, Layout};

    #[test]
    fn terms_sessions_and_slots_of_removed_items_are_freed() {
        let mut index = Index::new(Layout::default());
        let kind = Kind::new(0).unwrap();
        for n in 0..400 {
            index.put(&Document {
                kind,
                kind_name: "error",
                key: &n.to_string(),
                value: &format!("shared only{n}").into(),
                metadata: None,
                session: Some(&format!("session {n}")),
                timestamp: 0,
                expires_at: None,
                importance: 0.5,
                tied_to: &[],
            });
        }
        let (terms, before) = (index.terms.len(), index.memory_bytes());
        for n in 0..200 {
            assert!(index.remove(kind, &n.to_string()));
        }
        // The last compaction ran when a little more than a quarter of the slots were dead.
        assert!(index.slots.len() < 280, "{} slots", index.slots.len());
        assert!(index.terms.len() < terms * 3 / 4, "{} of {terms} terms", index.terms.len());
        assert!(index.sessions.len() < 280);
        assert!(index.memory_bytes() < before * 3 / 4);
    }
}
