//! `PUT /api/projects/{id}`.

use http::StatusCode;
use pm_core::model::ProjectDraft;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Conditions, JsonBody, NoParameters, Within, Writing};
use crate::rest::schema;

/// Replace a project: what is not sent is cleared.
#[utoipa::path(
    put, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::ConditionHeaders),
    request_body = schema::ProjectReplace,
    responses((status = 200, description = "The project as it is now", body = schema::Project,
        headers(("ETag" = String, description = "Its version")))),
    extensions(("x-problems" = json!(["forbidden", "project_not_found", "conflict", "precondition_failed"])))
)]
pub(super) async fn replace_project(
    Within { project, allowed, .. }: Within<Writing>,
    _: NoParameters,
    Conditions(condition): Conditions,
    JsonBody(body): JsonBody,
) -> Answer {
    let project = allowed.projects.replace(project, ProjectDraft::to_replace(body)?, &condition).await?;
    answer::tagged(StatusCode::OK, project.version, &project.value)
}
