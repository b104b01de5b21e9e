//! Recall: the right memory for the question at hand.

mod cache;
mod held;
mod index;
mod loaded;
mod query_vector;
mod recent;
mod request;
mod rooms;
mod similar;
mod slots;

use std::sync::Arc;
use std::time::Instant;

use pm_recall::{Explain, Hit, Layout, PassageVector, Query};

use crate::model::{Key, MemoryItem, MemoryType, ProjectId};
use crate::{Error, Result};

use super::embedding::Backlog;
use super::{Ports, Settings};
use cache::IndexCache;
pub(super) use index::passage;
use index::{Found, SharedIndex};
use query_vector::{Missing, QueryVectors};
pub use request::{QUERY_BYTES, RecallRequest};
use rooms::{KEPT_BYTES, Rooms};

/// An item that was recalled.
#[derive(Clone, PartialEq, Debug)]
pub struct Recalled {
    /// The item, which the index may keep as well.
    pub item: Arc<MemoryItem>,
    /// How well it answers, 0 to 1; absent where nothing was asked.
    pub relevance: Option<f64>,
    /// The named parts of its score, which add up to it; absent where nothing was asked.
    pub explain: Option<Explained>,
}

/// Why an item was recalled.
#[derive(Clone, PartialEq, Debug)]
pub struct Explained {
    parts: Explain,
    /// Their sum.
    pub score: f64,
    /// Why the query had no vector to be compared with those of the items, where it should have had one: `timed_out` or
    /// `unavailable`.
    pub transformer: Option<&'static str>,
}

impl Explained {
    /// What each part contributes.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.parts.parts()
    }
}

impl Recalled {
    fn of(hit: &Hit, item: Arc<MemoryItem>, transformer: Option<&'static str>) -> Self {
        let scored = hit.scored.as_ref();
        let explain =
            scored.map(|scored| Explained { parts: scored.explain, score: scored.score, transformer });
        Self { item, relevance: scored.map(|scored| scored.relevance), explain }
    }
}

/// Recall, with the indexes that answer it.
#[derive(Debug)]
pub struct Recall {
    ports: Ports,
    indexes: IndexCache,
    rooms: Rooms,
    /// Where there is an embedder: what waits to be embedded, and what makes the vectors of queries.
    vectors: Option<(Arc<Backlog>, QueryVectors)>,
    default_limit: usize,
}

impl Recall {
    pub(super) fn new(ports: &Ports, settings: &Settings, backlog: Option<Arc<Backlog>>) -> Self {
        // The number of dimensions is told by the first vector.
        let layout = Layout { statics: settings.statics, dimensions: 0 };
        let indexes = IndexCache::new(ports.store.clone(), settings.index_bytes, layout, backlog.clone());
        let vectors = backlog.zip(ports.embedder.clone());
        let vectors =
            vectors.map(|(backlog, embedder)| (backlog, QueryVectors::new(embedder, settings.query_budget)));
        let rooms = Rooms::keeping(KEPT_BYTES);
        Self { ports: ports.clone(), indexes, rooms, vectors, default_limit: settings.context_window }
    }

    /// The items that answer the request best, best first. Every write answered before is seen.
    pub async fn recall(&self, request: &RecallRequest) -> Result<Vec<Recalled>> {
        Ok(self.recall_surely(request).await?.0)
    }

