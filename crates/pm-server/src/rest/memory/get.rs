//! `GET /api/projects/{id}/memory/{type}/{key}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::Memory;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{ItemPath, NoParameters, ProjectScope, ReadConditions};
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
    State(memory): State<Arc<Memory>>,
    _: NoParameters,
    ProjectScope(project): ProjectScope,
    item: ItemPath,
    conditions: ReadConditions,
) -> Answer {
    let item = memory.get(project, item.r#type, &item.key).await?;
    if conditions.known(item.version)? {
        return Ok(answer::not_modified(item.version));
    }
    answer::tagged(StatusCode::OK, item.version, &item.value)
}
