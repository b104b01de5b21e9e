//! A slot for each project whose index is loaded or being built, and who is at it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::held::Held;
use super::index::SharedIndex;
use crate::model::ProjectId;

/// What the allocator takes beyond what it is asked for, as one part of so many: between budgets of 64 and 512 MiB, what is
/// resident grew by 1.12 of what was asked for (`docs/benchmarks/growth.md`, a million items).
const OVERHEAD: usize = 8;

/// The slots of all projects. A slot stays as long as it has an index, or somebody is at it: what there is to know of
/// projects that do not exist takes no memory.
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    by_project: HashMap<ProjectId, Slot>,
    /// The last ticket given out; slots are ordered by theirs.
    tickets: u64,
    bytes: usize,
    items: usize,
    /// Bytes, slots and items as the figures tell them.
    reported: (usize, usize, usize),
}

#[derive(Default)]
struct Slot {
    place: Place,
    visitors: usize,
    last_ticket: u64,
    bytes: usize,
    items: usize,
}

/// Where a project's index is, or will be once it is built. The lock is held while it is built or brought up to date;
/// searches need it only for the moment of getting the index out.
type Place = Arc<AsyncMutex<Held>>;

/// Somebody at a slot. It may be removed meanwhile, and another take its place: then what is done here still answers
/// those who were here, and is of no account.
pub(super) struct Visit {
    slots: Slots,
    project: ProjectId,
    place: Place,
    ticket: u64,
}

impl Slots {
    /// Comes to the project's slot, which is made if it is not there, with a new ticket.
    pub(super) fn visit(&self, project: ProjectId) -> Visit {
        let mut table = self.table();
        table.tickets += 1;
        let ticket = table.tickets;
        let slot = table.by_project.entry(project).or_default();
        slot.last_ticket = ticket;
        slot.visitors += 1;
        Visit { slots: self.clone(), project, place: slot.place.clone(), ticket }
    }

    /// Comes to the project's slot if it is there, without a ticket.
    pub(super) fn look_in(&self, project: ProjectId) -> Option<Visit> {
        let mut table = self.table();
        let slot = table.by_project.get_mut(&project)?;
        slot.visitors += 1;
        Some(Visit { slots: self.clone(), project, place: slot.place.clone(), ticket: 0 })
    }

    /// The last ticket that is out.
    pub(super) fn tickets(&self) -> u64 {
        self.table().tickets
    }

    /// Removes the slot of a project.
    pub(super) fn remove(&self, project: ProjectId) {
        let mut table = self.table();
        let removed = table.remove(project);
        table.report();
        drop(table);
        // To free an index takes its time.
        drop(removed);
    }

    /// How many there are, and the bytes of all indexes.
    pub(super) fn size(&self) -> (usize, usize) {
        let table = self.table();
        (table.by_project.len(), table.bytes)
    }

    // Nothing here panics halfway through a change.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// The ticket it came with.
    pub(super) fn ticket(&self) -> u64 {
        self.ticket
    }

    /// Another visit to the same slot, with the same ticket.
    pub(super) fn again(&self) -> Self {
        if let Some(slot) = self.slots.table().slot(self) {
            slot.visitors += 1;
        }
        Self { slots: self.slots.clone(), place: self.place.clone(), ..*self }
    }

    /// Waits until nobody else is at what is held here. The guard has to go before the visit.
    pub(super) async fn lock(&self) -> OwnedMutexGuard<Held> {
        self.place.clone().lock_owned().await
    }

    /// The same, if nobody else is at it.
    pub(super) fn try_lock(&self) -> Option<OwnedMutexGuard<Held>> {
        self.place.clone().try_lock_owned().ok()
    }

