//! `POST /api/memory/recall`.

use http::StatusCode;
use pm_core::operations::RecallRequest;
use pm_core::policy::Action;

use super::RecalledItem;
use crate::rest::answer::{self, Answer};
use crate::rest::extract::{Caller, JsonBody, NoParameters};
use crate::rest::schema;

/// Recall the items that answer a question best, best first. An empty query answers the newest.
#[utoipa::path(
    post, path = "/api/memory/recall", tag = "memory",
    request_body = schema::Recall,
    responses((status = 200, description = "The items", body = Vec<schema::RecalledItem>)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn recall_memory(caller: Caller, _: NoParameters, JsonBody(body): JsonBody) -> Answer {
    let request = RecallRequest::new(body)?;
    let allowed = caller.may(Action::Read(request.project()?))?;
    let recalled = allowed.recall.recall(&request).await?;
    let items = recalled.into_iter().map(|item| RecalledItem::of(item, request.explain()));
    answer::json(StatusCode::OK, &items.collect::<Vec<_>>())
}
