//! Storing and deleting items.

use std::sync::Arc;

use jiff::Timestamp;
use pm_core::model::{Key, MemoryType, Precondition, ProjectId, Versioned};
use pm_core::ports::{Change, ItemLimit, LimitPolicy, PutItems, PutOutcome};
use pm_core::{Error, Result};

use super::state::{Held, State};
use crate::followers::Notice;

/// Stores all items of `put`, or none.
pub(super) fn put(
    state: &mut State,
    id: ProjectId,
    put: &PutItems,
    notices: &mut Vec<(ProjectId, Notice)>,
) -> Result<PutOutcome> {
    let now = state.now;
    let held = state.writable(id)?;
    if let [item] = put.items.as_slice() {
        let there = held.item(now, &(item.r#type, item.key.clone()));
        put.condition.check(there.map(|item| item.version))?;
    }
    let mut outcome = PutOutcome::default();
    let mut grows = false;
    for item in &put.items {
        let name = (item.r#type, item.key.clone());
        let created = held.item(now, &name).is_none();
        grows |= created && !item.expired(now);
        let version = held.next_version();
        held.items.insert(name, Arc::new(Versioned { value: item.clone(), version }));
        outcome.entries.push((created, version));
    }
    if let Some(limit) = put.limit.filter(|_| grows) {
        outcome.evicted = make_room(held, now, put, limit)?;
    }
    let evicted = outcome.evicted.iter().map(|(r#type, key)| Change::Removed(*r#type, key.clone()));
    let put = put.items.iter().map(|item| Change::Put(Arc::new(item.clone())));
    notices.extend(evicted.chain(put).map(|change| (id, change.into())));
    Ok(outcome)
}

/// Evicts until no more items live than may.
fn make_room(
    held: &mut Held,
    now: Timestamp,
    put: &PutItems,
    limit: ItemLimit,
) -> Result<Vec<(MemoryType, Key)>> {
    let surplus = held.live(now).count().saturating_sub(limit.max);
    let mut others: Vec<_> = held
        .live(now)
        .map(|item| (item.value.timestamp, item.value.r#type, item.value.key.clone()))
        .filter(|(_, r#type, key)| !put.items.iter().any(|new| new.r#type == *r#type && new.key == *key))
        .collect();
    if surplus > 0 && (limit.policy == LimitPolicy::Reject || others.len() < surplus) {
        return Err(Error::MemoryLimitReached { limit: limit.max });
    }
    others.sort();
    let evicted: Vec<_> = others.into_iter().take(surplus).map(|(_, r#type, key)| (r#type, key)).collect();
    for name in &evicted {
        held.remove_item(name);
    }
    Ok(evicted)
}

/// Deletes the live items of this key and these types.
pub(super) fn delete(
    state: &mut State,
    id: ProjectId,
    types: &[MemoryType],
    key: &Key,
    condition: &Precondition,
    notices: &mut Vec<(ProjectId, Notice)>,
) -> Result<Vec<MemoryType>> {
    let now = state.now;
    let held = state.writable(id)?;
    if let [r#type] = types {
        condition.check(held.item(now, &(*r#type, key.clone())).map(|item| item.version))?;
    }
    let mut deleted = Vec::new();
    for &r#type in types {
        let name = (r#type, key.clone());
        if held.item(now, &name).is_some() {
            held.remove_item(&name);
            notices.push((id, Change::Removed(r#type, key.clone()).into()));
            deleted.push(r#type);
        }
    }
    Ok(deleted)
}
