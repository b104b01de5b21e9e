//! The vector of a query, within the time that a recall has for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use pm_recall::Query;

use super::recent::Recent;
use crate::ports::Embedder;

/// The most queries whose vectors are made at a time. A recall that would be one more is answered without: it would only
/// wait behind them.
const UNDER_WAY: usize = 64;

/// Makes the vectors of queries: each once for all who ask, and remembered for a while.
#[derive(Debug)]
pub(super) struct QueryVectors {
    embedder: Arc<dyn Embedder>,
    budget: Duration,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    recent: Recent,
    under_way: HashMap<Arc<str>, watch::Receiver<Option<Outcome>>>,
}

type Outcome = Result<Arc<[f32]>, Missing>;

/// Why there is no vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Missing {
    TimedOut,
    Unavailable,
}

impl Missing {
    /// Its name, as it is told.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Unavailable => "unavailable",
        }
    }
}

impl QueryVectors {
    pub(super) fn new(embedder: Arc<dyn Embedder>, budget: Duration) -> Self {
        Self { embedder, budget, shared: Arc::default() }
    }

    /// The vector of `text`. Where it takes longer than the budget it is made all the same, for the next one who asks.
    pub(super) async fn of(&self, text: &str) -> Outcome {
        let (outcome, how) = match self.begun(text) {
            Ok(vector) => (Ok(vector), "cached"),
            Err(None) => (Err(Missing::TimedOut), "timed_out"),
            Err(Some(mut outcome)) => {
                let outcome = match tokio::time::timeout(self.budget, outcome.wait_for(Option::is_some)).await
                {
                    Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(Missing::Unavailable)),
                    // It panicked.
                    Ok(Err(_)) => Err(Missing::Unavailable),
                    Err(_) => Err(Missing::TimedOut),
                };
                let how = outcome.as_ref().map_or_else(|missing| missing.name(), |_| "embedded");
                (outcome, how)
            }
        };
        metrics::counter!("recall_query_vectors_total", "outcome" => how).increment(1);
        outcome
    }

    /// The vector if it is remembered, or where it will be; `None`: too many are being made.
    fn begun(&self, text: &str) -> Result<Arc<[f32]>, Option<watch::Receiver<Option<Outcome>>>> {
        let mut shared = lock(&self.shared);
        if let Some(vector) = shared.recent.get(text) {
            return Ok(vector);
        }
        if let Some(outcome) = shared.under_way.get(text) {
            return Err(Some(outcome.clone()));
        }
        if shared.under_way.len() >= UNDER_WAY {
            return Err(None);
        }
        let (sender, receiver) = watch::channel(None);
        let text: Arc<str> = text.into();
        shared.under_way.insert(text.clone(), receiver.clone());
        let made = Making { shared: self.shared.clone(), text };
        let embedder = self.embedder.clone();
        tokio::spawn(async move {
            let outcome = match embedder.embed_query(&Query::prose(&made.text)).await {
                Ok(vector) => Ok(made.remember(vector)),
                Err(error) => {
                    tracing::debug!(%error, "a query has no vector");
                    Err(Missing::Unavailable)
                }
            };
            sender.send_replace(Some(outcome));
        });
        Err(Some(receiver))
    }
}

/// A query whose vector is being made. However that ends, it is not under way any more.
struct Making {
    shared: Arc<Mutex<Shared>>,
    text: Arc<str>,
}

impl Making {
    fn remember(&self, vector: Vec<f32>) -> Arc<[f32]> {
        let vector: Arc<[f32]> = vector.into();
        lock(&self.shared).recent.put(&self.text, vector.clone());
        vector
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        lock(&self.shared).under_way.remove(&self.text);
    }
}

// Nothing panics halfway through a change.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
