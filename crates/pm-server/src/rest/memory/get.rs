//! `GET /api/projects/{id}/memory/{type}/{key}`.

use http::StatusCode;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{ItemPath, NoParameters, ReadConditions, Reading, Within};
use crate::rest::schema;

/// Get a memory item.
#[utoipa::path(
    get, path = "/api/projects/{id}/memory/{type}/{key}", tag = "memory",
    params(schema::ProjectParameter, schema::ItemParameters, schema::ReadConditionHeaders),
    responses((status = 200, description = "The item", body = schema::MemoryItem,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already")),
    extensions(("x-problems" = json!(["project_not_found", "memory_not_found", "precondition_failed"])))
)]
pub(super) async fn get_memory(
    Within { project, allowed, .. }: Within<Reading>,
    _: NoParameters,
    item: ItemPath,
    conditions: ReadConditions,
) -> Answer {
    let item = allowed.memory.get(project, item.r#type, &item.key).await?;
    if conditions.known(item.version)? {
        return Ok(answer::not_modified(item.version));
    }
    answer::tagged(StatusCode::OK, item.version, &item.value)
}
