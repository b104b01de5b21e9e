//! Which items are tied to which: a solution to the error that it solves.

use std::collections::HashMap;

use crate::Kind;

type Identity = (Kind, Box<str>);

/// Ties between items by identity: what is tied to may come later, or never.
#[derive(Default)]
pub(super) struct Links {
    /// The slots that are tied to an identity.
    tied: HashMap<Identity, Vec<u32>>,
    /// What a slot is tied to.
    targets: HashMap<u32, Vec<Identity>>,
    heap: usize,
}

impl Links {
    /// Ties the item in `slot` to those of these kinds and keys.
    pub(super) fn insert<'a>(&mut self, slot: u32, targets: impl IntoIterator<Item = (Kind, &'a str)>) {
        for (kind, key) in targets {
            let target: Identity = (kind, key.into());
            self.heap += weight(&target);
            self.tied.entry(target.clone()).or_default().push(slot);
            self.targets.entry(slot).or_default().push(target);
        }
    }

    /// Unties the item in `slot`.
    pub(super) fn remove(&mut self, slot: u32) {
        for target in self.targets.remove(&slot).into_iter().flatten() {
            self.heap -= weight(&target);
            if let Some(slots) = self.tied.get_mut(&target) {
                slots.retain(|other| *other != slot);
                if slots.is_empty() {
                    self.tied.remove(&target);
                }
            }
        }
    }

    /// The slots that are tied to the item of this kind and key.
    pub(super) fn to(&self, kind: Kind, key: &str) -> &[u32] {
        if self.tied.is_empty() {
            return &[];
        }
        self.tied.get(&(kind, key.into())).map_or(&[], Vec::as_slice)
    }

    /// The same ties between slots with new numbers; those of slots without one are dropped.
    pub(super) fn renumbered(self, new: impl Fn(u32) -> Option<u32>) -> Self {
        let mut links = Self::default();
        for (slot, targets) in self.targets {
            if let Some(slot) = new(slot) {
                links.insert(slot, targets.iter().map(|(kind, key)| (*kind, &**key)));
            }
        }
        links
    }

    /// About how much heap is in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.heap
    }
}

/// A tie is kept on both sides, with a slot and a share of two tables.
fn weight((_, key): &Identity) -> usize {
    2 * (key.len() + size_of::<Identity>()) + 2 * size_of::<Vec<u32>>() + 2 * size_of::<u32>()
}