    /// Notes what is held here now, and makes room by dropping other indexes, the least recently used first, while all
    /// together take more than `budget`, with what the allocator adds to them.
    pub(super) fn account(&self, held: &Held, budget: usize) {
        let (bytes, items) = held.index().map(SharedIndex::size).unwrap_or_default();
        let mut removed = Vec::new();
        let mut table = self.slots.table();
        table.set_size(self, bytes, items);
        while table.exceeds(budget)
            && let Some(oldest) = table.oldest_but(self.project)
        {
            removed.extend(table.remove(oldest));
        }
        table.report();
        drop(table);
        // To free an index takes its time.
        drop(removed);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut table = self.slots.table();
        let Some(slot) = table.slot(self) else { return };
        slot.visitors -= 1;
        if slot.visitors == 0 && self.place.try_lock().is_ok_and(|held| held.index().is_none()) {
            table.remove(self.project);
            table.report();
        }
    }
}

impl Table {
    /// The slot of this visit, unless it was removed meanwhile.
    fn slot(&mut self, visit: &Visit) -> Option<&mut Slot> {
        self.by_project.get_mut(&visit.project).filter(|slot| Arc::ptr_eq(&slot.place, &visit.place))
    }

    fn set_size(&mut self, visit: &Visit, bytes: usize, items: usize) {
        if let Some(slot) = self.slot(visit) {
            let before = (slot.bytes, slot.items);
            (slot.bytes, slot.items) = (bytes, items);
            self.bytes = self.bytes - before.0 + bytes;
            self.items = self.items - before.1 + items;
        }
    }

    /// Whether the indexes take more than `budget`, with what the allocator adds.
    fn exceeds(&self, budget: usize) -> bool {
        self.bytes + self.bytes / OVERHEAD > budget
    }

    /// The project whose index was not used for the longest. What is still being built frees nothing.
    fn oldest_but(&self, project: ProjectId) -> Option<ProjectId> {
        let others = self.by_project.iter().filter(|(id, slot)| **id != project && slot.bytes > 0);
        others.min_by_key(|(_, slot)| slot.last_ticket).map(|(id, _)| *id)
    }

    fn remove(&mut self, project: ProjectId) -> Option<Slot> {
        let slot = self.by_project.remove(&project)?;
        self.bytes -= slot.bytes;
        self.items -= slot.items;
        Some(slot)
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are doubles; sizes stay far below 2^53")]
    fn report(&mut self) {
        let now = (self.bytes, self.by_project.len(), self.items);
        if std::mem::replace(&mut self.reported, now) != now {
            metrics::gauge!("index_memory_bytes").set(self.bytes as f64);
            metrics::gauge!("index_projects").set(self.by_project.len() as f64);
            metrics::gauge!("index_items").set(self.items as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_without_an_index_go_with_the_last_visitor() {
        let (slots, project) = (Slots::default(), ProjectId::new(uuid::Uuid::nil()));
        assert!(slots.look_in(project).is_none());
        let first = slots.visit(project);
        let second = first.again();
        let third = slots.look_in(project).unwrap();
        drop(first);
        drop(third);
        assert_eq!(slots.size(), (1, 0));
        drop(second);
        assert_eq!(slots.size(), (0, 0));
    }

    #[test]
    fn what_the_allocator_adds_counts() {
        let of = |bytes| Table { bytes, ..Table::default() };
        assert!(!of(0).exceeds(0) && !of(800).exceeds(900));
        assert!(of(801).exceeds(900), "with an eighth it is more");
    }

    #[test]
    fn a_visit_to_a_slot_that_was_removed_is_of_no_account() {
        let (slots, project) = (Slots::default(), ProjectId::new(uuid::Uuid::nil()));
        let before = slots.visit(project);
        slots.remove(project);
        let after = slots.visit(project);
        assert!(after.ticket() > before.ticket() && after.ticket() == slots.tickets());
        slots.table().set_size(&before, 1000, 1);
        drop(before);
        assert_eq!(slots.size(), (1, 0), "the other stays, at its own size");
        slots.table().set_size(&after, 10, 1);
        slots.table().set_size(&after, 7, 1);
        assert_eq!(slots.size(), (1, 7));
        slots.remove(project);
        assert_eq!(slots.size(), (0, 0));
    }
}
