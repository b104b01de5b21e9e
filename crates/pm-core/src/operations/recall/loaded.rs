//! One project's index, and how it follows the store.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use pm_recall::{Document, Hit, Index, Kind, Query};

use crate::model::{MemoryItem, MemoryType, ProjectId};
use crate::ports::{Change, Changes, Follower, Store};
use crate::{Error, Result};

/// Items read and indexed at a time while an index is built.
const SCAN_ITEMS: usize = 500;
/// Changes applied before other tasks get their turn: about half a millisecond's work.
const CHANGES_A_TURN: usize = 16;
/// How often a build starts anew because it was overtaken by more writes than the store remembers.
const BUILDS: usize = 5;

/// What the recall engine calls a memory type.
pub(super) fn kind(r#type: MemoryType) -> Option<Kind> {
    Kind::new(r#type.rank())
}

/// An index that many may search while one brings it up to date.
#[derive(Clone, Default)]
pub(super) struct SharedIndex(Arc<RwLock<Index>>);

impl SharedIndex {
    /// The best items for the query.
    pub(super) fn search(&self, query: &Query<'_>) -> Vec<Hit> {
        self.read().search(query)
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.read().memory_bytes()
    }

    /// Items it holds.
    pub(super) fn len(&self) -> usize {
        self.read().len()
    }

    // A panic while the index was written may have left it half written. `Loaded::sync` sees that and has it built
    // anew; a search that comes in between is only less good.
    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, change: &Change) {
        match change {
            Change::Put(item) => put(&mut self.write(), item),
            Change::Removed(r#type, key) => {
                if let Some(kind) = kind(*r#type) {
                    self.write().remove(kind, key.as_str());
                }
            }
            Change::Cleared => self.write().clear(),
        }
    }
}

impl fmt::Debug for SharedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedIndex").finish_non_exhaustive()
    }
}

fn put(index: &mut Index, item: &MemoryItem) {
    let Some(kind) = kind(item.r#type) else { return };
    let value = item.value.to_value();
    let metadata = item.metadata.as_ref().map(crate::model::JsonText::to_value);
    index.put(&Document {
        kind,
        kind_name: item.r#type.as_str(),
        key: item.key.as_str(),
        value: &value,
        metadata: metadata.as_ref(),
        session: item.session_id.as_ref().map(crate::model::SessionId::as_str),
        timestamp: item.timestamp.as_microsecond(),
        expires_at: item.expires_at.map(jiff::Timestamp::as_microsecond),
        importance: item.importance.unwrap_or(0.5),
    });
}

/// An index with what keeps it current.
pub(super) struct Loaded {
    index: SharedIndex,
    follower: Box<dyn Follower>,
    /// Changes taken from the follower and not yet applied: a caller that gives up half-way leaves them to the next.
    pending: VecDeque<Change>,
}

impl Loaded {
    /// Builds the index of a project: first follow, then scan, so that no change falls between.
    pub(super) async fn build(store: &Arc<dyn Store>, project: ProjectId) -> Result<Self> {
        for _ in 0..BUILDS {
            let follower = store.follow(project).await?;
            let mut loaded = Self { index: SharedIndex::default(), follower, pending: VecDeque::new() };
            loaded.scan(store, project).await?;
            if loaded.sync().await? {
                return Ok(loaded);
            }
        }
        Err(Error::unavailable("the project is written to faster than its recall index can be built"))
    }

    async fn scan(&mut self, store: &Arc<dyn Store>, project: ProjectId) -> Result<()> {
        let mut after = None;
        loop {
            let items = store.scan_items(project, after.as_ref(), SCAN_ITEMS).await?;
            let last = items.len() < SCAN_ITEMS;
            after = items.last().map(|item| (item.r#type, item.key.clone()));
            self.pending.extend(items.into_iter().map(|item| Change::Put(Arc::new(item))));
            self.apply().await;
            if last {
                return Ok(());
            }
        }
    }

    /// Applies every change answered before this call; `false` says that some are lost and the index is of no more use.
    pub(super) async fn sync(&mut self) -> Result<bool> {
        match self.follower.changes().await? {
            Changes::Since(changes) => self.pending.extend(changes),
            Changes::Lost => return Ok(false),
        }
        self.apply().await;
        Ok(!self.index.0.is_poisoned())
    }

    async fn apply(&mut self) {
        while !self.pending.is_empty() {
            for _ in 0..CHANGES_A_TURN {
                let Some(change) = self.pending.pop_front() else { return };
                self.index.apply(&change);
            }
            tokio::task::yield_now().await;
        }
    }

    /// The index, to be searched.
    pub(super) fn index(&self) -> SharedIndex {
        self.index.clone()
    }
}
