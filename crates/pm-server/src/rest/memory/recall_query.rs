//! `GET /api/memory/recall`.

use http::StatusCode;
use pm_core::operations::RecallRequest;
use pm_core::policy::Action;

use super::RecalledItem;
use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, Parameters};
use crate::rest::schema;

/// Recall by `GET`: the same as by `POST`, with the request in the query string.
#[utoipa::path(
    get, path = "/api/memory/recall", tag = "memory",
    params(schema::RecallQuery),
    responses((status = 200, description = "The items", body = Vec<schema::RecalledItem>)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn recall_memory_by_query(caller: Caller, parameters: Parameters) -> Answer {
    let request = RecallRequest::from_query(parameters.fields())?;
    let allowed = caller.may(Action::Read(request.project()?))?;
    let recalled = allowed.recall.recall(&request).await?;
    let items = recalled.into_iter().map(|item| RecalledItem::of(item, request.explain()));
    answer::json(StatusCode::OK, &items.collect::<Vec<_>>())
}
