//! Stores what was read, in as few requests as it takes.

use std::collections::HashSet;

use serde_json::Value;

use super::door::Door;
use super::formats::{Entries, Entry};
use super::record::Record;
use super::stop::Stop;
use crate::cli::Failure;

/// Items, or messages, sent at a time, and about the bytes after which fewer are.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Stores all entries that are good in the project `id`, unless a signal comes before the last of them.
pub(super) fn apply(door: &mut dyn Door, id: &str, entries: Entries, stop: &Stop) -> Result<(), Failure> {
    let (mut items, mut messages) = (Batch::default(), Batch::default());
    let mut names = HashSet::new();
    for entry in entries {
        stop.check()?;
        let Entry { read, size, .. } = entry?;
        match read {
            Ok(Record::Item(item)) => {
                // A later one replaces an earlier one of the same name, which one request must not hold twice.
                let name = name_of(&item);
                if items.is_full_for(size) || names.contains(&name) {
                    names.clear();
                    door.store_items(id, items.take())?;
                }
                names.insert(name);
                items.add(item, size);
            }
            Ok(Record::Message(message)) => {
                if messages.is_full_for(size) {
                    door.add_messages(id, messages.take())?;
                }
                messages.add(message, size);
            }
            // Bad ones were named by the check, and are left out by the caller's wish.
            Ok(Record::Project(_) | Record::LeftOut(_)) | Err(_) => {}
        }
    }
    if !items.bodies.is_empty() {
        door.store_items(id, items.take())?;
    }
    if !messages.bodies.is_empty() {
        door.add_messages(id, messages.take())?;
    }
    Ok(())
}

/// The type and the key of an item.
pub(super) fn name_of(item: &Value) -> (String, String) {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("type"), text("key"))
}

/// Bodies that go together.
#[derive(Default)]
struct Batch {
    bodies: Vec<Value>,
    bytes: usize,
}

impl Batch {
    fn is_full_for(&self, size: usize) -> bool {
        let over = self.bytes.saturating_add(size) > BATCH_BYTES;
        self.bodies.len() >= BATCH || (over && !self.bodies.is_empty())
    }

    fn add(&mut self, body: Value, size: usize) {
        self.bodies.push(body);
        self.bytes += size;
    }

    fn take(&mut self) -> Vec<Value> {
        self.bytes = 0;
        std::mem::take(&mut self.bodies)
    }
}
