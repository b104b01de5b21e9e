//! `GET /api/memory/{project_id}/count`.

use super::count::counted;
use crate::rest::answer::Answer;
use crate::rest::extract::{NoParameters, Reading, Within};
use crate::rest::schema;

/// Count a project's memory items, at the first version's address.
#[utoipa::path(
    get, path = "/api/memory/{project_id}/count", tag = "memory",
    params(schema::OldProjectParameter),
    responses((status = 200, description = "How many, in all and by type", body = schema::Count)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn count_memory_old(
    Within { project, allowed, .. }: Within<Reading>,
    _: NoParameters,
) -> Answer {
    counted(project, &allowed.memory.count(project).await?)
}
