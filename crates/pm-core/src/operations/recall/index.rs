//! One project's index, shared between those who search it and the one who brings it up to date.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::slice;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use pm_recall::{Document, Hit, Index, Kind, Layout, PassageVector, Query, Scratch};
use serde_json::Value;

use crate::model::{JsonText, Key, MemoryItem, MemoryType, SessionId};
use crate::ports::Change;

/// What the recall engine calls a memory type.
pub(super) fn kind(r#type: MemoryType) -> Option<Kind> {
    Kind::new(r#type.rank())
}

/// What the recall engine's hit is called in a store.
pub(super) fn name(hit: &Hit) -> Option<(MemoryType, Key)> {
    Some((MemoryType::from_rank(hit.kind.get())?, Key::stored(&hit.key)))
}

/// An index that many may search while one brings it up to date.
#[derive(Clone)]
pub(super) struct SharedIndex(Arc<RwLock<Contents>>);

struct Contents {
    index: Index,
    /// The items themselves, so that the store need not be asked for them.
    items: Items,
    /// Whether an item was given a vector by the embedder since it was empty.
    has_vectors: bool,
}

/// What a search found.
pub(super) struct Found {
    /// The best first.
    pub(super) hits: Vec<Hit>,
    /// The item of each hit in the state that was searched; `None`: the index does not keep it.
    pub(super) items: Vec<Option<Arc<MemoryItem>>>,
}

impl SharedIndex {
    /// An empty one, that keeps items of up to so many bytes beside it.
    pub(super) fn new(layout: Layout, kept_bytes: usize) -> Self {
        let items = Items::up_to(kept_bytes);
        let contents = Contents { index: Index::new(layout), items, has_vectors: false };
        Self(Arc::new(RwLock::new(contents)))
    }

    /// The best items for the query.
    pub(super) fn search(&self, query: &Query<'_>, room: &mut Scratch) -> Found {
        let contents = self.read();
        let hits = contents.index.search_in(query, room);
        let items = hits.iter().map(|hit| contents.items.get(hit)).collect();
        Found { hits, items }
    }

    /// Gives an item its vector; `false` if it has another passage by now, or is gone.
    pub(super) fn attach(&self, (r#type, key): &(MemoryType, Key), vector: &PassageVector) -> bool {
        let Some(kind) = kind(*r#type) else { return false };
        let contents = &mut *self.write();
        let attached = contents.index.attach(kind, key.as_str(), vector);
        contents.has_vectors |= attached;
        attached
    }

    /// Whether there may be an item with a vector by the embedder.
    pub(super) fn has_vectors(&self) -> bool {
        self.read().has_vectors
    }

    /// Bytes and items that it holds.
    pub(super) fn size(&self) -> (usize, usize) {
        let contents = self.read();
        (contents.index.memory_bytes() + contents.items.memory_bytes(), contents.index.len())
    }

    /// Whether no change was left half done by a panic.
    pub(super) fn is_whole(&self) -> bool {
        !self.0.is_poisoned()
    }

    /// Makes the change that the store saw.
    pub(super) fn apply(&self, change: &Change) {
        let contents = &mut *self.write();
        match change {
            Change::Put(item) => {
                put(&mut contents.index, item);
                contents.items.put(item);
            }
            Change::Removed(r#type, key) => {
                if let Some(kind) = kind(*r#type) {
                    contents.index.remove(kind, key.as_str());
                }
                contents.items.remove(*r#type, key);
            }
            Change::Cleared => {
                contents.index.clear();
                contents.has_vectors = false;
                contents.items = Items::up_to(contents.items.most);
            }
        }
    }

    // A panic while the index was written may have left it half written. Nobody is given such an index, and it is built
    // anew; a search that had got it before is only less good.
    fn read(&self) -> RwLockReadGuard<'_, Contents> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Contents> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedIndex").finish_non_exhaustive()
    }
}

fn put(index: &mut Index, item: &MemoryItem) {
    as_document(item, |document| index.put(document));
}

/// What an embedder makes the item's vector of.
pub(in crate::operations) fn passage(item: &MemoryItem) -> String {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is of one lifetime, and a closure of all"
    )]
    as_document(item, |document| document.passage()).unwrap_or_default()
}

/// The item as the recall engine sees it.
fn as_document<T>(item: &MemoryItem, see: impl FnOnce(&Document<'_>) -> T) -> Option<T> {
    let value = item.value.to_value();
    let metadata = item.metadata.as_ref().map(JsonText::to_value);
    let tied_to = tied_to(item, metadata.as_ref());
    Some(see(&Document {
        kind: kind(item.r#type)?,
        kind_name: item.r#type.as_str(),
        key: item.key.as_str(),
        value: &value,
        metadata: metadata.as_ref(),
        session: item.session_id.as_ref().map(SessionId::as_str),
        timestamp: item.timestamp.as_microsecond(),
        expires_at: item.expires_at.map(jiff::Timestamp::as_microsecond),
        importance: item.importance.unwrap_or(0.5),
        tied_to: &tied_to,
    }))
}

/// A solution is tied to the error of its key, and to those whose keys its metadata name under `solves`.
fn tied_to<'a>(item: &'a MemoryItem, metadata: Option<&'a Value>) -> Vec<(Kind, &'a str)> {
    let Some(error) = kind(MemoryType::Error).filter(|_| item.r#type == MemoryType::Solution) else {
        return Vec::new();
    };
    let named = match metadata.and_then(|metadata| metadata.get("solves")) {
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(key) => slice::from_ref(key),
        None => &[],
    };
    let keys = named.iter().filter_map(Value::as_str).chain([item.key.as_str()]);
    keys.collect::<BTreeSet<_>>().into_iter().map(|key| (error, key)).collect()
}

/// The items of a project by name, with a count of the bytes they take.
struct Items {
    /// The most bytes that an item may take to be kept.
    most: usize,
    by_name: HashMap<(MemoryType, Key), Arc<MemoryItem>>,
    /// Outside of the table.
    bytes: usize,
}

impl Items {
    fn up_to(most: usize) -> Self {
        Self { most, by_name: HashMap::new(), bytes: 0 }
    }

    fn get(&self, hit: &Hit) -> Option<Arc<MemoryItem>> {
        self.by_name.get(&name(hit)?).cloned()
    }

    fn put(&mut self, item: &Arc<MemoryItem>) {
        // Not only its value: the name of the one before would keep the text of its key.
        self.remove(item.r#type, &item.key);
        let weight = weight(item);
        if weight <= self.most {
            self.bytes += weight;
            self.by_name.insert((item.r#type, item.key.clone()), item.clone());
        }
    }

    fn remove(&mut self, r#type: MemoryType, key: &Key) {
        if let Some(item) = self.by_name.remove(&(r#type, key.clone())) {
            self.bytes -= weight(&item);
        }
    }

    /// About how many bytes they take.
    fn memory_bytes(&self) -> usize {
        // The table keeps a byte beside each entry.
        let entry = size_of::<((MemoryType, Key), Arc<MemoryItem>)>() + 1;
        size_of::<Self>() + self.by_name.capacity() * entry + self.bytes
    }
}

/// Bytes that an item takes on the heap.
fn weight(item: &MemoryItem) -> usize {
    /// What stands before the contents of an `Arc`.
    const COUNTS: usize = 2 * size_of::<usize>();
    let metadata = item.metadata.as_ref().map_or(0, |metadata| metadata.as_str().len());
    let session = item.session_id.as_ref().map_or(0, |session| COUNTS + session.as_str().len());
    let key = COUNTS + item.key.as_str().len();
    COUNTS + size_of::<MemoryItem>() + key + item.value.as_str().len() + metadata + session
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProjectId;

    fn item(key: &str, text: &str) -> Arc<MemoryItem> {
        Arc::new(MemoryItem {
            project_id: ProjectId::new(uuid::Uuid::nil()),
            r#type: MemoryType::Context,
            key: Key::new(key).unwrap(),
            value: JsonText::of(&text.into()),
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            ttl: None,
            expires_at: None,
            session_id: None,
            metadata: None,
            importance: None,
        })
    }

    #[test]
    fn bytes_of_items_are_counted_up_and_down() {
        let index = SharedIndex::new(Layout::default(), usize::MAX);
        let empty = index.size();
        let large = "x".repeat(100_000);
        for text in [large.as_str(), "small", large.as_str()] {
            index.apply(&Change::Put(item("a", text)));
            let bytes = index.size().0;
            assert_eq!(bytes > 100_000, text.len() > 5, "{bytes}");
        }
        let key = Key::new("a").unwrap();
        for _ in 0..2 {
            index.apply(&Change::Removed(MemoryType::Context, key.clone()));
            assert_eq!(index.read().items.bytes, 0);
        }
        index.apply(&Change::Put(item("a", &large)));
        index.apply(&Change::Cleared);
        assert_eq!(index.size(), empty);
    }

    #[test]
    fn an_item_that_is_too_large_is_found_and_not_kept() {
        let index = SharedIndex::new(Layout::default(), 10_000);
        let query = Query::unfiltered("walrus", 0, 10);
        for (text, is_kept) in [("walrus", true), (&*"walrus ".repeat(2_000), false), ("a walrus", true)] {
            index.apply(&Change::Put(item("a", text)));
            let found = index.search(&query, &mut Scratch::new());
            assert_eq!(found.items.iter().map(Option::is_some).collect::<Vec<_>>(), [is_kept]);
            assert!(is_kept || index.read().items.bytes == 0, "nor the one before it");
        }
    }
}
