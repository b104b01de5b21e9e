//! Recall: the right memory for the question at hand.

mod cache;
mod held;
mod index;
mod loaded;
mod request;
mod slots;

use std::sync::Arc;
use std::time::Instant;

use pm_recall::{Hit, Query};

use crate::model::{MemoryItem, ProjectId};
use crate::{Error, Result};

use super::{Ports, Settings};
use cache::IndexCache;
use index::Found;
pub use request::{QUERY_BYTES, RecallRequest};

/// An item that was recalled.
#[derive(Clone, PartialEq, Debug)]
pub struct Recalled {
    /// The item.
    pub item: MemoryItem,
    /// How well it answers, 0 to 1; absent where nothing was asked.
    pub relevance: Option<f64>,
    /// The named parts of its score, which add up to it; absent where nothing was asked.
    pub explain: Option<Explained>,
}

/// Why an item was recalled.
#[derive(Clone, PartialEq, Debug)]
pub struct Explained {
    /// What each part contributes.
    pub parts: Vec<(&'static str, f64)>,
    /// Their sum.
    pub score: f64,
}

impl Recalled {
    fn of(hit: &Hit, item: MemoryItem) -> Self {
        let scored = hit.scored.as_ref();
        let explain =
            scored.map(|scored| Explained { parts: scored.explain.parts().collect(), score: scored.score });
        Self { item, relevance: scored.map(|scored| scored.relevance), explain }
    }
}

/// Recall, with the indexes that answer it.
#[derive(Debug)]
pub struct Recall {
    ports: Ports,
    indexes: IndexCache,
    default_limit: usize,
}

impl Recall {
    pub(super) fn new(ports: &Ports, settings: &Settings) -> Self {
        let indexes = IndexCache::new(ports.store.clone(), settings.index_bytes);
        Self { ports: ports.clone(), indexes, default_limit: settings.context_window }
    }

    /// The items that answer the request best, best first. Every write answered before is seen.
    pub async fn recall(&self, request: &RecallRequest) -> Result<Vec<Recalled>> {
        let project = request.project.ok_or(Error::ProjectNotFound)?;
        let index = self.indexes.current(project).await?;
        let now = self.ports.clock.now();
        let query = Query {
            text: &request.query,
            kinds: request.types.iter().filter_map(|r#type| index::kind(*r#type)).collect(),
            session: request.session_id.as_ref().map(crate::model::SessionId::as_str),
            since: request.since.map(jiff::Timestamp::as_microsecond),
            until: request.until.map(jiff::Timestamp::as_microsecond),
            now: now.as_microsecond(),
            limit: request.limit.unwrap_or(self.default_limit),
            min_relevance: request.min_relevance,
        };
        let began = Instant::now();
        let Found { hits, items } = index.search(&query);
        record("search", began);
        let began = Instant::now();
        let items = match items {
            Some(items) => items.into_iter().map(|item| item.map(Arc::unwrap_or_clone)).collect(),
            None => self.fetch(project, &hits).await?,
        };
        record("fetch", began);
        let found = hits.into_iter().zip(items).filter_map(|(hit, item)| Some((hit, item?)));
        // In the place of a hit there may meanwhile stand another item, that was not asked for.
        let found = found.filter(|(_, item)| request.takes(item) && !item.expired(now));
        Ok(found.map(|(hit, item)| Recalled::of(&hit, item)).collect())
    }

    /// The items behind the hits, as the store has them now.
    async fn fetch(&self, project: ProjectId, hits: &[Hit]) -> Result<Vec<Option<MemoryItem>>> {
        let names: Vec<_> = hits.iter().filter_map(index::name).collect();
        let items = self.ports.store.items(project, &names).await?;
        Ok(items.into_iter().map(|item| item.map(|item| item.value)).collect())
    }

    /// Brings the project's index up to date, if it has one, so that the next recall need not.
    pub(super) async fn catch_up(&self, project: ProjectId) {
        self.indexes.catch_up(project).await;
    }

    /// Drops the index of a project that is gone.
    pub(super) fn forget(&self, project: ProjectId) {
        self.indexes.forget(project);
    }
}

fn record(stage: &'static str, began: Instant) {
    metrics::histogram!("recall_stage_duration_seconds", "stage" => stage).record(began.elapsed());
}
