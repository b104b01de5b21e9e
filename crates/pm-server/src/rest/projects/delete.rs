//! `DELETE /api/projects/{id}`.

use axum::response::IntoResponse;
use http::StatusCode;

use crate::rest::answer::Answer;
use crate::rest::extract::{By, Conditions, NoParameters, Within, Writing};
use crate::rest::schema;

/// Delete a project with its messages and its memory.
#[utoipa::path(
    delete, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["forbidden", "project_not_found", "precondition_failed"])))
)]
pub(super) async fn delete_project(
    Within { project, allowed, .. }: Within<Writing>,
    By(actor): By,
    _: NoParameters,
    Conditions(condition): Conditions,
) -> Answer {
    allowed.projects.delete(project, &condition, &actor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
