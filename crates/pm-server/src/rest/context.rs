//! `GET /api/projects/{id}/context`.

use http::StatusCode;
use pm_core::model::Message;
use pm_core::operations::ContextRequest;
use serde::Serialize;

use super::answer::{self, Answer};
use super::extract::{Parameters, Reading, Within};
use super::memory::RecalledItem;
use super::schema;

/// Get what an assistant needs for its next answer: the last messages and the items that bear on the query.
#[utoipa::path(
    get, path = "/api/projects/{id}/context", tag = "context",
    params(schema::ProjectParameter, schema::ContextQuery),
    responses((status = 200, description = "The context", body = schema::Context)),
    extensions(("x-problems" = json!(["project_not_found"])))
)]
pub(super) async fn get_context(
    Within { project, allowed, .. }: Within<Reading>,
    parameters: Parameters,
) -> Answer {
    let context = allowed.contexts.get(project, ContextRequest::new(parameters.fields())?).await?;
    let items = context.items.into_iter().map(|item| RecalledItem::of(item, false));
    let body = Body {
        query: context.query,
        messages: context.messages,
        items: items.collect(),
        confidence: context.confidence,
        sufficient: context.sufficient,
    };
    answer::json(StatusCode::OK, &body)
}

#[derive(Serialize)]
struct Body {
    query: String,
    messages: Vec<Message>,
    items: Vec<RecalledItem>,
    confidence: f64,
    sufficient: bool,
}
