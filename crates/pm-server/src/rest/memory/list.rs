//! `GET /api/projects/{id}/memory`.

use http::Uri;
use pm_core::operations::ItemList;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Parameters, Reading, Within};
use crate::rest::schema;

/// List a project's memory items, newest first unless sorted otherwise.
#[utoipa::path(
    get, path = "/api/projects/{id}/memory", tag = "memory",
    params(schema::ProjectParameter, schema::MemoryListQuery),
    responses((status = 200, description = "A page of items", body = Vec<schema::MemoryItem>,
        headers(("X-Total-Count" = u64, description = "How many there are in all"),
            ("Link" = String, description = "The next page, as rel=\"next\"")))),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn list_memory(
    Within { project, allowed, .. }: Within<Reading>,
    uri: Uri,
    parameters: Parameters,
) -> Answer {
    let listing = allowed.memory.list(project, &ItemList::new(parameters.fields())?).await?;
    answer::page(&uri, listing, |item| item.value)
}
