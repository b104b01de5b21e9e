//! The vectors of items.

use std::sync::Arc;

use jiff::Timestamp;
use pm_core::model::{Key, MemoryType, ProjectId, Versioned};
use pm_core::ports::{ItemVector, ModelTag};
use pm_core::{Error, Result};

use super::state::{Held, State};

/// Keeps those whose item is live in their version.
pub(super) fn put(state: &mut State, id: ProjectId, model: ModelTag, vectors: &[ItemVector]) -> Result<()> {
    let now = state.now;
    let held = Arc::make_mut(state.projects.get_mut(&id).ok_or(Error::ProjectNotFound)?);
    for ItemVector { r#type, key, version, bytes } in vectors {
        let name = (*r#type, key.clone());
        if held.item(now, &name).is_some_and(|item| item.version == *version) {
            let vector = Versioned { value: (model, bytes.clone()), version: *version };
            held.vectors.insert(name, Arc::new(vector));
        }
    }
    Ok(())
}

/// The vector by `model` of the item of this name, in its present version.
pub(super) fn of<'a>(
    held: &'a Held,
    now: Timestamp,
    model: ModelTag,
    name: &(MemoryType, Key),
) -> Option<&'a Vec<u8>> {
    let item = held.item(now, name)?;
    let vector = held.vectors.get(name).filter(|vector| vector.version == item.version)?;
    let (by, bytes) = &vector.value;
    (*by == model).then_some(bytes)
}

/// The names of the live items that follow `after`, in order.
pub(super) fn names<'a>(
    held: &'a Held,
    now: Timestamp,
    after: Option<&'a (MemoryType, Key)>,
) -> impl Iterator<Item = &'a (MemoryType, Key)> {
    let all = held.items.iter().filter(move |(_, item)| !item.value.expired(now)).map(|(name, _)| name);
    all.filter(move |name| after.is_none_or(|after| *name > after))
}
