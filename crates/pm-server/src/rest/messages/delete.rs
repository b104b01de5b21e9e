//! `DELETE /api/projects/{id}/messages/{message_id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use pm_core::operations::Messages;

use crate::rest::answer::Answer;
use crate::rest::extract::{Conditions, MessagePath, NoParameters, ProjectScope};
use crate::rest::schema;

/// Delete a message.
#[utoipa::path(
    delete, path = "/api/projects/{id}/messages/{message_id}", tag = "messages",
    params(schema::ProjectParameter, schema::MessageParameter, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["project_not_found", "message_not_found", "project_archived", "precondition_failed"])))
)]
pub(super) async fn delete_message(
    State(messages): State<Arc<Messages>>,
    _: NoParameters,
    ProjectScope(project): ProjectScope,
    MessagePath(message): MessagePath,
    Conditions(condition): Conditions,
) -> Answer {
    messages.delete(project, message, &condition).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
