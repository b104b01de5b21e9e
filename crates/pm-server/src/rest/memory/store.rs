//! `POST /api/memory/store`.

use pm_core::operations::StoreItem;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, Conditions, NoParameters, Repeatable};
use crate::rest::schema;

/// Store a memory item, new or in place of the one of the same type and key; with `unless_similar` only where no other item
/// of its type says the same.
#[utoipa::path(
    post, path = "/api/memory/store", tag = "memory",
    params(schema::IdempotencyKey, schema::ConditionHeaders),
    request_body = schema::MemoryStore,
    responses((status = 201, description = "The new item", body = schema::MemoryItem,
            headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"),
                ("X-Evicted-Key" = String, description = "Percent-encoded keys of the items that made room"))),
        (status = 200, description = "The item, in place of an older one", body = schema::MemoryItem,
            headers(("ETag" = String, description = "Its version")))),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "project_archived", "memory_limit_reached", "similar_exists",
            "precondition_failed", "idempotency_mismatch"])))
)]
pub(super) async fn store_memory(
    caller: Caller,
    _: NoParameters,
    Conditions(condition): Conditions,
    request: Repeatable,
) -> Answer {
    let item = StoreItem::new(request.body)?;
    let allowed = caller.may(Action::Write(item.project()?))?;
    let stored = allowed.memory.store(item, condition, request.once.as_ref()).await?;
    answer::stored(&stored)
}
