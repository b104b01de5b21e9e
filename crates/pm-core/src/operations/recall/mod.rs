//! Recall: the right memory for the question at hand.

mod cache;
mod loaded;
mod request;

use std::time::Instant;

use pm_recall::{Hit, Query};

use crate::model::{Key, MemoryItem, MemoryType, ProjectId};
use crate::{Error, Result};

use super::{Ports, Settings};
use cache::IndexCache;
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
        // An index says nothing of a project that has no items.
        self.ports.store.project(project).await?.ok_or(Error::ProjectNotFound)?;
        let query = Query {
            text: &request.query,
            kinds: request.types.iter().filter_map(|r#type| loaded::kind(*r#type)).collect(),
            session: request.session_id.as_ref().map(crate::model::SessionId::as_str),
            since: request.since.map(jiff::Timestamp::as_microsecond),
            until: request.until.map(jiff::Timestamp::as_microsecond),
            now: self.ports.clock.now().as_microsecond(),
            limit: request.limit.unwrap_or(self.default_limit),
            min_relevance: request.min_relevance,
        };
        let index = self.indexes.current(project).await?;
        let began = Instant::now();
        let hits = index.search(&query);
        record("search", began);
        let began = Instant::now();
        let recalled = self.fetch(project, request, hits).await;
        record("fetch", began);
        recalled
    }

    /// The items behind the hits. One that went meanwhile is left out, and so is one in whose place stands another that
    /// was not asked for.
    async fn fetch(
        &self,
        project: ProjectId,
        request: &RecallRequest,
        hits: Vec<Hit>,
    ) -> Result<Vec<Recalled>> {
        let named = |hit: &Hit| Some((MemoryType::from_rank(hit.kind.get())?, Key::stored(&hit.key)));
        let names: Vec<_> = hits.iter().filter_map(named).collect();
        let items = self.ports.store.items(project, &names).await?;
        let found = hits.into_iter().zip(items).filter_map(|(hit, item)| Some((hit, item?.value)));
        let found = found.filter(|(_, item)| request.takes(item));
        let recalled = found.map(|(hit, item)| Recalled {
            item,
            relevance: hit.scored.as_ref().map(|scored| scored.relevance),
            explain: hit
                .scored
                .as_ref()
                .map(|scored| Explained { parts: scored.explain.parts().collect(), score: scored.score }),
        });
        Ok(recalled.collect())
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
