//! `PATCH /api/projects/{id}`.

use http::StatusCode;
use pm_core::model::ProjectPatch;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Conditions, JsonBody, NoParameters, Within, Writing};
use crate::rest::schema;

/// Change parts of a project (JSON merge patch, RFC 7396): null removes, what is not sent stays.
#[utoipa::path(
    patch, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::ConditionHeaders),
    request_body = schema::ProjectChange,
    responses((status = 200, description = "The project as it is now", body = schema::Project,
        headers(("ETag" = String, description = "Its version")))),
    extensions(("x-problems" = json!(["forbidden", "project_not_found", "conflict", "precondition_failed"])))
)]
pub(super) async fn patch_project(
    Within { project, allowed, .. }: Within<Writing>,
    _: NoParameters,
    Conditions(condition): Conditions,
    JsonBody(body): JsonBody,
) -> Answer {
    let project = allowed.projects.patch(project, &ProjectPatch::new(body)?, &condition).await?;
    answer::tagged(StatusCode::OK, project.version, &project.value)
}
