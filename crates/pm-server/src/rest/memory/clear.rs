//! `DELETE /api/projects/{id}/memory`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::Memory;
use serde_json::json;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{NoParameters, ProjectScope};
use crate::rest::schema;

/// Delete all memory items of a project.
#[utoipa::path(
    delete, path = "/api/projects/{id}/memory", tag = "memory",
    params(schema::ProjectParameter),
    responses((status = 200, description = "How many there were", body = schema::Cleared)),
    extensions(("x-problems" = json!(["project_not_found", "project_archived"])))
)]
pub(super) async fn clear_memory(
    State(memory): State<Arc<Memory>>,
    ProjectScope(project): ProjectScope,
    // A filter that this does not know must not clear what it was meant to spare.
    _: NoParameters,
) -> Answer {
    answer::json(StatusCode::OK, &json!({ "deleted": memory.clear(project).await? }))
}
