//! `DELETE /api/projects/{id}/memory`.

use http::StatusCode;
use serde_json::json;

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{By, NoParameters, Within, Writing};
use crate::rest::schema;

/// Delete all memory items of a project.
#[utoipa::path(
    delete, path = "/api/projects/{id}/memory", tag = "memory",
    params(schema::ProjectParameter),
    responses((status = 200, description = "How many there were", body = schema::Cleared)),
    extensions(("x-problems" = json!(["forbidden", "project_not_found", "project_archived"])))
)]
pub(super) async fn clear_memory(
    Within { project, allowed, .. }: Within<Writing>,
    By(actor): By,
    // A filter that this does not know must not clear what it was meant to spare.
    _: NoParameters,
) -> Answer {
    answer::json(StatusCode::OK, &json!({ "deleted": allowed.memory.clear(project, &actor).await? }))
}
