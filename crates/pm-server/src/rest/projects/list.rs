//! `GET /api/projects`.

use std::sync::Arc;

use axum::extract::State;
use http::Uri;
use pm_core::operations::{ProjectList, Projects};

use crate::rest::answer::{self, Answer};
use crate::rest::extract::Parameters;
use crate::rest::schema;

/// List projects, newest first unless sorted otherwise.
#[utoipa::path(
    get, path = "/api/projects", tag = "projects",
    params(schema::ProjectListQuery),
    responses((status = 200, description = "A page of projects", body = Vec<schema::Project>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\""))))
)]
pub(super) async fn list_projects(
    State(projects): State<Arc<Projects>>,
    uri: Uri,
    parameters: Parameters,
) -> Answer {
    let listing = projects.list(&ProjectList::new(parameters.fields())?).await?;
    answer::page(&uri, listing, |project| project.value)
}
