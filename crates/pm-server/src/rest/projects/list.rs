//! `GET /api/projects`.

use http::Uri;
use pm_core::operations::ProjectList;
use pm_core::policy::Action;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, Parameters};
use crate::rest::schema;

/// List projects, newest first unless sorted otherwise.
#[utoipa::path(
    get, path = "/api/projects", tag = "projects",
    params(schema::ProjectListQuery),
    responses((status = 200, description = "A page of projects", body = Vec<schema::Project>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\""))))
)]
pub(super) async fn list_projects(caller: Caller, uri: Uri, parameters: Parameters) -> Answer {
    let request = ProjectList::new(parameters.fields())?;
    let among = caller.principal().grant.projects.as_deref();
    let listing = caller.may(Action::List)?.projects.list(&request, among).await?;
    answer::page(&uri, listing, |project| project.value)
}
