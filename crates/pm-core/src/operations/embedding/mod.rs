//! Items are embedded in the background: nobody who writes waits for it.

mod backlog;
mod making;
mod pause;
mod waiting;
mod worker;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::task::JoinSet;

use super::{Ports, Recall, Settings};
use crate::Result;
use crate::model::{Key, MemoryType};
use crate::ports::{ModelTag, Order, PageRequest, ProjectFilter, ProjectPosition, ProjectSort, Store};
pub(super) use backlog::Backlog;
use making::Making;
use pause::Pause;
use worker::Worker;

/// What an item is called in its project.
type Name = (MemoryType, Key);

/// Projects that are read at a time when all are looked at.
const PROJECTS: usize = 200;

/// Embeds items in the background.
#[derive(Debug)]
pub struct Embedding {
    name: String,
    work: Option<Working>,
}

#[derive(Clone, Debug)]
struct Working {
    worker: Worker,
    workers: usize,
    store: Arc<dyn Store>,
}

impl Embedding {
    /// What waits to be embedded, if there is an embedder.
    pub(super) fn backlog(ports: &Ports) -> Option<Arc<Backlog>> {
        let embedder = ports.embedder.as_ref()?;
        Some(Arc::new(Backlog::new(ModelTag(embedder.model().tag()))))
    }

    pub(super) fn new(
        ports: &Ports,
        settings: &Settings,
        recall: &Arc<Recall>,
        backlog: Option<Arc<Backlog>>,
    ) -> Self {
        let (Some(embedder), Some(backlog)) = (ports.embedder.clone(), backlog) else {
            let name = if settings.statics { "static" } else { "none" };
            return Self { name: name.to_owned(), work: None };
        };
        let name = embedder.model().name.clone();
        let making = Making {
            store: ports.store.clone(),
            embedder,
            backlog: backlog.clone(),
            recall: recall.clone(),
            // The last bytes of an id are random.
            first: ports.ids.next().as_bytes().last().copied().map_or(0, usize::from),
            dimensions: std::sync::OnceLock::new(),
            refused: std::sync::Mutex::default(),
        };
        let worker = Worker { making: Arc::new(making), backlog, failing: Arc::new(AtomicBool::new(false)) };
        let workers = settings.embedding_threads.max(1);
        Self { name, work: Some(Working { worker, workers, store: ports.store.clone() }) }
    }

    /// What makes the vectors of items: the model's name, `static` or `none`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many items wait to be embedded, as far as is known. A project that the store is still to be asked about counts
    /// as one, and so does that not all projects have been looked at since the start.
    pub fn pending(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.worker.backlog.pending() as u64)
    }

    /// Looks through all projects once, and embeds what has no vector: first what is there, then what is written.
    ///
    /// It never ends by itself where there is an embedder. Dropping it ends it within a moment, at any point: what it
    /// was at is found at the next start.
    pub async fn run(&self) {
        let Some(work) = &self.work else { return };
        let mut tasks = JoinSet::new();
        let mut looking = tasks.spawn(work.clone().look_through()).id();
        for _ in 0..work.workers {
            tasks.spawn(work.worker.clone().run());
        }
        let mut pause = Pause::default();
        while let Some(ended) = tasks.join_next().await {
            // Only the one who looks through ever ends by himself.
            if let Err(panicked) = ended {
                tracing::error!(%panicked, "embedding has panicked and goes on");
                pause.wait().await;
                if panicked.id() == looking {
                    looking = tasks.spawn(work.clone().look_through()).id();
                } else {
                    tasks.spawn(work.worker.clone().run());
                }
            }
        }
    }
}

impl Working {
    /// Has every project looked at, in case that something of it has no vector.
    async fn look_through(self) {
        let mut pause = Pause::default();
        let mut after = None;
        let mut failing = false;
        loop {
            match self.look_at_page(&mut after).await {
                Ok(true) => break,
                Ok(false) => {
                    pause.reset();
                    failing = false;
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "projects could not be looked through for items to embed; tried again");
                    }
                    pause.wait().await;
                }
            }
        }
        self.worker.backlog.looked_through();
    }

    /// One page of projects; whether it was the last.
    async fn look_at_page(&self, after: &mut Option<ProjectPosition>) -> Result<bool> {
        let sort = ProjectSort::CreatedAt;
        let request = PageRequest { sort, order: Order::Ascending, after: after.clone(), limit: PROJECTS };
        let page = self.store.projects(&ProjectFilter::default(), &request).await?;
        for project in &page.entries {
            self.worker.backlog.look_at(project.value.id).await;
        }
        if let Some(last) = page.entries.last() {
            *after = Some(ProjectPosition::of(&last.value, sort));
        }
        Ok(!page.more)
    }
}
