//! `GET /api/projects/{id}`.

use http::StatusCode;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{NoParameters, ReadConditions, Reading, Within};
use crate::rest::schema;

/// Get a project.
#[utoipa::path(
    get, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::ReadConditionHeaders),
    responses((status = 200, description = "The project", body = schema::Project,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already")),
    extensions(("x-problems" = json!(["project_not_found", "precondition_failed"])))
)]
pub(super) async fn get_project(
    Within { project, allowed, .. }: Within<Reading>,
    _: NoParameters,
    conditions: ReadConditions,
) -> Answer {
    let project = allowed.projects.get(project).await?;
    if conditions.known(project.version)? {
        return Ok(answer::not_modified(project.version));
    }
    answer::tagged(StatusCode::OK, project.version, &project.value)
}
