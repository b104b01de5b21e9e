//! `POST /api/memory/store/batch`.

use http::StatusCode;
use pm_core::operations::StoreBatch;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, NoParameters, Repeatable};
use crate::rest::schema;

/// Store several memory items: all or nothing.
#[utoipa::path(
    post, path = "/api/memory/store/batch", tag = "memory",
    params(schema::IdempotencyKey),
    request_body = schema::MemoryBatch,
    responses((status = 200, description = "What became of each item, in their order", body = Vec<schema::BatchEntry>,
        headers(("X-Evicted-Key" = String, description = "Percent-encoded keys of the items that made room")))),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "project_archived", "memory_limit_reached", "idempotency_mismatch"])))
)]
pub(super) async fn store_memory_batch(caller: Caller, _: NoParameters, request: Repeatable) -> Answer {
    let batch = StoreBatch::new(request.body)?;
    let allowed = caller.may(Action::Write(batch.project()?))?;
    let (entries, evicted) = allowed.memory.store_batch(batch, request.once.as_ref()).await?;
    let mut response = answer::json(StatusCode::OK, &entries)?;
    response.headers_mut().extend(answer::evicted(&evicted));
    Ok(response)
}
