//! `PUT /api/projects/{id}/memory/{type}/{key}`.

use pm_core::model::ItemDraft;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Conditions, ItemPath, JsonBody, NoParameters, Within, Writing};
use crate::rest::schema;

/// Store a memory item at its address: what is not sent is cleared.
#[utoipa::path(
    put, path = "/api/projects/{id}/memory/{type}/{key}", tag = "memory",
    params(schema::ProjectParameter, schema::ItemParameters, schema::ConditionHeaders),
    request_body = schema::MemoryPut,
    responses((status = 201, description = "The new item", body = schema::MemoryItem,
            headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"),
                ("X-Evicted-Key" = String, description = "Percent-encoded keys of the items that made room"))),
        (status = 200, description = "The item, in place of an older one", body = schema::MemoryItem,
            headers(("ETag" = String, description = "Its version")))),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "project_archived", "memory_limit_reached", "precondition_failed"])))
)]
pub(super) async fn put_memory(
    Within { project, allowed, .. }: Within<Writing>,
    _: NoParameters,
    item: ItemPath,
    Conditions(condition): Conditions,
    JsonBody(body): JsonBody,
) -> Answer {
    let draft = ItemDraft::named(item.r#type, item.key, body)?;
    answer::stored(&allowed.memory.put(project, draft, condition, None).await?)
}
