//! The indexes of all projects, within a budget of memory.

use std::fmt;
use std::sync::Arc;

use pm_recall::{Layout, PassageVector};

use super::index::SharedIndex;
use super::loaded::{Loaded, Sources};
use super::slots::Slots;
use crate::model::{Key, MemoryType, ProjectId};
use crate::operations::embedding::Backlog;
use crate::ports::Store;
use crate::{Error, Result};

/// The indexes that are loaded; the least recently used go when they take more than the budget.
#[derive(Clone)]
pub(super) struct IndexCache {
    sources: Arc<Sources>,
    budget: usize,
    slots: Slots,
}

/// Vectors attached before searches get their turn.
const VECTORS_A_TURN: usize = 32;

impl IndexCache {
    pub(super) fn new(
        store: Arc<dyn Store>,
        budget: usize,
        layout: Layout,
        backlog: Option<Arc<Backlog>>,
    ) -> Self {
        let sources = Arc::new(Sources { store, layout, backlog });
        Self { sources, budget, slots: Slots::default() }
    }

    /// The project's index, with every write applied that was answered before this call.
    ///
    /// One at a time asks the store, for all who had come by then: who waits here is answered by what began after he
    /// came, and there is nothing to be gained by asking once more.
    pub(super) async fn current(&self, project: ProjectId) -> Result<SharedIndex> {
        let visit = self.slots.visit(project);
        let mut held = visit.lock().await;
        if let Some(answer) = held.answer(visit.ticket()) {
            return answer;
        }
        let tickets = self.slots.tickets();
        held.sync(tickets).await;
        visit.account(&held, self.budget);
        if let Some(answer) = held.answer(visit.ticket()) {
            return answer;
        }
        // In a task of its own: a build that its caller gives up on still ends, and the next caller finds it.
        let (cache, builder) = (self.clone(), visit.again());
        let built = tokio::spawn(async move {
            // The guard goes before the visit, also where this panics.
            let (builder, mut held) = (builder, held);
            let loaded = Loaded::build(&cache.sources, project).await;
            held.settle(tickets, loaded);
            builder.account(&held, cache.budget);
            held.answer(builder.ticket())
        });
        built
            .await
            .map_err(Error::internal)?
            .unwrap_or_else(|| Err(Error::internal("an index was half written")))
    }

    /// Brings an index up to date that is loaded and that nobody else is at; whoever is at it does, or the next recall.
    /// Where that means to ask over a network, it is left to the next recall, which has to ask in any case.
    pub(super) async fn catch_up(&self, project: ProjectId) {
        if self.sources.store.is_remote() {
            return;
        }
        let Some(visit) = self.slots.look_in(project) else { return };
        let Some(mut held) = visit.try_lock() else { return };
        held.sync(self.slots.tickets()).await;
        visit.account(&held, self.budget);
    }

    /// Gives items of a project their vectors, if its index is loaded; the names of those that took them.
    ///
    /// It is brought up to date first: it may not have seen yet what the vectors were made of.
    pub(super) async fn attach(
        &self,
        project: ProjectId,
        vectors: Vec<((MemoryType, Key), PassageVector)>,
    ) -> Vec<(MemoryType, Key)> {
        let mut attached = Vec::new();
        let Some(visit) = self.slots.look_in(project).filter(|_| !vectors.is_empty()) else {
            return attached;
        };
        // One that is being built may have read the vectors before these were kept.
        let mut held = visit.lock().await;
        held.sync(self.slots.tickets()).await;
        if let Some(index) = held.index() {
            for (at, (name, vector)) in vectors.into_iter().enumerate() {
                if index.attach(&name, &vector) {
                    attached.push(name);
                }
                if at % VECTORS_A_TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
        visit.account(&held, self.budget);
        attached
    }

    /// Drops the index of a project.
    pub(super) fn forget(&self, project: ProjectId) {
        self.slots.remove(project);
    }
}

impl fmt::Debug for IndexCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (projects, bytes) = self.slots.size();
        let mut shown = f.debug_struct("IndexCache");
        shown.field("budget", &self.budget).field("projects", &projects).field("bytes", &bytes);
        shown.finish_non_exhaustive()
    }
}
