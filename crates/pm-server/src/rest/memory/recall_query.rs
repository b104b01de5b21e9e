//! `GET /api/memory/recall`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use pm_core::operations::{Recall, RecallRequest};

use super::RecalledItem;
use crate::rest::answer::{self, Answer};
use crate::rest::extract::Parameters;
use crate::rest::schema;

/// Recall by `GET`: the same as by `POST`, with the request in the query string.
#[utoipa::path(
    get, path = "/api/memory/recall", tag = "memory",
    params(schema::RecallQuery),
    responses((status = 200, description = "The items", body = Vec<schema::RecalledItem>)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn recall_memory_by_query(
    State(recall): State<Arc<Recall>>,
    parameters: Parameters,
) -> Answer {
    let request = RecallRequest::from_query(parameters.fields())?;
    let recalled = recall.recall(&request).await?;
    let items = recalled.into_iter().map(|item| RecalledItem::of(item, request.explain()));
    answer::json(StatusCode::OK, &items.collect::<Vec<_>>())
}
