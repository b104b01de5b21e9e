//! From the names of items to vectors in the store and in the index.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use pm_recall::{PassageVector, fingerprint};

use super::Name;
use super::backlog::Backlog;
use crate::Error;
use crate::model::{ProjectId, Version};
use crate::operations::Recall;
use crate::operations::recall::passage;
use crate::ports::{EmbedError, Embedder, ItemVector, Store};

/// The most texts that are remembered as not taken by the embedder.
const REFUSED: usize = 10_000;

/// Makes vectors of items.
#[derive(Debug)]
pub(super) struct Making {
    pub(super) store: Arc<dyn Store>,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) backlog: Arc<Backlog>,
    pub(super) recall: Arc<Recall>,
    /// Which of several batches comes first: another one on each node, so that nodes that meet share the work.
    pub(super) first: usize,
    /// How many dimensions the first vector had.
    pub(super) dimensions: OnceLock<usize>,
    /// What the embedder does not take: not tried again until it is written again.
    pub(super) refused: Mutex<HashSet<(ProjectId, Name, Version)>>,
}

/// Why it did not go on.
#[derive(Debug)]
pub(super) enum Halt {
    /// Later it may.
    Away(String),
    /// There is no such project any more.
    Gone,
}

/// An item that is to have a vector.
#[derive(Debug)]
struct Text {
    name: Name,
    version: Version,
    passage: String,
    fingerprint: u64,
}

/// A vector of an item.
pub(super) type Made = (Name, PassageVector);

impl Making {
    /// How many names are best given at once.
    pub(super) fn most(&self) -> usize {
        let batch = self.embedder.batch().max(1);
        batch.saturating_mul(8).min(256).max(batch)
    }

    /// A page of the names that have no vector, and whether it is the last.
    pub(super) async fn page(&self, project: ProjectId, after: Option<&Name>) -> Result<Vec<Name>, Halt> {
        let model = self.backlog.model();
        Ok(self.store.scan_unembedded(project, model, after, self.most()).await?)
    }

    /// Gives the items vectors, in the store and in the index if there is one. What was done until it did not go on is
    /// kept.
    pub(super) async fn make(&self, project: ProjectId, names: &[Name]) -> Result<(), Halt> {
        let mut made = Vec::new();
        let outcome = self.collect(project, names, &mut made).await;
        let settled = self.recall.attach(project, made).await;
        self.backlog.settle(project, settled);
        outcome
    }

    async fn collect(&self, project: ProjectId, names: &[Name], made: &mut Vec<Made>) -> Result<(), Halt> {
        let mut missing = self.missing(project, self.read(project, names).await?, made).await?;
        // A batch takes as long as its longest text.
        missing.sort_by_key(|text| text.passage.len());
        let mut batches = Vec::new();
        while !missing.is_empty() {
            let rest = missing.split_off(missing.len().min(self.embedder.batch().max(1)));
            batches.push(std::mem::replace(&mut missing, rest));
        }
        let shared = self.store.is_remote() && batches.len() > 1;
        if shared {
            let first = self.first % batches.len();
            batches.rotate_left(first);
        }
        for batch in batches {
            // Another node may be at the same items.
            let batch = if shared { self.missing(project, batch, made).await? } else { batch };
            self.embed(project, batch, made).await?;
        }
        Ok(())
    }

