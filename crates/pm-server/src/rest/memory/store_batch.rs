//! `POST /api/memory/store/batch`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::{Memory, StoreBatch};

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{NoParameters, Repeatable};
use crate::rest::schema;

/// Store several memory items: all or nothing.
#[utoipa::path(
    post, path = "/api/memory/store/batch", tag = "memory",
    params(schema::IdempotencyKey),
    request_body = schema::MemoryBatch,
    responses((status = 200, description = "What became of each item, in their order", body = Vec<schema::BatchEntry>,
        headers(("X-Evicted-Key" = String, description = "Percent-encoded keys of the items that made room")))),
    extensions(("x-problems" =
        json!(["project_not_found", "project_archived", "memory_limit_reached", "idempotency_mismatch"])))
)]
pub(super) async fn store_memory_batch(
    State(memory): State<Arc<Memory>>,
    _: NoParameters,
    request: Repeatable,
) -> Answer {
    let (entries, evicted) =
        memory.store_batch(StoreBatch::new(request.body)?, request.once.as_ref()).await?;
    let mut response = answer::json(StatusCode::OK, &entries)?;
    response.headers_mut().extend(answer::evicted(&evicted));
    Ok(response)
}
