//! `DELETE /api/projects/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use pm_core::operations::Projects;

use crate::rest::answer::Answer;
use crate::rest::extract::{Conditions, NoParameters, ProjectScope};
use crate::rest::schema;

/// Delete a project with its messages and its memory.
#[utoipa::path(
    delete, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["project_not_found", "precondition_failed"])))
)]
pub(super) async fn delete_project(
    State(projects): State<Arc<Projects>>,
    _: NoParameters,
    ProjectScope(project): ProjectScope,
    Conditions(condition): Conditions,
) -> Answer {
    projects.delete(project, &condition).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
