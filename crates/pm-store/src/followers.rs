//! Followers of changes inside one process: a bounded queue each, filled before a write is answered.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pm_core::model::ProjectId;
use pm_core::ports::{Change, Changes, Follower};
use pm_core::{Error, Result};

/// The most changes that wait for one follower.
pub(crate) const QUEUE_ENTRIES: usize = 20_000;

/// The most bytes of text in the changes that wait for one follower.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// All followers of a store, by project.
#[derive(Debug, Default)]
pub(crate) struct Followers(Mutex<Registry>);

#[derive(Debug, Default)]
struct Registry {
    closed: bool,
    by_project: HashMap<ProjectId, Vec<Arc<Queue>>>,
}

#[derive(Debug)]
struct Queue(Mutex<Waiting>);

#[derive(Debug)]
enum Waiting {
    Changes { changes: Vec<Change>, bytes: usize },
    Lost,
    Gone,
    Closed,
}

/// What the followers of a project are told.
#[derive(Debug)]
pub(crate) enum Notice {
    /// Its memory changed.
    Changed(Change),
    /// It was deleted.
    Gone,
}

impl From<Change> for Notice {
    fn from(change: Change) -> Self {
        Self::Changed(change)
    }
}

impl Default for Waiting {
    fn default() -> Self {
        Self::Changes { changes: Vec::new(), bytes: 0 }
    }
}

impl Followers {
    /// A new follower of what is published from now on. Whether the project is there is for the caller to find out, and
    /// only afterwards: a delete in between is published to this follower too.
    pub(crate) fn follow(self: &Arc<Self>, project: ProjectId) -> Result<Box<dyn Follower>> {
        let queue = Arc::new(Queue(Mutex::default()));
        let mut registry = lock(&self.0);
        if registry.closed {
            return Err(Error::unavailable("the store is closed"));
        }
        registry.by_project.entry(project).or_default().push(Arc::clone(&queue));
        Ok(Box::new(Following { followers: Arc::clone(self), project, queue }))
    }

    /// Hands what was committed to who follows the projects.
    pub(crate) fn publish(&self, notices: &mut Vec<(ProjectId, Notice)>) {
        let registry = lock(&self.0);
        if !registry.by_project.is_empty() {
            for (project, notice) in notices.iter() {
                for queue in registry.by_project.get(project).into_iter().flatten() {
                    match notice {
                        Notice::Changed(change) => lock(&queue.0).push(change),
                        Notice::Gone => *lock(&queue.0) = Waiting::Gone,
                    }
                }
            }
        }
        drop(registry);
        notices.clear();
    }

    /// Ends all following: later calls answer that the store does not answer.
    pub(crate) fn close(&self) {
        let mut registry = lock(&self.0);
        registry.closed = true;
        for queue in registry.by_project.values().flatten() {
            *lock(&queue.0) = Waiting::Closed;
        }
        registry.by_project.clear();
    }
}

impl Waiting {
    fn push(&mut self, change: &Change) {
        let Self::Changes { changes, bytes } = self else { return };
        *bytes += weight(change);
        if changes.len() >= QUEUE_ENTRIES || *bytes > QUEUE_BYTES {
            *self = Self::Lost;
        } else {
            changes.push(change.clone());
        }
    }
}

/// The bytes of text that a change keeps from being freed.
fn weight(change: &Change) -> usize {
    match change {
        Change::Put(item) => {
            let metadata = item.metadata.as_ref().map_or(0, |text| text.as_str().len());
            item.key.as_str().len() + item.value.as_str().len() + metadata
        }
        Change::Removed(_, key) => key.as_str().len(),
        Change::Cleared => 0,
    }
}

#[derive(Debug)]
struct Following {
    followers: Arc<Followers>,
    project: ProjectId,
    queue: Arc<Queue>,
}

#[async_trait]
impl Follower for Following {
    async fn changes(&mut self) -> Result<Changes> {
        match &mut *lock(&self.queue.0) {
            Waiting::Changes { changes, bytes } => {
                *bytes = 0;
                Ok(Changes::Since(mem::take(changes)))
            }
            Waiting::Lost => Ok(Changes::Lost),
            Waiting::Gone => Err(Error::ProjectNotFound),
            Waiting::Closed => Err(Error::unavailable("the store is closed")),
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut registry = lock(&self.followers.0);
        if let Some(queues) = registry.by_project.get_mut(&self.project) {
            queues.retain(|queue| !Arc::ptr_eq(queue, &self.queue));
            if queues.is_empty() {
                registry.by_project.remove(&self.project);
            }
        }
    }
}

/// Nothing here panics halfway through a change, so that what a poisoned lock guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
