//! `DELETE /api/projects/{id}/messages/{message_id}`.

use axum::response::IntoResponse;
use http::StatusCode;

use crate::rest::answer::Answer;
use crate::rest::extract::{By, Conditions, MessagePath, NoParameters, Within, Writing};
use crate::rest::schema;

/// Delete a message.
#[utoipa::path(
    delete, path = "/api/projects/{id}/messages/{message_id}", tag = "messages",
    params(schema::ProjectParameter, schema::MessageParameter, schema::ConditionHeaders),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" =
        json!(["forbidden", "project_not_found", "message_not_found", "project_archived", "precondition_failed"])))
)]
pub(super) async fn delete_message(
    Within { project, allowed, .. }: Within<Writing>,
    By(actor): By,
    _: NoParameters,
    MessagePath(message): MessagePath,
    Conditions(condition): Conditions,
) -> Answer {
    allowed.messages.delete(project, message, &condition, &actor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
