//! What the calls look like from outside: the metrics `embedder_*`.

use tokio::time::Instant;

use super::fault::{Fault, Kind};

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Query,
    Items,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Items => "items",
        }
    }
}

/// A call under way. Dropped without a word it counts as cancelled.
#[derive(Debug)]
pub(super) struct Measured {
    purpose: Purpose,
    texts: usize,
    began: Instant,
    outcome: &'static str,
}

impl Measured {
    pub(super) fn start(purpose: Purpose, texts: usize) -> Self {
        Self { purpose, texts, began: Instant::now(), outcome: "cancelled" }
    }

    pub(super) fn end<T>(mut self, outcome: &Result<T, Fault>) {
        self.outcome = match outcome {
            Ok(_) => "ok",
            Err(fault) => match fault.kind {
                Kind::Passing | Kind::Lasting => "unavailable",
                Kind::Refused => "refused",
                Kind::Unsuitable => "unsuitable",
            },
        };
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let purpose = self.purpose.name();
        count(purpose, self.outcome);
        metrics::histogram!("embedder_call_duration_seconds", "purpose" => purpose)
            .record(self.began.elapsed().as_secs_f64());
        if self.outcome == "ok" {
            metrics::counter!("embedder_texts_total", "purpose" => purpose).increment(self.texts as u64);
        }
    }
}

/// A call that was not made, because the server is away.
pub(super) fn kept_back(purpose: Purpose) {
    count(purpose.name(), "kept_back");
}

fn count(purpose: &'static str, outcome: &'static str) {
    metrics::counter!("embedder_calls_total", "purpose" => purpose, "outcome" => outcome).increment(1);
}
