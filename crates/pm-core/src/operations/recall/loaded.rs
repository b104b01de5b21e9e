//! An index, and how it follows the store.

use std::collections::VecDeque;
use std::sync::Arc;

use pm_recall::{Layout, PassageVector};

use super::index::SharedIndex;
use crate::model::{Key, MemoryType, ProjectId};
use crate::operations::embedding::Backlog;
use crate::ports::{Change, Changes, Follower, Store};
use crate::{Error, Result};

/// Items, or their vectors, read and indexed at a time while an index is built.
const SCAN_ITEMS: usize = 500;
/// Largest item, in bytes, that is kept beside the index of a store on this machine, which need not be asked for it then:
/// that takes longer than the search. Of a store over a network all are kept.
const KEPT_BYTES: usize = 4096;
/// Changes applied before other tasks get their turn: about half a millisecond's work.
const CHANGES_A_TURN: usize = 16;
/// How often a build starts anew because it was overtaken by more writes than the store remembers.
const BUILDS: usize = 5;

/// What indexes are built from.
pub(super) struct Sources {
    pub(super) store: Arc<dyn Store>,
    /// Which vectors they have, and what waits to be given one by the embedder.
    pub(super) layout: Layout,
    pub(super) backlog: Option<Arc<Backlog>>,
}

/// An index with what keeps it current.
pub(super) struct Loaded {
    project: ProjectId,
    index: SharedIndex,
    follower: Box<dyn Follower>,
    /// Changes taken from the follower and not yet applied: a caller that gives up half-way leaves them to the next.
    pending: VecDeque<Change>,
    /// Told of what other nodes wrote, where there are others.
    others: Option<Arc<Backlog>>,
}

impl Loaded {
    /// Builds the index of a project: first follow, then scan, so that no change falls between. The vectors come last,
    /// since an index takes one only for the text that it has.
    pub(super) async fn build(sources: &Sources, project: ProjectId) -> Result<Self> {
        let store = &sources.store;
        for _ in 0..BUILDS {
            let follower = store.follow(project).await?;
            let kept_bytes = if store.is_remote() { usize::MAX } else { KEPT_BYTES };
            let index = SharedIndex::new(sources.layout, kept_bytes);
            let others = sources.backlog.clone().filter(|_| store.is_remote());
            let mut loaded = Self { project, index, follower, pending: VecDeque::new(), others };
            loaded.scan(store, project).await?;
            if loaded.sync().await? {
                if let Some(backlog) = &sources.backlog {
                    loaded.scan_vectors(store, backlog).await?;
                }
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

    /// Attaches the vectors that the store has. What has none, or one of another text, is to be embedded.
    async fn scan_vectors(&mut self, store: &Arc<dyn Store>, backlog: &Backlog) -> Result<()> {
        let mut after: Option<(MemoryType, Key)> = None;
        let mut seen = 0;
        loop {
            let kept = store.scan_vectors(self.project, backlog.model(), after.as_ref(), SCAN_ITEMS).await?;
            seen += kept.len();
            let last = kept.len() < SCAN_ITEMS;
            after = kept.last().map(|(r#type, key, _)| (*r#type, key.clone()));
            let mut refused = Vec::new();
            for (at, (r#type, key, bytes)) in kept.into_iter().enumerate() {
                let name = (r#type, key);
                let vector = PassageVector::from_bytes(&bytes);
                if !vector.is_some_and(|vector| self.index.attach(&name, &vector)) {
                    refused.push(name);
                }
                if at % CHANGES_A_TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
            backlog.note(self.project, refused);
            if last {
                break;
            }
        }
        backlog.lacks(self.project, self.index.size().1.saturating_sub(seen));
        Ok(())
    }

    /// Applies every change answered before this call; `false` says that some are lost and the index is of no more use.
    pub(super) async fn sync(&mut self) -> Result<bool> {
        match self.follower.changes().await? {
            Changes::Since(changes) => {
                self.tell_others(&changes);
                self.pending.extend(changes);
            }
            Changes::Lost => return Ok(false),
        }
        self.apply().await;
        Ok(self.index.is_whole())
    }

    /// Tells of what was written: perhaps by another node, that ends before it has embedded it.
    fn tell_others(&self, changes: &[Change]) {
        let Some(backlog) = &self.others else { return };
        let put = changes.iter().filter_map(|change| match change {
            Change::Put(item) => Some((item.r#type, item.key.clone())),
            Change::Removed(..) | Change::Cleared => None,
        });
        backlog.hear(self.project, put);
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
    pub(super) fn index(&self) -> &SharedIndex {
        &self.index
    }
}
