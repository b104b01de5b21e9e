//! `DELETE /api/projects/{id}/memory/{type}/{key}`.

use axum::response::IntoResponse;
use http::StatusCode;
use pm_core::operations::DeleteRequest;

use crate::rest::answer::Answer;
use crate::rest::extract::{By, Conditions, ItemPath, NoParameters, Within, Writing};
use crate::rest::schema;

/// Delete a memory item.
#[utoipa::path(
    delete, path = "/api/projects/{id}/memory/{type}/{key}", tag = "memory",
    params(schema::ProjectParameter, schema::ItemParameters, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "memory_not_found", "project_archived", "precondition_failed"])))
)]
pub(super) async fn delete_memory_item(
    Within { project, allowed, .. }: Within<Writing>,
    By(actor): By,
    _: NoParameters,
    item: ItemPath,
    Conditions(condition): Conditions,
) -> Answer {
    allowed.memory.delete(&DeleteRequest::one(project, item.r#type, item.key), &condition, &actor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
