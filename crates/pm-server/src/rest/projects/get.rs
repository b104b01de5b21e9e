//! `GET /api/projects/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::Projects;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{IfNoneMatch, NoParameters, ProjectScope};
use crate::rest::schema;

/// Get a project.
#[utoipa::path(
    get, path = "/api/projects/{id}", tag = "projects",
    params(schema::ProjectParameter, schema::IfNoneMatchHeader),
    responses((status = 200, description = "The project", body = schema::Project,
            headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already")),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn get_project(
    State(projects): State<Arc<Projects>>,
    _: NoParameters,
    ProjectScope(project): ProjectScope,
    known: IfNoneMatch,
) -> Answer {
    let project = projects.get(project).await?;
    if known.holds(project.version) {
        return Ok(answer::not_modified(project.version));
    }
    answer::tagged(StatusCode::OK, project.version, &project.value)
}
