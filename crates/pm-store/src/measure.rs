//! Figures of each operation, and the bound within which it answers.

use std::time::{Duration, Instant};

use pm_core::{Error, Result};
use tokio::time::timeout;

/// Every method answers within this time; what has not, may still happen.
const BOUND: Duration = Duration::from_secs(30);

/// Awaits `work` for as long as the bound allows, and records how it ended and how long it took.
pub(crate) async fn measured<T, E>(
    operation: &'static str,
    work: impl Future<Output = std::result::Result<T, E>>,
) -> Result<T>
where
    Error: From<E>,
{
    let start = Instant::now();
    let outcome = match timeout(BOUND, work).await {
        Ok(outcome) => outcome.map_err(Error::from),
        Err(elapsed) => Err(Error::unavailable(elapsed)),
    };
    let label = match &outcome {
        Ok(_) => "ok",
        Err(Error::StoreUnavailable(_) | Error::Internal(_)) => "failed",
        Err(_) => "refused",
    };
    metrics::counter!("store_operations_total", "operation" => operation, "outcome" => label).increment(1);
    metrics::histogram!("store_operation_duration_seconds", "operation" => operation)
        .record(start.elapsed().as_secs_f64());
    outcome
}