    /// The items that are there, as they are now.
    async fn read(&self, project: ProjectId, names: &[Name]) -> Result<Vec<Text>, Halt> {
        let items = self.store.items(project, names).await?;
        let mut texts = Vec::with_capacity(items.len());
        for (name, item) in names.iter().zip(items) {
            let Some(item) = item else {
                count("gone", 1);
                continue;
            };
            let passage = passage(&item.value);
            let fingerprint = fingerprint(&passage);
            texts.push(Text { name: name.clone(), version: item.version, passage, fingerprint });
            if texts.len() % 16 == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(texts)
    }

    /// Those that the store has no vector of; what it has is put to what is `made`.
    async fn missing(
        &self,
        project: ProjectId,
        texts: Vec<Text>,
        made: &mut Vec<Made>,
    ) -> Result<Vec<Text>, Halt> {
        let names: Vec<_> = texts.iter().map(|text| text.name.clone()).collect();
        let kept = self.store.vectors(project, self.backlog.model(), &names).await?;
        let mut missing = Vec::new();
        for (text, kept) in texts.into_iter().zip(kept) {
            let kept = kept.and_then(|kept| PassageVector::from_bytes(&kept));
            match kept.filter(|kept| kept.fingerprint() == text.fingerprint && self.fits(kept.dimensions())) {
                Some(kept) => {
                    count("found", 1);
                    made.push((text.name, kept));
                }
                None if self.is_refused(project, &text) => {}
                None => missing.push(text),
            }
        }
        Ok(missing)
    }

    /// Makes the vectors of one batch and has the store keep them.
    async fn embed(&self, project: ProjectId, batch: Vec<Text>, made: &mut Vec<Made>) -> Result<(), Halt> {
        if batch.is_empty() {
            return Ok(());
        }
        match self.vectors(&batch).await {
            Ok(vectors) => self.keep(project, batch, vectors, made).await,
            Err(EmbedError::Unsuitable(_)) if batch.len() > 1 => {
                for text in batch {
                    match self.vectors(std::slice::from_ref(&text)).await {
                        Ok(vectors) => self.keep(project, vec![text], vectors, made).await?,
                        Err(EmbedError::Unsuitable(why)) => self.refuse(project, &text, &why),
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(())
            }
            Err(EmbedError::Unsuitable(why)) => {
                for text in &batch {
                    self.refuse(project, text, &why);
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn vectors(&self, batch: &[Text]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let texts: Vec<_> = batch.iter().map(|text| text.passage.clone()).collect();
        let began = Instant::now();
        let vectors = self.embedder.embed_items(&texts).await;
        metrics::histogram!("embedder_batch_duration_seconds").record(began.elapsed());
        if vectors.is_err() {
            count("failed", texts.len());
        }
        match vectors? {
            vectors if vectors.len() == texts.len() => Ok(vectors),
            vectors => Err(EmbedError::unavailable(format!(
                "it answered {} vectors for {} texts",
                vectors.len(),
                texts.len()
            ))),
        }
    }

    async fn keep(
        &self,
        project: ProjectId,
        batch: Vec<Text>,
        vectors: Vec<Vec<f32>>,
        made: &mut Vec<Made>,
    ) -> Result<(), Halt> {
        let mut kept = Vec::with_capacity(batch.len());
        let mut fit = Vec::with_capacity(batch.len());
        for (text, vector) in batch.into_iter().zip(vectors) {
            let vector = PassageVector::new(text.fingerprint, &vector);
            let bytes = vector.to_bytes();
            if vector.dimensions() == 0
                || bytes.len() > ItemVector::MAX_BYTES
                || *self.dimensions.get_or_init(|| vector.dimensions()) != vector.dimensions()
            {
                let why = format!("its vector has {} dimensions, unlike others", vector.dimensions());
                self.refuse(project, &text, &why);
                continue;
            }
            let (r#type, key) = text.name.clone();
            kept.push(ItemVector { r#type, key, version: text.version, bytes });
            fit.push((text.name, vector));
        }
        self.store.put_vectors(project, self.backlog.model(), &kept).await?;
        count("embedded", fit.len());
        made.extend(fit);
        Ok(())
    }

    /// Whether a vector may be one of this embedder, as far as is known.
    fn fits(&self, dimensions: usize) -> bool {
        self.dimensions.get().is_none_or(|known| *known == dimensions)
    }

    fn is_refused(&self, project: ProjectId, text: &Text) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(&(project, text.name.clone(), text.version))
    }

    fn refuse(&self, project: ProjectId, text: &Text, why: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= REFUSED {
            refused.clear();
        }
        refused.insert((project, text.name.clone(), text.version));
        drop(refused);
        count("refused", 1);
        let (r#type, key) = &text.name;
        tracing::warn!(%project, r#type = r#type.as_str(), %key, why, "an item is found by its words alone: the embedder does not take it");
    }
}

/// Gives an item up whose embedding panicked, until it is written again or looked for at the next start.
pub(super) fn give_up(project: ProjectId, (r#type, key): &Name) {
    count("refused", 1);
    tracing::error!(%project, r#type = r#type.as_str(), %key, "an item is found by its words alone: embedding it panicked");
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error {
            Error::ProjectNotFound => Self::Gone,
            error => Self::Away(told(&error)),
        }
    }
}

impl From<EmbedError> for Halt {
    fn from(error: EmbedError) -> Self {
        Self::Away(told(&error))
    }
}

/// An error with what lies under it.
fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn count(outcome: &'static str, items: usize) {
    metrics::counter!("embedder_items_total", "outcome" => outcome).increment(items as u64);
}
