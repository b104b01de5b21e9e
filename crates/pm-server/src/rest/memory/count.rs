//! `GET /api/projects/{id}/memory/count`.

use axum::response::Response;
use http::StatusCode;
use pm_core::model::{MemoryType, ProjectId};
use pm_core::operations::Count;
use serde_json::{Map, Value, json};

use crate::rest::answer::{self, Answer};
use crate::rest::extract::{NoParameters, Reading, Within};
use crate::rest::problem::Problem;
use crate::rest::schema;

/// Count a project's memory items.
#[utoipa::path(
    get, path = "/api/projects/{id}/memory/count", tag = "memory",
    params(schema::ProjectParameter),
    responses((status = 200, description = "How many, in all and by type", body = schema::Count)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn count_memory(
    Within { project, allowed, .. }: Within<Reading>,
    _: NoParameters,
) -> Answer {
    counted(project, &allowed.memory.count(project).await?)
}

/// The answer, under both of its addresses.
pub(super) fn counted(project: ProjectId, count: &Count) -> Result<Response, Problem> {
    let types = MemoryType::ALL.iter().zip(count.by_type);
    let by_type: Map<_, _> = types.map(|(r#type, n)| (r#type.as_str().to_owned(), Value::from(n))).collect();
    answer::json(
        StatusCode::OK,
        &json!({ "project_id": project, "count": count.total(), "by_type": by_type }),
    )
}
