//! `POST /api/projects`.

use pm_core::model::ProjectDraft;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, NoParameters, Repeatable};
use crate::rest::schema;

/// Create a project.
#[utoipa::path(
    post, path = "/api/projects", tag = "projects",
    params(schema::IdempotencyKey),
    request_body = schema::ProjectCreate,
    responses((status = 201, description = "The new project", body = schema::Project,
        headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version")))),
    extensions(("x-problems" = json!(["forbidden", "idempotency_mismatch"])))
)]
pub(super) async fn create_project(caller: Caller, _: NoParameters, request: Repeatable) -> Answer {
    let draft = ProjectDraft::to_create(request.body)?;
    let project = caller.may(Action::Create)?.projects.create(draft, request.once.as_ref()).await?;
    let location = format!("/api/projects/{}", project.value.id);
    answer::created(&location, project.version, &project.value)
}