    /// The same, and the probability that at least one of them answers it, 0 to 1.
    pub(super) async fn recall_surely(&self, request: &RecallRequest) -> Result<(Vec<Recalled>, f64)> {
        let project = request.project.ok_or(Error::ProjectNotFound)?;
        let index = self.indexes.current(project).await?;
        let (vector, missing) = match self.query_vector(project, &index, &request.query).await {
            Some(Ok(vector)) => (Some(vector), None),
            Some(Err(missing)) => (None, Some(missing.name())),
            None => (None, None),
        };
        let now = self.ports.clock.now();
        let query = Query {
            text: &request.query,
            vector: vector.as_deref(),
            is_reference: self.is_reference(),
            kinds: request.types.iter().filter_map(|r#type| index::kind(*r#type)).collect(),
            session: request.session_id.as_ref().map(crate::model::SessionId::as_str),
            since: request.since.map(jiff::Timestamp::as_microsecond),
            until: request.until.map(jiff::Timestamp::as_microsecond),
            now: now.as_microsecond(),
            limit: request.limit.unwrap_or(self.default_limit),
            min_relevance: request.min_relevance,
        };
        let mut found = self.search(project, &index, &query).await?;
        // In the place of a hit there may meanwhile stand another item, that was not asked for.
        found.retain(|(_, item)| request.takes(item) && !item.expired(now));
        let confidence = pm_recall::confidence(found.iter().map(|(hit, _)| hit));
        let recalled = found.into_iter().map(|(hit, item)| Recalled::of(&hit, item, missing));
        Ok((recalled.collect(), confidence))
    }

    /// What the index finds, best first, with the items as they are; those that are gone meanwhile are left out.
    async fn search(
        &self,
        project: ProjectId,
        index: &SharedIndex,
        query: &Query<'_>,
    ) -> Result<Vec<(Hit, Arc<MemoryItem>)>> {
        let began = Instant::now();
        let Found { hits, items: kept } = self.rooms.with(|room| index.search(query, room));
        record("search", began);
        let began = Instant::now();
        let names = hits.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let fetched = self.fetch(project, names.filter_map(|(hit, _)| index::name(hit)).collect()).await?;
        record("fetch", began);
        let mut fetched = fetched.into_iter();
        let items = kept.into_iter().map(|kept| kept.or_else(|| fetched.next().flatten().map(Arc::new)));
        Ok(hits.into_iter().zip(items).filter_map(|(hit, item)| Some((hit, item?))).collect())
    }

    /// The query's vector, where there are some that it could be compared with.
    async fn query_vector(
        &self,
        project: ProjectId,
        index: &SharedIndex,
        query: &str,
    ) -> Option<Result<Arc<[f32]>, Missing>> {
        let (backlog, vectors) = self.vectors.as_ref()?;
        if query.trim().is_empty() || !(index.has_vectors() || backlog.awaits(project)) {
            return None;
        }
        let prose = Query::prose(query);
        if self.is_reference() && !Query::is_readable(&prose) {
            return None;
        }
        let began = Instant::now();
        let outcome = vectors.of(&prose).await;
        record("embed", began);
        Some(outcome)
    }

    /// Whether the embedder is the model that recall was fitted to.
    fn is_reference(&self) -> bool {
        self.ports.embedder.as_ref().is_some_and(|embedder| embedder.is_reference())
    }

    /// The items of these names, as the store has them now.
    async fn fetch(
        &self,
        project: ProjectId,
        names: Vec<(MemoryType, Key)>,
    ) -> Result<Vec<Option<MemoryItem>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let items = self.ports.store.items(project, &names).await?;
        Ok(items.into_iter().map(|item| item.map(|item| item.value)).collect())
    }

    /// Brings the project's index up to date, if it has one, so that the next recall need not.
    pub(super) async fn catch_up(&self, project: ProjectId) {
        self.indexes.catch_up(project).await;
    }

    /// Notes that these items were written, so that they are embedded.
    pub(super) fn written<'a>(&self, project: ProjectId, items: impl Iterator<Item = &'a MemoryItem>) {
        if let Some((backlog, _)) = &self.vectors {
            backlog.note(project, items.map(|item| (item.r#type, item.key.clone())));
        }
    }

    /// Gives items their vectors, if the project's index is loaded; the names of those that took them.
    pub(super) async fn attach(
        &self,
        project: ProjectId,
        vectors: Vec<((MemoryType, Key), PassageVector)>,
    ) -> Vec<(MemoryType, Key)> {
        self.indexes.attach(project, vectors).await
    }

    /// Drops the index of a project that is gone, and what waits of it.
    pub(super) fn forget(&self, project: ProjectId) {
        self.indexes.forget(project);
        if let Some((backlog, _)) = &self.vectors {
            backlog.forget(project);
        }
    }
}

fn record(stage: &'static str, began: Instant) {
    metrics::histogram!("recall_stage_duration_seconds", "stage" => stage).record(began.elapsed());
}
