//! `POST /api/memory/recall`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::{Recall, RecallRequest};

use super::RecalledItem;
use crate::rest::answer::{self, Answer};
use crate::rest::extract::{JsonBody, NoParameters};
use crate::rest::schema;

/// Recall the items that answer a question best, best first. An empty query answers the newest.
#[utoipa::path(
    post, path = "/api/memory/recall", tag = "memory",
    request_body = schema::Recall,
    responses((status = 200, description = "The items", body = Vec<schema::RecalledItem>)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn recall_memory(
    State(recall): State<Arc<Recall>>,
    _: NoParameters,
    JsonBody(body): JsonBody,
) -> Answer {
    let request = RecallRequest::new(body)?;
    let recalled = recall.recall(&request).await?;
    let items = recalled.into_iter().map(|item| RecalledItem::of(item, request.explain()));
    answer::json(StatusCode::OK, &items.collect::<Vec<_>>())
}
