//! An index, and how it follows the store.

use std::collections::VecDeque;
use std::sync::Arc;

use super::index::SharedIndex;
use crate::model::ProjectId;
use crate::ports::{Change, Changes, Follower, Store};
use crate::{Error, Result};

/// Items read and indexed at a time while an index is built.
const SCAN_ITEMS: usize = 500;
/// Changes applied before other tasks get their turn: about half a millisecond's work.
const CHANGES_A_TURN: usize = 16;
/// How often a build starts anew because it was overtaken by more writes than the store remembers.
const BUILDS: usize = 5;

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
            let index = SharedIndex::new(store.is_remote());
            let mut loaded = Self { index, follower, pending: VecDeque::new() };
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
        Ok(self.index.is_whole())
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
