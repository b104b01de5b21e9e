//! `GET /api/projects`.

use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use pm_core::operations::ProjectList;
use pm_core::policy::Action;

use super::Pages;
use crate::rest::answer::{Answer, Page};
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
pub(super) async fn list_projects(
    caller: Caller,
    State(pages): State<Pages>,
    uri: Uri,
    parameters: Parameters,
) -> Answer {
    let among = caller.principal().grant.projects.as_deref();
    let projects = &caller.may(Action::List)?.projects;
    let query = uri.query().unwrap_or_default();
    // Told before the list is read. Who may see some projects alone has few to be listed.
    let revision = projects.revision().filter(|_| among.is_none());
    if let Some(page) = revision.and_then(|revision| pages.get(revision, query)) {
        return Ok(page.into_response());
    }
    let listing = projects.list(&ProjectList::new(parameters.fields())?, among).await?;
    let page = Page::new(&uri, listing, |project| project.value)?;
    if let Some(revision) = revision {
        pages.keep(revision, query, page.clone());
    }
    Ok(page.into_response())
}
