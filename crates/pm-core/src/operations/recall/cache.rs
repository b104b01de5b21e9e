//! The indexes of all projects, within a budget of memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::loaded::{Loaded, SharedIndex};
use crate::model::ProjectId;
use crate::ports::Store;
use crate::{Error, Result};

/// The indexes that are loaded; the least recently used go when they take more than the budget.
#[derive(Clone)]
pub(super) struct IndexCache {
    store: Arc<dyn Store>,
    budget: usize,
    slots: Arc<Mutex<Slots>>,
}

#[derive(Default)]
struct Slots {
    by_project: HashMap<ProjectId, Slot>,
    /// Counts uses, so that slots can be ordered by their last one.
    uses: u64,
    bytes: usize,
    items: usize,
}

#[derive(Default)]
struct Slot {
    place: Place,
    last_use: u64,
    bytes: usize,
    items: usize,
}

/// Where a project's index is, or will be once it is built. The lock is held while it is built or brought up to date;
/// searches need it only for the moment of getting the index out.
type Place = Arc<AsyncMutex<Option<Loaded>>>;

impl IndexCache {
    pub(super) fn new(store: Arc<dyn Store>, budget: usize) -> Self {
        Self { store, budget, slots: Arc::default() }
    }

    /// The project's index, with every write applied that was answered before this call.
    pub(super) async fn current(&self, project: ProjectId) -> Result<SharedIndex> {
        let place = self.slots().place(project);
        let mut held = place.clone().lock_owned().await;
        if let Some(loaded) = held.as_mut() {
            // On an error the index is dropped: what was taken from the follower must not go missing.
            match loaded.sync().await {
                Ok(true) => {
                    let index = loaded.index();
                    self.account(project, &index);
                    return Ok(index);
                }
                Ok(false) => *held = None,
                Err(error) => {
                    *held = None;
                    return Err(error);
                }
            }
        }
        // In a task of its own: a build that its caller gives up on still ends, and the next caller finds it.
        let store = self.store.clone();
        let built = tokio::spawn(async move {
            let loaded = Loaded::build(&store, project).await?;
            let index = loaded.index();
            *held = Some(loaded);
            Ok::<_, Error>(index)
        });
        let index = built.await.map_err(Error::internal)??;
        self.account(project, &index);
        Ok(index)
    }

    /// Brings an index up to date that is loaded and that nobody else is at; whoever is at it does, or the next recall.
    pub(super) async fn catch_up(&self, project: ProjectId) {
        let Some(place) = self.slots().by_project.get(&project).map(|slot| slot.place.clone()) else {
            return;
        };
        let Ok(mut held) = place.try_lock() else { return };
        let Some(loaded) = held.as_mut() else { return };
        if loaded.sync().await.is_ok_and(|current| current) {
            let index = loaded.index();
            self.account(project, &index);
        } else {
            *held = None;
        }
    }

    /// Drops the index of a project.
    pub(super) fn forget(&self, project: ProjectId) {
        self.slots().remove(project);
    }

    /// Notes what an index takes now, and makes room by dropping others while all together take too much.
    fn account(&self, project: ProjectId, index: &SharedIndex) {
        let mut slots = self.slots();
        slots.set_size(project, index.bytes(), index.len());
        while slots.bytes > self.budget {
            let others = slots.by_project.iter().filter(|(id, _)| **id != project);
            let Some(oldest) = others.min_by_key(|(_, slot)| slot.last_use).map(|(id, _)| *id) else { break };
            slots.remove(oldest);
        }
        slots.report();
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn place(&mut self, project: ProjectId) -> Place {
        self.uses += 1;
        let slot = self.by_project.entry(project).or_default();
        slot.last_use = self.uses;
        slot.place.clone()
    }

    fn set_size(&mut self, project: ProjectId, bytes: usize, items: usize) {
        if let Some(slot) = self.by_project.get_mut(&project) {
            self.bytes = self.bytes - slot.bytes + bytes;
            self.items = self.items - slot.items + items;
            (slot.bytes, slot.items) = (bytes, items);
        }
    }

    fn remove(&mut self, project: ProjectId) {
        if let Some(slot) = self.by_project.remove(&project) {
            self.bytes -= slot.bytes;
            self.items -= slot.items;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are doubles; sizes stay far below 2^53")]
    fn report(&self) {
        metrics::gauge!("index_memory_bytes").set(self.bytes as f64);
        metrics::gauge!("index_projects").set(self.by_project.len() as f64);
        metrics::gauge!("index_items").set(self.items as f64);
    }
}

impl fmt::Debug for IndexCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexCache").field("budget", &self.budget).finish_non_exhaustive()
    }
}
